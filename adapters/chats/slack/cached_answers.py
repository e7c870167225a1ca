"""What Slack said of people, channels, groups and threads; kept for a minute, forgotten when Slack tells otherwise."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from bot.clock import Clock

_SECONDS = 60.0
_MOST = 500
_ATTEMPTS = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    at: float
    said: T


class Remembered(Generic[T]):
    """
    Answers by id, each asked for once a minute at most.

    Args:
        read: Asks Slack for one. What it raises is raised by `of`.
    """

    def __init__(self, clock: Clock, read: Callable[[str], Awaitable[T]]) -> None:
        self._clock = clock
        self._read = read
        self._known: OrderedDict[str, _Known[T]] = OrderedDict()
        self._changes: Counter[str] = Counter()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, one: str) -> T:
        """What Slack says of this one."""
        async with self._asking.setdefault(one, asyncio.Lock()):
            known = self._known.get(one)
            if known is None or self._clock.monotonic() - known.at >= _SECONDS:
                known = await self._ask(one)
            return known.said

    def learned(self, one: str, said: T, seconds_ago: float) -> None:
        """Something else than an answer shows what Slack would have said then; what is known since then stays."""
        at, known = self._clock.monotonic() - seconds_ago, self._known.get(one)
        if known is None or known.at <= at:
            self._keep(one, _Known(at, said))

    def changed(self, one: str) -> None:
        """Slack reports a change: what is remembered may be wrong, and what is being read, too."""
        self._known.pop(one, None)
        self._changes[one] += 1

    def known(self, one: str) -> T | None:
        """What is remembered of this one; None: nothing."""
        known = self._known.get(one)
        return None if known is None or self._clock.monotonic() - known.at >= _SECONDS else known.said

    def corrected(self, one: str, said: T) -> None:
        """What is remembered of this one is so instead, for as long as it would have been."""
        known = self._known.get(one)
        if known is not None:
            self._known[one] = _Known(known.at, said)

    async def _ask(self, one: str) -> _Known[T]:
        """Ask again if it changed while it was read; if it changes all the time, it is not remembered."""
        for _ in range(_ATTEMPTS):
            at, changes = self._clock.monotonic(), self._changes[one]
            found = _Known(at, await self._read(one))
            if self._changes[one] == changes:
                self._keep(one, found)
                break
        return found

    def _keep(self, one: str, known: _Known[T]) -> None:
        self._known[one] = known
        self._known.move_to_end(one)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
