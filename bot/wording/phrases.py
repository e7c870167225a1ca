"""Parts of sentences that several sentences have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def duration(span: timedelta) -> str:
    """A length of time as people say it: `40 s`, `12 min`, `3 h 05 min`, `2 d 4 h`."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02d} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"


def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment on the clock of a time zone: `Mon 30 Nov 2026, 09:00 (Europe/Berlin)`."""
    local = moment.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local:%Y, %H:%M} ({zone.key})"


def characters(amount: int) -> str:
    """So many characters: `1 character`, `1,200 characters`."""
    return "1 character" if amount == 1 else f"{amount:,} characters"


def listed(things: Sequence[str], last: str = "and") -> str:
    """Things in a row: `a, b and c`; in a sentence with “no” the last one follows `or`."""
    return things[0] if len(things) == 1 else ", ".join(things[:-1]) + f" {last} {things[-1]}"


def some_of(things: Sequence[str], most: int) -> Sequence[str]:
    """So many of the things; where there are more, the last one is how many are left out: `a`, `b`, `7 more`."""
    return things if len(things) <= most else [*things[: most - 1], f"{len(things) - most + 1} more"]
