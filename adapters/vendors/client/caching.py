"""Remembering what a vendor said for a while, to send fewer requests. Limited in size and time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.clock import Clock
from bot.errors import AuthFailed, Gone, Rejected, Unavailable

V = TypeVar("V")

ASK_AGAIN_AFTER = 300.0
"""After so many seconds a lookup that failed is tried again."""
CONFIRM_AFTER = 30.0
"""After so many seconds a lookup that was refused is tried again; a refusal that comes twice is believed."""


class ExpiringCache(Generic[V]):
    """At most `size` values, each for `seconds`. The one written longest ago goes first."""

    def __init__(self, clock: Clock, *, size: int = 500, seconds: float = 3600.0) -> None:
        self._clock = clock
        self._size = size
        self._seconds = seconds
        self._values: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def get(self, key: str) -> V | None:
        """The value; None: there is none, or it has expired."""
        found = self._values.get(key)
        if found is None:
            return None
        until, value = found
        if self._clock.monotonic() >= until:
            del self._values[key]
            return None
        return value

    def put(self, key: str, value: V, *, seconds: float | None = None) -> V:
        """Keep a value, for `seconds` if that differs from the others, and return it."""
        self._values.pop(key, None)
        self._values[key] = (self._clock.monotonic() + (self._seconds if seconds is None else seconds), value)
        while len(self._values) > self._size:
            self._values.popitem(last=False)
        return value

    def forget(self, key: str) -> None:
        """Keep nothing under this key."""
        self._values.pop(key, None)


class Lookup(Generic[V]):
    """
    What a vendor says about a person, asked for only when it is not remembered.

    A person that we may not look up, or cannot look up now, is `unknown`: that must not stop a ticket. A refusal is
    remembered like a name when it comes twice, because a vendor, or a proxy before it, may be wrong for a moment.
    """

    def __init__(self, clock: Clock, unknown: V, *, size: int = 500, seconds: float = 3600.0) -> None:
        self._unknown = unknown
        self._cache: ExpiringCache[V] = ExpiringCache(clock, size=size, seconds=seconds)
        self._refused: ExpiringCache[bool] = ExpiringCache(clock, size=size, seconds=2 * seconds)

    async def get(self, key: str, read: Callable[[], Awaitable[V]]) -> V:
        """
        What is remembered under this key, else what `read` returns.

        Raises:
            RateLimited
        """
        known = self._cache.get(key)
        if known is not None:
            return known
        try:
            value = await read()
        except (Gone, Rejected, AuthFailed):
            is_confirmed = self._refused.get(key)
            self._refused.put(key, value=True)
            return self._cache.put(key, self._unknown, seconds=None if is_confirmed else CONFIRM_AFTER)
        except Unavailable:
            return self._cache.put(key, self._unknown, seconds=ASK_AGAIN_AFTER)
        self._refused.forget(key)
        return self._cache.put(key, value)
