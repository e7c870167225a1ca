"""Open time as it is counted by hand, day by day: what `bot.tickets.business_hours` must agree with."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model import Hours
from bot.tickets.business_hours import open_from

_MOST_DAYS = 1000


def counted_between(hours: Hours, since: datetime, until: datetime) -> timedelta:
    """How much open time lies between two moments; none if `until` is the earlier one."""
    total = timedelta()
    for begin, end in open_from(hours, since):
        if begin >= until:
            break
        total += min(end, until) - max(begin, since)
    return total


def counted_after(hours: Hours, since: datetime, amount: timedelta) -> datetime | None:
    """
    The first moment at which so much open time has passed since `since`; with none to pass, it is `since` itself.

    None: there is no such moment within the next years.
    """
    if amount <= timedelta():
        return since
    left = amount
    for begin, end in open_from(hours, since):
        if (begin - since).days > _MOST_DAYS:
            return None
        here = end - max(begin, since)
        if here >= left:
            return max(begin, since) + left
        left -= here
    return None
