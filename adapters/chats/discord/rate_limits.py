"""
Discord's rate limits, learnt from its answers.

A route belongs to a bucket, which Discord names in its answers. Each channel and each server has its own buckets.
https://github.com/discord/discord-api-docs/blob/main/developers/topics/rate-limits.mdx
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.clock import Clock

_AT_ONCE = 10
_A_SECOND = 40
"""Discord allows a bot 50 requests a second and does not say what is left of them. This is never more in any second."""
_SAME_WINDOW = 0.5
"""Two answers may differ by so many seconds about the end of the same window."""
_NEGLIGIBLE = 1e-6
_GUESS = 1.0
"""Seconds; how long a new window is assumed to last until an answer says."""


@dataclass(slots=True)
class _Window:
    """
    What is left of one limit.

    Attributes:
        resets_at: When the full limit is available again, in the clock's monotonic seconds.
    """

    limit: int
    remaining: int
    resets_at: float


class RateLimits:
    """Counts requests against the known limits; forgets each limit when its window ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._everything_from = clock.monotonic()
        self._everything_closed_until = clock.monotonic()
        self._windows: dict[str, _Window] = {}
        self._names: dict[str, str] = {}

    def take(self, route: str, place: str) -> float:
        """
        Count one request, if it fits now.

        Args:
            route: Method and path, with names instead of ids.
            place: The channel or server of the limit; may be empty.

        Returns:
            0.0: it fits and is counted; else the seconds until it fits.
        """
        now = self._clock.monotonic()
        window = self._windows.get(self._bucket(route, place))
        if window is not None and window.resets_at <= now:
            window.remaining, window.resets_at = window.limit, now + _GUESS
        wait = self.wait(route, place)
        if wait > 0:
            return wait
        self._everything_from = max(self._everything_from, now) + 1 / _A_SECOND
        if window is not None:
            window.remaining -= 1
        return 0.0

    def wait(self, route: str, place: str) -> float:
        """The seconds until one more request fits; zero: now. Nothing is counted. For the arguments see `take`."""
        now = self._clock.monotonic()
        everything = max(self._everything_from - _AT_ONCE / _A_SECOND, self._everything_closed_until) - now
        window = self._windows.get(self._bucket(route, place))
        own = 0.0 if window is None or window.remaining > 0 else window.resets_at - now
        wait = max(everything, own)
        return wait if wait > _NEGLIGIBLE else 0.0

    def learn(self, route: str, place: str, headers: Mapping[str, str]) -> None:
        """Take over what the headers of an answer say; not for a 429."""
        now = self._clock.monotonic()
        self._forget(now)
        name = headers.get("X-RateLimit-Bucket")
        if name is None:
            return
        self._names[route] = name
        try:
            window = _Window(
                limit=int(headers.get("X-RateLimit-Limit", "1")),
                remaining=int(headers.get("X-RateLimit-Remaining", "1")),
                resets_at=now + float(headers.get("X-RateLimit-Reset-After", "0")),
            )
        except ValueError:
            return  # the answer itself may be good, and a 429 will say more
        bucket = self._bucket(route, place)
        known = self._windows.get(bucket)
        if known is not None and abs(known.resets_at - window.resets_at) < _SAME_WINDOW:
            # Requests without an answer yet are counted here, but not there.
            window.remaining = min(window.remaining, known.remaining)
        self._windows[bucket] = window

    def exceeded(self, route: str, place: str, seconds: float, *, everything: bool) -> None:
        """A 429 came: no requests of this kind, or none at all, for so many seconds."""
        resets_at = self._clock.monotonic() + seconds
        if everything:
            self._everything_closed_until = resets_at
            return
        bucket = self._bucket(route, place)
        known = self._windows.get(bucket)
        limit = known.limit if known is not None else 1
        self._windows[bucket] = _Window(limit=limit, remaining=0, resets_at=resets_at)

    def _bucket(self, route: str, place: str) -> str:
        return f"{self._names.get(route, route)} {place}"

    def _forget(self, now: float) -> None:
        self._windows = {bucket: window for bucket, window in self._windows.items() if window.resets_at > now}
