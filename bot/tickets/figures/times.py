"""Lengths of time, and what is said of many of them: how many, the middle one, and what nine of ten keep. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from operator import sub
from typing import Any
from zoneinfo import ZoneInfo

from bot.db.rows import to_ms
from bot.model import Hours
from bot.tickets.business_hours import open_time


@dataclass(frozen=True, slots=True)
class Lengths:
    """
    Many lengths of time, in milliseconds, in order.

    Attributes:
        whole: Each of them, or of very many an even part.
        opened: How much of each of these the store was open; None: its settings name no hours.
        amount: How many there are, also if only a part of them is in `whole`.
    """

    whole: Sequence[int]
    opened: Sequence[int] | None
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """
    What is said of many lengths of time, in seconds; None: there is none.

    Attributes:
        amount: How many they are.
        median: The middle one, or the mean of the two in the middle.
        p90: Nine of ten are not longer.
        median_open, p90_open: The same of the open time in them; None: one of them has no open time to be counted.
    """

    amount: int = 0
    median: float | None = None
    p90: float | None = None
    median_open: float | None = None
    p90_open: float | None = None


@dataclass(frozen=True, slots=True)
class DaySpan:
    """A day of a time zone (`2026-11-27`), from its beginning until the next day's, in milliseconds since 1970."""

    name: str
    begin: int
    end: int


def percentile(ordered: Sequence[int], part: float) -> float:
    """The value below which this part of the ordered values lies; between two of them it is in proportion."""
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def times(parts: Sequence[Lengths]) -> Times:
    """What is said of all these lengths of time together."""
    found = [part for part in parts if part.whole]
    if not found:
        return Times(amount=sum(part.amount for part in parts))
    whole = sorted(chain.from_iterable(part.whole for part in found))
    has_open = all(part.opened is not None for part in found)
    opened = sorted(chain.from_iterable(part.opened or () for part in found)) if has_open else []
    return Times(
        amount=sum(part.amount for part in parts),
        median=percentile(whole, 0.5) / 1000,
        p90=percentile(whole, 0.9) / 1000,
        median_open=percentile(opened, 0.5) / 1000 if has_open else None,
        p90_open=percentile(opened, 0.9) / 1000 if has_open else None,
    )


def lengths(
    rows: Iterable[Sequence[Any]], hours: Hours | None, amounts: Mapping[str | None, int] | None = None
) -> dict[str | None, Lengths]:
    """
    How long it was from one moment to another, by whose it is: somebody's id in a chat, None for nobody of a chat.

    Args:
        rows: Whose it is, the one moment and the other, which is not the earlier one.
        amounts: How many there are of each, where `rows` is only a part of them; None: it has all.
    """
    moments: dict[str | None, tuple[array[int], array[int]]] = {}
    for agent, since, until in rows:
        if agent not in moments:
            moments[agent] = array("q"), array("q")
        begins, ends = moments[agent]
        begins.append(since)
        ends.append(until)
    found = {agent: _lengths(begins, ends, hours) for agent, (begins, ends) in moments.items()}
    if amounts is None:
        return found
    none = Lengths((), None, 0)
    return {agent: replace(found.get(agent, none), amount=amount) for agent, amount in amounts.items()}


def _lengths(begins: Sequence[int], ends: Sequence[int], hours: Hours | None) -> Lengths:
    whole = array("q", sorted(map(sub, ends, begins)))
    if hours is None:
        return Lengths(whole, None, len(whole))
    between = open_time(hours).between
    return Lengths(whole, array("q", sorted(map(between, begins, ends))), len(whole))


def last_days(amount: int, now: datetime, zone: ZoneInfo) -> tuple[DaySpan, ...]:
    """The last days of a time zone, today last. A day on which clocks change has 23 or 25 hours."""
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(amount - 1, -2, -1)]
    begins = [to_ms(datetime(day.year, day.month, day.day, tzinfo=zone)) for day in days]
    return tuple(
        DaySpan(day.isoformat(), begin, end) for day, begin, end in zip(days[:-1], begins, begins[1:], strict=False)
    )
