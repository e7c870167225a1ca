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

    def wait(self, channel: str) -> float:
        """The seconds until one more message may go; zero: now. Nothing is counted."""
        now = self._clock.monotonic()
        wait = max(self._next.get(channel, now), now) - now - self._ahead
        return wait if wait > _NEGLIGIBLE else 0.0

    def take(self, channel: str) -> float:
        """Zero: one message may go now, and is counted. Else the seconds to wait; then nothing is counted."""
        wait = self.wait(channel)
        if wait == 0:
            now = self._clock.monotonic()
            self._next[channel] = max(self._next.get(channel, now), now) + self._seconds
        return wait


class Refusals:
    """
    Remembers what Slack refused by a 429, and for how long.

    Slack counts each method by itself, and posting in each channel (docs.slack.dev/apis/web-api/rate-limits).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def wait(self, method: str, channel: str) -> float:
        """Seconds until this may be asked again; zero: now."""
        bucket = _bucket(method, channel)
        wait = self._until.get(bucket, 0.0) - self._clock.monotonic()
        if wait <= 0:
            self._until.pop(bucket, None)
            return 0.0
        return wait

    def add(self, method: str, channel: str, seconds: float) -> None:
        """Slack refused this for so many seconds."""
        self._until[_bucket(method, channel)] = self._clock.monotonic() + seconds


def _bucket(method: str, channel: str) -> str:
    return f"{method} {channel}" if method == "chat.postMessage" else method
