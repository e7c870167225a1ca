"""The limits of the practice Slack, and the counting of calls and posts."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Literal

from bot.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackLimits:
    """
    The platform's limits; the defaults are Slack's own, times in seconds.

    Attributes:
        ack_seconds: How long an envelope may stay unacknowledged.
        retry_delays: When an event is sent again, counted from the failure before; interactions never are.
        posts_per_second, post_burst: `chat.postMessage` in one channel.
        per_minute: Calls of one method in a minute, by the method's tier.
        connects_per_minute: `apps.connections.open`; documented as tier 1, but Slack allows more.
        unknown_thread: What happens with a reply to a message that does not exist: Slack was seen to refuse it, and
            to post it at the top level of the channel.
        page: How many messages one page of history has at most; 15 for distributed apps outside the Marketplace.
    """

    ack_seconds: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    connections: int = 10
    link_seconds: float = 30.0
    posts_per_second: float = 1.0
    post_burst: int = 5
    per_minute: tuple[int, int, int, int] = (1, 20, 50, 100)
    special_per_minute: int = 300
    connects_per_minute: int = 60
    trigger_seconds: float = 3.0
    response_url_seconds: float = 1800.0
    response_url_uses: int = 5
    unknown_thread: Literal["refuse", "top level"] = "refuse"
    page: int = 1000


class SlackRateLimiter:
    """Counts calls. A call that comes too early is not counted; its answer says how long to wait."""

    def __init__(self, clock: Clock, limits: SlackLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._minutes: dict[str, deque[float]] = defaultdict(deque)
        self._credit: dict[str, tuple[float, float]] = {}

    def wait_for_method(self, method: str, per_minute: int) -> int:
        """Seconds until this method may be called again; 0: now, and this call counts."""
        now = self._clock.monotonic()
        calls = self._minutes[method]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= per_minute:
            return max(1, math.ceil(calls[0] + 60 - now))
        calls.append(now)
        return 0

    def wait_for_post(self, channel: str) -> int:
        """Seconds until something may be posted in this channel again; 0: now, and this post counts."""
        now = self._clock.monotonic()
        credit, since = self._credit.get(channel, (float(self._limits.post_burst), now))
        credit = min(self._limits.post_burst, credit + (now - since) * self._limits.posts_per_second)
        if credit < 1:
            self._credit[channel] = (credit, now)
            return max(1, math.ceil((1 - credit) / self._limits.posts_per_second))
        self._credit[channel] = (credit - 1, now)
        return 0
