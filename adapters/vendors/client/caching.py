"""A small memory of what a vendor said about somebody, with a bound and a time limit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from bot.clock import Clock

V = TypeVar("V")


class Remembered(Generic[V]):
    """
    At most `size` values, each for `seconds`; the one that was written longest ago is forgotten first.

    It spares requests and is never the truth.
    """

    def __init__(self, clock: Clock, *, size: int = 500, seconds: float = 3600.0) -> None:
        self._clock = clock
        self._size = size
        self._seconds = seconds
        self._values: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def get(self, key: str) -> V | None:
        """What is known; None: nothing, or nothing fresh."""
        found = self._values.get(key)
        if found is None:
            return None
        until, value = found
        if self._clock.monotonic() >= until:
            del self._values[key]
            return None
        return value

    def put(self, key: str, value: V, *, seconds: float | None = None) -> V:
        """Keep a value and hand it back; `seconds` where it shall be asked for again sooner than others."""
        self._values.pop(key, None)
        self._values[key] = (self._clock.monotonic() + (self._seconds if seconds is None else seconds), value)
        while len(self._values) > self._size:
            self._values.popitem(last=False)
        return value

    def forget(self, key: str) -> None:
        """Keep nothing under this key."""
        self._values.pop(key, None)
