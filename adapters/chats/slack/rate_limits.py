"""How fast messages may follow one another in a channel."""

from __future__ import annotations

from bot.clock import Clock

_NEGLIGIBLE = 1e-6


class Pace:
    """
    A measure of messages for each channel: a few at once, then one a second.

    Slack takes about one message a second in a channel and lets short bursts pass
    (docs.slack.dev/apis/web-api/rate-limits).

    Args:
        burst: How many may go at once.
        seconds: How long each takes from the measure.
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
