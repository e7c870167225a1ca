"""What every vendor's documentation is silent about; each vendor adds its own silences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.sandbox.vendors.forms import Stamp, Unset
from bot.sandbox.vendors.quota import Quota

Order = Literal["ascending", "descending", "recent", "scattered"]
Shift = Literal["insert", "close"]
RetryAfter = Literal["seconds", "date", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """
    One reading of the documentation.

    Attributes:
        name: For a test's id and for people: `descending`.
        hostile: Whether this is no reading of the documentation but an attack: nothing has to work,
            and nothing may reach `PracticeVendor.trap` with credentials on it.
        order: In which order lists come: by number up, by number down, last updated first, or in one that has no
            meaning but stays.
        page_cap: No list page holds more, whatever was asked; None: the documented maximum.
        shift: What happens between two pages of one list: a ticket comes in, or one that was just listed is closed.
        lag_reads, lag_seconds: After a reply through the API, so many requests that would show the ticket, or for so
            long, still show it without.
        unset: How a value that is not there is written.
        stamp: How a time is written.
        customer_touches: Whether a customer's message changes the ticket's time of update.
        quota: How many requests are taken, where that is not documented; None: any number.
        retry_after: How a 429 tells when to come again, where that is not documented.
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
