"""Slack's rate limits: the one we keep by ourselves when posting, and those that Slack reports by a 429."""

from __future__ import annotations

from bot.clock import Clock

_NEGLIGIBLE = 1e-6


class RateLimits:
    """
    The limit on messages in each channel: a few at once, then one a second.

    Slack allows about one message a second in a channel, with short bursts
    (docs.slack.dev/apis/web-api/rate-limits).

    Args:
        burst: How many messages may go at once.
        seconds: How long it takes until one more may go.
    """

    def __init__(self, clock: Clock, *, burst: int = 3, seconds: float = 1.0) -> None:
        self._clock = clock
        self._ahead = (burst - 1) * seconds
        self._seconds = seconds
        self._next: dict[str, float] = {}

    def take(self, channel: str) -> float:
        """Zero: one message may go now, and is counted. Else the seconds to wait; then nothing is counted."""
        now = self._clock.monotonic()
        free = max(self._next.get(channel, now), now)
        wait = free - now - self._ahead
        if wait > _NEGLIGIBLE:
            return wait
        self._next[channel] = free + self._seconds
        return 0.0


class Refusals:
    """Remembers which method Slack refused by a 429 in which channel, and for how long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}

    def wait(self, method: str, channel: str) -> float:
        """Seconds until this may be asked again; zero: now."""
        wait = self._until.get((method, channel), 0.0) - self._clock.monotonic()
        if wait <= 0:
            self._until.pop((method, channel), None)
            return 0.0
        return wait

    def add(self, method: str, channel: str, seconds: float) -> None:
        """Slack refused this for so many seconds."""
        self._until[method, channel] = self._clock.monotonic() + seconds
