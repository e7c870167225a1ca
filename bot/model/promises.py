"""What a store promises its customers: within which time of its open hours it answers, and whom that reminds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.model.chats import Mention
from bot.model.ids import ChatName

Spans = tuple[tuple[int, int], ...]
"""When a day is open: from one minute of the day to another, in order."""
ALL_DAY: Spans = ((0, 24 * 60),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """
    When a store is open.

    Attributes:
        week: The seven days, Monday first.
        holidays: Days on which it is closed all day: `2026-12-24`, or each year `12-25`.
    """

    zone: ZoneInfo
    week: tuple[Spans, ...] = (ALL_DAY,) * 7
    holidays: frozenset[str] = frozenset()

    def of(self, day: date) -> Spans:
        """When it is open on this day."""
        if day.isoformat() in self.holidays or f"{day:%m-%d}" in self.holidays:
            return ()
        return self.week[day.weekday()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """
    Within which open time a store answers.

    Attributes:
        first_answer, next_answer: None: it promises none.
        remind: Whom a reminder pings in a chat if nobody has the ticket.
    """

    hours: Hours
    first_answer: timedelta | None = None
    next_answer: timedelta | None = None
    remind: tuple[tuple[ChatName, Mention], ...] = field(default=())
