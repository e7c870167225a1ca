"""How many requests a practice vendor allows, and how it says when more are allowed."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Literal

RetryAfter = Literal["seconds", "date", "none"]


@dataclass(frozen=True, slots=True)
class Quota:
    """
    At most `limit` requests in `seconds`.

    Attributes:
        sliding: Whether each request counts for `seconds` from its own time. Otherwise a window begins with the first
            request after the last window, and at its end all its requests stop counting.
    """

    limit: int
    seconds: float
    sliding: bool = False


FIVE_A_SECOND = Quota(5, 1, sliding=True)
"""What a vendor without a documented quota may allow."""


@dataclass(frozen=True, slots=True)
class QuotaState:
    """What is left of a quota, and after how many seconds there is more."""

    quota: Quota
    remaining: int
    reset: float


class QuotaCounter:
    """Counts requests against quotas. A refused request counts against none."""

    def __init__(self, quotas: Sequence[Quota], now: Callable[[], datetime]) -> None:
        self._now = now
        self._taken: list[tuple[Quota, deque[float]]] = [(quota, deque()) for quota in quotas]

    def take(self) -> float | None:
        """Count one request. Returns None if it is allowed, otherwise the seconds until one is allowed again."""
        waits = [state.reset for state in self.states() if state.remaining == 0]
        if waits:
            return max(waits)
        now = self._now().timestamp()
        for _quota, taken in self._taken:
            taken.append(now)
        return None

    def states(self) -> tuple[QuotaState, ...]:
        """The state of each quota now, in the order given."""
        return tuple(self._state(quota, taken) for quota, taken in self._taken)

    def _state(self, quota: Quota, taken: deque[float]) -> QuotaState:
        now = self._now().timestamp()
        if quota.sliding:
            while taken and now - taken[0] >= quota.seconds:
                taken.popleft()
        elif taken and now - taken[0] >= quota.seconds:
            taken.clear()
        reset = quota.seconds - (now - taken[0]) if taken else quota.seconds
        return QuotaState(quota, quota.limit - len(taken), reset)


def retry_after_header(wait: float, form: RetryAfter, now: datetime) -> dict[str, str]:
    """The header of a 429 that says when to try again; empty for `none`."""
    seconds = math.ceil(wait)
    match form:
        case "seconds":
            return {"Retry-After": str(seconds)}
        case "date":
            return {"Retry-After": format_datetime(now + timedelta(seconds=seconds), usegmt=True)}
        case "none":
            return {}
