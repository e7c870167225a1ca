"""
Time in which a store is open: how much of it lies between two moments, and when so much of it has passed. Pure.

Where a clock change leaves out an hour, a store is not open in it; of an hour that comes twice, both count. The open
time of a year is laid out once, when it is first asked for; so decades cost no more than their years.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from bot.clock import EARLIEST, LATEST, is_plausible
from bot.model import Hours

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MINUTES_OF_A_DAY = 24 * 60
_MOST_DAYS = 1000
"""Days that are looked at for a moment to come: a store that is closed for so long keeps no promise."""
_MOST_YEARS = _MOST_DAYS // 365 + 1


def after_open(hours: Hours, since: datetime, amount: timedelta) -> datetime | None:
    """
    The first moment at which so much open time has passed since `since`; with none to pass, it is `since` itself.

    None: there is no such moment within the next years.
    """
    if amount <= timedelta():
        return since
    if not is_plausible(since):
        return None
    laid_out = open_time(hours)
    begin = since.astimezone(UTC).year
    left = laid_out.year(begin).up_to(_microseconds(since)) + amount // _MICROSECOND
    for year in range(begin, begin + _MOST_YEARS + 1):
        found = laid_out.year(year).moment_of(left)
        if found is not None:
            moment, opened = (_EPOCH + timedelta(microseconds=each) for each in found)
            return None if (opened - since).days > _MOST_DAYS else moment
        left -= laid_out.year(year).total
    return None


class OpenTime:
    """How much open time lies between any two moments. Use `open_time`, which keeps what was laid out."""

    def __init__(self, hours: Hours) -> None:
        self._hours = hours
        self._years: dict[int, _Year] = {}

    def between(self, since: int, until: int) -> int:
        """
        In milliseconds; `until` is not the earlier one.

        Args:
            since, until: In milliseconds since 1970. What lies outside the plausible years is not counted.
        """
        one, other = _year_of(1000 * since), _year_of(1000 * until)
        whole = sum(self.year(year).total for year in range(one, other))
        found = whole + self.year(other).up_to(1000 * until) - self.year(one).up_to(1000 * since)
        return found // 1000

    def year(self, year: int) -> _Year:
        """One year's open time."""
        if year not in self._years:
            self._years[year] = _Year(self._hours, year)
        return self._years[year]


class _Year:
    """
    The open time of a year in UTC; all in microseconds.

    Attributes:
        total: How much there is.
    """

    def __init__(self, hours: Hours, year: int) -> None:
        self._begins, self._ends, self._before = array("q"), array("q"), array("q")
        self.total = 0
        last = _begin_of(year + 1)
        for begin, end in open_from(hours, _begin_of(year)):
            if begin >= last:
                break
            self._begins.append(_microseconds(begin))
            self._ends.append(_microseconds(min(end, last)))
            self._before.append(self.total)
            self.total += self._ends[-1] - self._begins[-1]

    def up_to(self, moment: int) -> int:
        """How much of it has passed."""
        place = bisect_right(self._begins, moment) - 1
        return 0 if place < 0 else self._before[place] + min(moment, self._ends[place]) - self._begins[place]

    def moment_of(self, amount: int) -> tuple[int, int] | None:
        """When so much of it, more than none, has passed, and since when it is open then; None: there is less."""
        if amount > self.total:
            return None
        place = bisect_left(self._before, amount) - 1
        return self._begins[place] + amount - self._before[place], self._begins[place]


@lru_cache(256)
def open_time(hours: Hours) -> OpenTime:
    """The open time of these hours; each year is laid out once."""
    return OpenTime(hours)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _begin_of(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def _year_of(moment: int) -> int:
    """The year of a moment, or the nearest plausible one."""
    first, last = _microseconds(EARLIEST), _microseconds(LATEST) - 1
    return (_EPOCH + timedelta(microseconds=min(max(moment, first), last))).year


def open_from(hours: Hours, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When the store is open, in order, from what ends after `since` on; they do not overlap, and may never end."""
    day = since.astimezone(hours.zone).date() - timedelta(days=1)
    latest = since
    empty = 0
    while empty <= _MOST_DAYS:
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
