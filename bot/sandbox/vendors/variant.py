"""What every vendor's documentation leaves open; each vendor adds its own open questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

from bot.sandbox.vendors.rate_limits import Quota, RetryAfter

Unset = Literal["null", "false", "empty", "absent"]
Stamp = Literal["seconds", "milliseconds", "microseconds", "offset", "elsewhere"]
Order = Literal["ascending", "descending", "recent", "scattered"]
Shift = Literal["insert", "close"]

_ELSEWHERE = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """
    One possible behaviour of a vendor.

    Attributes:
        name: For a test's id and for people: `descending`.
        hostile: Whether this is an attack and no real behaviour: nothing has to work, and no request with credentials
            may reach `PracticeVendor.trap`.
        order: The order of lists: by number up, by number down, last updated first, or one without a meaning that
            never changes.
        page_cap: The most entries of a list page, whatever was asked; None: the documented maximum.
        shift: What happens between two pages of one list: a new ticket comes, or one that was just listed is closed.
        lag_reads, lag_seconds: After a reply through the API, so many reads of the ticket, or all reads for so long,
            still show it without the reply.
        unset: How an unset value is written.
        stamp: How a time is written.
        customer_touches: Whether a customer's message changes the ticket's time of update.
        quota: How many requests are allowed, if that is not documented; None: any number.
        retry_after: How a 429 says when to try again, if that is not documented.
        redirects: Answer everything with a redirect to another host.
        foreign_links: Every link in an answer points to another host.
    """

    name: str = "documented"
    hostile: bool = False
    order: Order = "ascending"
    page_cap: int | None = None
    shift: Shift | None = None
    lag_reads: int = 0
    lag_seconds: float = 0.0
    unset: Unset = "null"
    stamp: Stamp = "seconds"
    customer_touches: bool = True
    quota: Quota | None = None
    retry_after: RetryAfter = "seconds"
    redirects: bool = False
    foreign_links: bool = False


def write_unset(value: Mapping[str, Any], unset: Unset) -> dict[str, Any]:
    """The object, with each None as this vendor writes unset values."""
    if unset == "absent":
        return {key: part for key, part in value.items() if part is not None}
    nothing = {"null": None, "false": False, "empty": ""}[unset]
    return {key: nothing if part is None else part for key, part in value.items()}


def write_time(moment: datetime, stamp: Stamp) -> str:
    """
    The time as text.

    `seconds`, `milliseconds` and `microseconds` end in `Z`; `offset` is seconds with `+00:00`;
    `elsewhere` is microseconds in a time zone seven hours east.
    """
    if stamp == "elsewhere":
        return moment.astimezone(_ELSEWHERE).isoformat(timespec="microseconds")
    if stamp == "offset":
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    return moment.astimezone(UTC).isoformat(timespec=stamp).removesuffix("+00:00") + "Z"
