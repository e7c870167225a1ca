"""
Time in which a store is open: how much of it lies between two moments, and when so much of it has passed. Pure.

Where a clock change leaves out an hour, a store is not open in it; of an hour that comes twice, both count.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from bot.clock import is_plausible
from bot.model import Hours

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
