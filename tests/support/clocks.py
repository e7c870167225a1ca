"""The clocks of the tests: those that a test moves, and those on which time passes faster."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.clock import SystemClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STAGE_SPEED = 10.0
"""So many times faster time passes for a stage's bot."""


class ManualClock:
    """
    A clock that a test moves. Whoever sleeps by it moves it, too, and goes on at once.

    Attributes:
        seconds: What `monotonic` shows.
        time: What `now` shows. A test may set it; from then on it goes on with the seconds.
        slept: For how long somebody slept, each time.
    """

    def __init__(self, at: datetime = NOON) -> None:
        self.seconds = 1000.0
        self.time = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.seconds += seconds
        self.time += timedelta(seconds=seconds)


class StandingClock(ManualClock):
    """A clock that only the test moves: whoever sleeps by it goes on at once, and it is as late as before."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class ScriptedClock(ManualClock):
    """
    Time passes only while somebody sleeps; at given moments something happens.

    Attributes:
        then: What happens, by the seconds that the clock shows then.
    """

    def __init__(self, at: datetime = NOON) -> None:
        super().__init__(at)
        self.then: dict[float, Callable[[], None]] = {}

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        for moment in sorted(moment for moment in self.then if moment <= self.seconds):
            self.then.pop(moment)()


class StageClock(SystemClock):
    """The clock of a stage's bot: the machine's time of day, and pauses ten times shorter."""

    def monotonic(self) -> float:
        return super().monotonic() * STAGE_SPEED

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / STAGE_SPEED)


class ShortPausesClock(SystemClock):
    """The machine's clock, on which only pauses are fifty times shorter."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / 50)


class FasterClock:
    """
    A clock for a whole practice world, the bot's process included. All who are given the same two figures agree.

    Every limit and every pause is then as long as in life, only sooner over: a practice Slack that takes one message a
    second, and a bot that waits that long, both run on, and neither is told to be kinder than the real one.

    Args:
        speed: How many seconds pass in one.
        since: When both clocks showed the same, in seconds since 1970.
    """

    def __init__(self, speed: float, since: float) -> None:
        self._speed = speed
        self._since = since

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._since + (time.time() - self._since) * self._speed, UTC)

    def monotonic(self) -> float:
        return time.monotonic() * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._speed)
