"""
Time in which a store is open: how much of it lies between two moments, and when so much of it has passed. Pure.

Where a clock change leaves out an hour, a store is not open in it; of an hour that comes twice, both count.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from bot.clock import is_plausible
from bot.model import Hours

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTES_OF_A_DAY = 24 * 60
_MOST_DAYS = 1000
"""Days that are looked at for a moment to come: a store that is closed for so long keeps no promise."""


def open_between(hours: Hours, since: datetime, until: datetime) -> timedelta:
    """How much open time lies between two moments; none if `until` is the earlier one."""
    total = timedelta()
    for begin, end in _open_from(hours, since):
        if begin >= until:
            break
        total += min(end, until) - max(begin, since)
    return total


def after_open(hours: Hours, since: datetime, amount: timedelta) -> datetime | None:
    """
    The first moment at which so much open time has passed since `since`; with none to pass, it is `since` itself.

    None: there is no such moment within the next years.
    """
    if amount <= timedelta():
        return since
    left = amount
    for begin, end in _open_from(hours, since):
        if (begin - since).days > _MOST_DAYS:
            return None
        here = end - max(begin, since)
        if here >= left:
            return max(begin, since) + left
        left -= here
    return None


class OpenTime:
    """
    How much open time lies between any two moments of some years; for many such questions.

    The moments are whole milliseconds since 1970. What lies outside the years is not counted.
    """

    def __init__(self, hours: Hours, first_year: int, last_year: int) -> None:
        self._begins, self._ends, self._totals = array("q"), array("q"), array("q")
        total, until = 0, datetime(last_year + 1, 1, 1, tzinfo=UTC)
        for begin, end in _open_from(hours, datetime(first_year, 1, 1, tzinfo=UTC)):
            if begin >= until:
                break
            self._begins.append(_ms(begin))
            self._ends.append(_ms(end))
            self._totals.append(total)
            total += _ms(end) - _ms(begin)

    def between(self, since: int, until: int) -> int:
        """In milliseconds; `until` is not the earlier one."""
        return self._up_to(until) - self._up_to(since)

    def _up_to(self, moment: int) -> int:
        place = bisect_right(self._begins, moment) - 1
        if place < 0:
            return 0
        return self._totals[place] + min(moment, self._ends[place]) - self._begins[place]


@lru_cache(256)
def open_time(hours: Hours, first_year: int, last_year: int) -> OpenTime:
    """The open time of these years, laid out once."""
    return OpenTime(hours, first_year, last_year)


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _open_from(hours: Hours, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When the store is open, in order, from the one on that ends after `since`; they do not overlap."""
    if not is_plausible(since):
        # Beyond the ends of the calendar no day can be looked at.
        return
    day = since.astimezone(hours.zone).date() - timedelta(days=1)
    latest = since
    empty = 0
    while empty <= _MOST_DAYS and day < date.max - timedelta(days=2):
        empty += 1
        for first, last in hours.of(day):
            begin, end = max(_moment(hours, day, first), latest), _moment(hours, day, last)
            if begin < end:
                yield begin, end
                latest, empty = end, 0
        day += timedelta(days=1)


def _moment(hours: Hours, day: date, minute: int) -> datetime:
    local = datetime.combine(day + timedelta(days=minute // _MINUTES_OF_A_DAY), time(), hours.zone)
    return (local + timedelta(minutes=minute % _MINUTES_OF_A_DAY)).astimezone(UTC)
