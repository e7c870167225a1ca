"""Time, handed in so that a test can hold it still."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

_MINUTE = timedelta(minutes=1)


class Clock(Protocol):
    """What shopbell knows of time; nothing else in it reads a clock or sleeps."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds; at once for zero or less."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def off(ours: datetime, theirs: datetime | None) -> timedelta:
    """How far our clock is ahead of another's; zero where that is not known, or is a minute at most."""
    ahead = timedelta() if theirs is None else ours - theirs
    return ahead if abs(ahead) > _MINUTE else timedelta()


class TheirClock:
    """
    What time it is on a far side: the `Date` of its last answer, and the seconds since.

    This machine's time of day does not come into it, so that it may be wrong, or be set, without anything being taken
    for old that was written just now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: datetime | None = None
        self._told_at = 0.0

    def answered(self, date: str | None) -> None:
        """An answer came just now, with this `Date`; an unreadable one tells nothing."""
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        self._told = told if told.tzinfo else told.replace(tzinfo=UTC)
        self._told_at = self._clock.monotonic()

    def now(self) -> datetime | None:
        """The time there, a second or so late; None: there was no answer yet."""
        if self._told is None:
            return None
        return self._told + timedelta(seconds=self._clock.monotonic() - self._told_at)


async def wait_for(event: asyncio.Event, seconds: float, clock: Clock) -> bool:
    """Wait until the event is set, at most so many seconds of `clock`; whether it was set."""
    waiting = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(seconds))}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for future in waiting:
            future.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return event.is_set()
