"""Parts of sentences that several sentences have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta


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


def listed(things: Sequence[str]) -> str:
    """Things in a row: `a, b and c`."""
    return things[0] if len(things) == 1 else ", ".join(things[:-1]) + f" and {things[-1]}"
