"""Time, handed in so that a test can hold it still."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
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
