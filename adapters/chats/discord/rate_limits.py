"""
Discord's rate limits, as its answers tell of them.

A route belongs to a bucket that Discord names in its answers; each channel and each server has its own of every kind.
https://github.com/discord/discord-api-docs/blob/main/developers/topics/rate-limits.mdx
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.clock import Clock

_EVERYTHING = "everything"
_SAME_WINDOW = 0.5
"""Seconds by which two answers may differ about the end of one window."""
_GUESS = 1.0
"""Seconds; how long a new window is taken to last until an answer tells."""


@dataclass(slots=True)
class _Window:
    """
    What is left of one limit.

    Attributes:
        resets_at: When all of it is there again, on the clock's monotonic scale.
    """

    limit: int
    remaining: int
    resets_at: float


class Limits:
    """Counts requests against the limits that are known; remembers none for longer than its window lasts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, _Window] = {}
        self._names: dict[str, str] = {}

    def take(self, route: str, place: str) -> float:
        """
        Count a request, if it fits now.

        Args:
            route: Method and path with names in place of ids.
            place: The channel or server that the limit is of; may be empty.

        Returns:
            0.0: it fits and is counted; else the seconds until it may.
        """
        now = self._clock.monotonic()
        wanted = [w for w in (self._windows.get(_EVERYTHING), self._windows.get(self._bucket(route, place))) if w]
        for window in wanted:
            if window.resets_at <= now:
                window.remaining, window.resets_at = window.limit, now + _GUESS
        waits = [window.resets_at - now for window in wanted if window.remaining <= 0]
        if waits:
            return max(waits)
        for window in wanted:
            window.remaining -= 1
        return 0.0

    def told(self, route: str, place: str, headers: Mapping[str, str]) -> None:
        """Learn from the headers of an answer that was not 429."""
        now = self._clock.monotonic()
        self._forget(now)
        name = headers.get("X-RateLimit-Bucket")
        if name is None:
            return
        self._names[route] = name
        window = _Window(
            limit=int(headers.get("X-RateLimit-Limit", "1")),
            remaining=int(headers.get("X-RateLimit-Remaining", "1")),
            resets_at=now + float(headers.get("X-RateLimit-Reset-After", "0")),
        )
        bucket = self._bucket(route, place)
        known = self._windows.get(bucket)
        if known is not None and abs(known.resets_at - window.resets_at) < _SAME_WINDOW:
            # What is still under way has been counted here and not there.
            window.remaining = min(window.remaining, known.remaining)
        self._windows[bucket] = window

    def exceeded(self, route: str, place: str, seconds: float, *, everything: bool) -> None:
        """A 429: nothing of this kind, or nothing at all, for so long."""
        bucket = _EVERYTHING if everything else self._bucket(route, place)
        known = self._windows.get(bucket)
        limit = known.limit if known is not None else 1
        self._windows[bucket] = _Window(limit=limit, remaining=0, resets_at=self._clock.monotonic() + seconds)

    def _bucket(self, route: str, place: str) -> str:
        return f"{self._names.get(route, route)} {place}"

    def _forget(self, now: float) -> None:
        self._windows = {bucket: window for bucket, window in self._windows.items() if window.resets_at > now}
