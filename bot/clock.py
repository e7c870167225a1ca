"""Time. It is passed in everywhere, so that a test can control it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

_MINUTE = timedelta(minutes=1)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """A source of time. Nothing else in shopbell reads the time or sleeps."""

    def now(self) -> datetime:
        """The current date and time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never decreases."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`; at once if it is zero or less."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def is_plausible(moment: datetime) -> bool:
    """
    Whether something that we are told of can have happened then.

    Programs write 1970, or the year 1 or 9999, where they know no time. Nothing can be counted from those: the calendar
    of Python ends there.
    """
    return EARLIEST <= moment < LATEST


def clock_difference(ours: datetime, theirs: datetime | None) -> timedelta:
    """How far our clock is ahead of another; zero if the other is not known or the difference is a minute at most."""
    ahead = timedelta() if theirs is None else ours - theirs
    return ahead if abs(ahead) > _MINUTE else timedelta()


class RemoteClock:
    """
    The time on the other side: the `Date` of its last answer, plus the seconds since then.

    It does not depend on this machine's time of day. So that may be wrong, or change, and a message that was written
    just now is still not taken for an old one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._date: datetime | None = None
        self._received_at = 0.0

    def answered(self, date: str | None) -> None:
        """Take the `Date` header of an answer that came just now. A missing, unreadable or absurd one is ignored."""
        try:
            parsed = parsedate_to_datetime(date or "")
        except (ValueError, OverflowError):
            return
        told = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        if is_plausible(told):
            self._date = told
            self._received_at = self._clock.monotonic()

    def now(self) -> datetime | None:
        """The time there, to within a second or two; None: there was no answer yet."""
        if self._date is None:
            return None
        return self._date + timedelta(seconds=self._clock.monotonic() - self._received_at)


async def wait_for(event: asyncio.Event, seconds: float, clock: Clock) -> bool:
    """Wait until the event is set, for `seconds` of `clock` at most. Returns whether it is set."""
    waiting = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(seconds))}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for future in waiting:
            future.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return event.is_set()
