"""A clock for a whole practice world, the bot's process included, in which time passes many times faster."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class FasterClock:
    """
    All who are given the same two figures agree on the time.

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
