"""
Questions about one person or file to which a platform has no usable answer.

Whoever has such an account, and writes in a thread, must not keep it from being read for ever: what others write there
would wait for that message.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from bot.clock import Clock

GIVEN_UP_AFTER: Final = 300.0
"""Seconds; so long everything waits for an answer. After that it depends on whether others can be asked about."""
_TOGETHER = 900.0
"""Seconds after which one failure says nothing about the next one."""
_REMEMBERED = 10_000


class Unanswered:
    """Remembers since when there is no usable answer about each of these."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failing: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def failed(self, one: str) -> bool:
        """There is no usable answer now; whether that has been so for so long that nobody need wait for one."""
        now = self._clock.monotonic()
        first, last = self._failing.pop(one, (now, now))
        if now - last > _TOGETHER:
            first = now
        self._failing[one] = first, now
        if len(self._failing) > _REMEMBERED:
            self._failing.popitem(last=False)
        return now - first >= GIVEN_UP_AFTER

    def answered(self, one: str) -> None:
        """There is a usable answer."""
        self._failing.pop(one, None)
