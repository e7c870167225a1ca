"""
Rate limits; see https://github.com/discord/discord-api-docs/blob/main/developers/topics/rate-limits.mdx.

Only the mechanism and the 50 requests a second are published. The limits of single routes are what bots observe.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.clock import Clock
from bot.sandbox.discord.refusals import DiscordRefusal


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in so many seconds."""

    requests: int
    seconds: float


EVERYWHERE = RateLimit(50, 1.0)
ORDINARY = RateLimit(30, 5.0)
ROUTES: Mapping[str, RateLimit] = MappingProxyType(
    {
        "POST /channels/{channel}/messages": RateLimit(5, 5.0),
        "PATCH /channels/{channel}/messages/{message}": RateLimit(5, 5.0),
        "DELETE /channels/{channel}/messages/{message}": RateLimit(5, 1.0),
        "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": RateLimit(1, 0.25),
        "DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me": RateLimit(1, 0.25),
        "POST /channels/{channel}/threads": RateLimit(50, 300.0),
        "POST /channels/{channel}/messages/{message}/threads": RateLimit(50, 300.0),
        "PATCH /channels/{channel}": RateLimit(10, 15.0),
    },
)


@dataclass(slots=True)
class RateLimitWindow:
    """When a bucket's window began, and how many requests it has had since."""

    began: float = float("-inf")
    used: int = 0


@dataclass(eq=False, slots=True)
class DiscordRateLimiter:
    """
    Counts requests.

    Attributes:
        speed: How many times faster than at Discord a window passes; None: no limits and no headers.
    """

    clock: Clock
    speed: float | None = 1.0
    _windows: dict[str, RateLimitWindow] = field(default_factory=dict)
    _everywhere: deque[float] = field(default_factory=deque)

    def take(self, route: str, major: str, *, counts_everywhere: bool) -> dict[str, str]:
        """
        Count one request.

        Args:
            route: Method and path with names in place of ids.
            major: The channel, guild or webhook, each of which has its own bucket.
            counts_everywhere: False for answers to interactions, which do not count for the global limit.

        Returns:
            The headers for the answer.

        Raises:
            RateLimitRefusal: It is one request too many.
        """
        if self.speed is None:
            return {}
        now = self.clock.monotonic()
        if counts_everywhere:
            self._take_everywhere(now, self.speed)
        limit = ROUTES.get(route, ORDINARY)
        seconds = limit.seconds / self.speed
        window = self._windows.setdefault(f"{route} {major}", RateLimitWindow())
        if now - window.began >= seconds:
            window.began, window.used = now, 0
        left = window.began + seconds - now
        if window.used >= limit.requests:
            raise RateLimitRefusal(left, self._headers(route, limit, 0, left) | {"X-RateLimit-Scope": "user"})
        window.used += 1
        return self._headers(route, limit, limit.requests - window.used, left)

    def scaled(self, seconds: float) -> float:
        """A length of time at this speed."""
        return seconds if self.speed is None else seconds / self.speed

    def _take_everywhere(self, now: float, speed: float) -> None:
        seconds = EVERYWHERE.seconds / speed
        while self._everywhere and now - self._everywhere[0] >= seconds:
            self._everywhere.popleft()
        if len(self._everywhere) >= EVERYWHERE.requests:
            left = self._everywhere[0] + seconds - now
            raise RateLimitRefusal(left, {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}, everywhere=True)
        self._everywhere.append(now)

    def _headers(self, route: str, limit: RateLimit, remaining: int, left: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": f"{self.clock.now().timestamp() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }


class RateLimitRefusal(DiscordRefusal):
    """A 429 of a rate limit, with the headers that say how long to wait."""

    def __init__(self, left: float, headers: dict[str, str], *, everywhere: bool = False) -> None:
        super().__init__(
            0,
            status=429,
            message="You are being rate limited.",
            retry_after=max(left, 0.001),
            everywhere=everywhere,
        )
        self.headers = headers | {"Retry-After": str(int(left) + 1)}


@dataclass(slots=True, kw_only=True)
class DiscordLimits:
    """
    Limits that Discord does not publish, or that a test makes smaller.

    Attributes:
        active_threads: How many a guild may have (1000 by all reports).
        old_edits: How many edits in an hour are allowed for a message that is older than an hour.
        nonce_seconds: For how long an enforced nonce is remembered ("the past few minutes").
        renames: How often a thread or channel may be renamed in `rename_seconds`.
    """

    active_threads: int = 1000
    old_edits: int = 30
    nonce_seconds: float = 300.0
    renames: int = 2
    rename_seconds: float = 600.0
