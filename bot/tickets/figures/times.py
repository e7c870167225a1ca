"""Lengths of time, and what is said of many of them: how many, the middle one, and what nine of ten keep. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.db.rows import to_ms
from bot.model import Hours
from bot.tickets.business_hours import open_time


class Span(NamedTuple):
    """
    A length of time, in milliseconds. There are many, so it is a tuple.

    Attributes:
        open: How much of it the store was open; None: its settings name no hours.
        agent: Whose it is, as an id in a chat (`discord:123`); None: nobody's of a chat.
    """

    whole: int
    open: int | None = None
    agent: str | None = None


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


def times(spans: Sequence[Span]) -> Times:
    """What is said of these lengths of time."""
    if not spans:
        return Times()
    whole = sorted([span[0] for span in spans])
    opened = sorted([span[1] for span in spans if span[1] is not None])
    has_open = len(opened) == len(spans)
    return Times(
        amount=len(spans),
        median=percentile(whole, 0.5) / 1000,
        p90=percentile(whole, 0.9) / 1000,
        median_open=percentile(opened, 0.5) / 1000 if has_open else None,
        p90_open=percentile(opened, 0.9) / 1000 if has_open else None,
    )


def lengths(rows: Sequence[tuple[int, int, str | None]], hours: Hours | None) -> list[Span]:
    """How long it was from one moment to another, each with whose it is. What is negative is left out."""
    if hours is None or not rows:
        return [Span(until - since, None, agent) for since, until, agent in rows if since <= until]
    between = open_time(hours).between
    return [Span(until - since, between(since, until), agent) for since, until, agent in rows if since <= until]


def last_days(amount: int, now: datetime, zone: ZoneInfo) -> tuple[DaySpan, ...]:
    """The last days of a time zone, today last. A day on which clocks change has 23 or 25 hours."""
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(amount - 1, -2, -1)]
    begins = [to_ms(datetime(day.year, day.month, day.day, tzinfo=zone)) for day in days]
    return tuple(
        DaySpan(day.isoformat(), begin, end) for day, begin, end in zip(days[:-1], begins, begins[1:], strict=False)
    )
