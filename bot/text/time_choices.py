"""The times that are offered while somebody types one: those that `read_time` reads and that begin so. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.text.times import TimeFault, read_time

MOST = 25
_AT_FIRST = ("1h", "2h", "4h", "tomorrow", "monday", "tomorrow 14:00", "1d", "3d", "1w", "30m")
_UNITS = ("h", "d", "m", "w")
_DAYS = ("today", "tomorrow", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = tuple(f"{hour}:00" for hour in (9, *range(10, 24), *range(9)))
_USUAL_HOURS = ("9:00", "12:00", "14:00", "17:00")


def time_choices(typed: str, now: datetime, zone: ZoneInfo) -> list[tuple[str, datetime]]:
    """
    At most 25 times that somebody may mean, best first, each with the moment that it means.

    What was typed comes first if it is a time already; nothing typed offers the usual ones.
    """
    words = " ".join(typed.casefold().split())
    found: dict[str, datetime] = {}
    for each in _candidates(words):
        moment = read_time(each, now, zone)
        if not isinstance(moment, TimeFault):
            found[each] = moment
        if len(found) == MOST:
            break
    return list(found.items())


def _candidates(words: str) -> Iterator[str]:
    if not words:
        yield from _AT_FIRST
        return
    yield words
    if words.isascii() and words.isdecimal():
        yield from (f"{words}{unit}" for unit in _UNITS)
    yield from (name for name in (*_AT_FIRST, *_DAYS) if name.startswith(words))
    yield from (f"{name} {hour}" for name in _DAYS if name.startswith(words) for hour in _USUAL_HOURS)
    day, _, hour = words.rpartition(" ")
    if not day or day in _DAYS:
        yield from (f"{day} {each}".lstrip() for each in _HOURS if each.startswith(hour))
