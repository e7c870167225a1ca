"""How vendors write down what is nothing, and when something was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

Unset = Literal["null", "false", "empty", "absent"]
Stamp = Literal["seconds", "milliseconds", "microseconds", "offset", "elsewhere"]

_ELSEWHERE = timezone(timedelta(hours=7))


def write_unset(value: Mapping[str, Any], unset: Unset) -> dict[str, Any]:
    """The object with each None written as this vendor writes what is not set."""
    if unset == "absent":
        return {key: part for key, part in value.items() if part is not None}
    nothing = {"null": None, "false": False, "empty": ""}[unset]
    return {key: nothing if part is None else part for key, part in value.items()}


def write_time(moment: datetime, stamp: Stamp) -> str:
    """
    The moment as text.

    `seconds`, `milliseconds` and `microseconds` end in `Z`; `offset` is seconds with `+00:00`;
    `elsewhere` is microseconds on the wall clock seven hours east.
    """
    if stamp == "elsewhere":
        return moment.astimezone(_ELSEWHERE).isoformat(timespec="microseconds")
    if stamp == "offset":
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    return moment.astimezone(UTC).isoformat(timespec=stamp).removesuffix("+00:00") + "Z"
