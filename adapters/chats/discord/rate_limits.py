"""
Discord's rate limits, learnt from its answers.

A route belongs to a bucket, which Discord names in its answers. Each channel and each server has its own buckets.
https://github.com/discord/discord-api-docs/blob/main/developers/topics/rate-limits.mdx

Nothing is begun that could be refused, as far as this can be known: before the first answer of a route only one request
is under way in each place, and a request without an answer counts in the present window and in the one after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot.clock import Clock, wait_for
from bot.errors import bounded_wait

_AT_ONCE = 5
_A_SECOND = 40
"""Discord allows a bot 50 requests a second and does not say what is left of them. This is never more in any second."""
_SAME_WINDOW = 0.02
"""Two answers may differ by so many seconds about the end of the same window."""
_ROUNDING = 0.001
"""Seconds; Discord rounds the end of a window to this."""
_NEGLIGIBLE = 1e-6
_LARGE, _TENTH = 10, 10
_GUESS = 1.0
"""Seconds; how long a window is assumed to last until an answer says."""
_SHORTEST_REFUSAL = 0.1
"""Seconds; an answer that refuses a request and asks for no pause must not be asked again and again."""


@dataclass(slots=True)
class _Window:
    """
    What is left of one limit.

    Attributes:
        remaining: Requests under way are not in it.
        resets_at: When the full limit is available again, in the clock's monotonic seconds.
        ends: What the last answer called the end of its window, by Discord's clock.
        is_guess: No answer was about this window yet.
        under_way: Requests without an answer yet.
    """

    limit: int
    remaining: int
    resets_at: float
    ends: float = 0.0
    is_guess: bool = True
    under_way: int = 0

    def begin_anew(self, now: float) -> None:
        """The window is over. What is under way may be counted in either."""
        self.remaining, self.resets_at, self.is_guess = self.limit - self.under_way, now + _GUESS, True

    def take_over(self, answered: _Window) -> None:
        """An answer says what was left when it was written."""
        later = answered.ends - self.ends
        if later < -_SAME_WINDOW or (self.is_guess and later <= _SAME_WINDOW):
            return  # it is about a window that is over
        if later <= _SAME_WINDOW:
            # What is under way is counted here, but not there.
            self.remaining = min(answered.remaining, self.remaining)
            self.resets_at = min(answered.resets_at, self.resets_at)
        else:
            self.remaining, self.resets_at = answered.remaining - self.under_way, answered.resets_at
        self.limit, self.ends, self.is_guess = answered.limit, answered.ends, False


class RateLimits:
    """Counts requests against the known limits; forgets each window when it is over."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._everything_from = clock.monotonic()
        self._everything_closed_until = clock.monotonic()
        self._windows: dict[tuple[str, str], _Window] = {}
        self._names: dict[str, str | None] = {}
        self._limits: dict[str, int] = {}
        self._answered = asyncio.Event()

    def take(self, route: str, place: str) -> float:
        """
        Count one request, if it fits now. Whoever counts one calls `finished` when it is over, whatever its answer.

        Args:
            route: Method and path, with names instead of ids.
            place: The channel or server of the limit; may be empty.

        Returns:
            0.0: it fits and is counted; else the seconds until it fits, if no answer comes before.
        """
        now = self._clock.monotonic()
        window = self._windows.get(self._bucket(route, place))
        if window is not None and window.resets_at <= now:
            window.begin_anew(now)
        wait = self.wait(route, place)
        if wait > 0:
            return wait
        self._everything_from = max(self._everything_from, now) + 1 / _A_SECOND
        if window is None and self._is_limited(route):
            limit = self._limits.get(self._names.get(route) or "", 1)
            window = self._windows[self._bucket(route, place)] = _Window(limit, limit, now + _GUESS)
        if window is not None:
            window.remaining -= 1
            window.under_way += 1
        return 0.0

    def wait(self, route: str, place: str) -> float:
        """The seconds until one more request fits; zero: now. Nothing is counted. For the arguments see `take`."""
        now = self._clock.monotonic()
        everything = max(self._everything_from - (_AT_ONCE - 1) / _A_SECOND, self._everything_closed_until) - now
        window = self._windows.get(self._bucket(route, place))
        own = 0.0 if window is None or window.remaining > 0 else window.resets_at - now
        wait = max(everything, own)
        return wait if wait > _NEGLIGIBLE else 0.0

    def scarce_for(self, route: str, place: str) -> float:
        """For how many seconds only a tenth of the limit is left; zero: more is, or the limit is small."""
        window = self._windows.get(self._bucket(route, place))
        if window is None or window.limit < _LARGE or window.remaining > window.limit // _TENTH:
            return 0.0
        return max(0.0, window.resets_at - self._clock.monotonic())

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds, or when an answer comes: there may be more left than was known."""
        await wait_for(self._answered, seconds, self._clock)

    def finished(self, route: str, place: str) -> None:
        """A request that was counted has its answer, or will have none."""
        window = self._windows.get(self._bucket(route, place))
        if window is not None:
            window.under_way = max(0, window.under_way - 1)
        self._answered.set()
        self._answered = asyncio.Event()

    def learn(self, route: str, place: str, headers: Mapping[str, str]) -> None:
        """
        Take over what the headers of an answer say. The request is `finished` before.

        Not for a 429, nor for what a proxy answers in Discord's place.
        """
        now = self._clock.monotonic()
        self._forget(now)
        name = headers.get("X-RateLimit-Bucket")
        if name is None and self._names.get(route) is not None:
            return  # what has had a limit has one
        self._rename(route, name)
        if name is None:
            return
        try:
            seconds = bounded_wait(float(headers.get("X-RateLimit-Reset-After", "0")))
            answered = _Window(
                limit=int(headers.get("X-RateLimit-Limit", "1")),
                remaining=int(headers.get("X-RateLimit-Remaining", "1")),
                resets_at=now + seconds + _ROUNDING,
                ends=float(headers.get("X-RateLimit-Reset", self._clock.now().timestamp() + seconds)),
            )
        except ValueError:
            return  # the answer itself may be good, and a 429 will say more
        self._limits[name] = answered.limit
        self._windows.setdefault((name, place), _Window(answered.limit, 0, 0.0)).take_over(answered)

    def exceeded(self, route: str, place: str, seconds: float, *, everything: bool) -> None:
        """A 429 came: no requests of this kind, or none at all, for so many seconds. For the arguments see `take`."""
        resets_at = self._clock.monotonic() + max(bounded_wait(seconds), _SHORTEST_REFUSAL) + _ROUNDING
        if everything:
            self._everything_closed_until = resets_at
            return
        window = self._windows.setdefault(self._bucket(route, place), _Window(1, 0, resets_at))
        window.remaining, window.resets_at, window.is_guess = 0, resets_at, False

    def _bucket(self, route: str, place: str) -> tuple[str, str]:
        return self._names.get(route) or route, place

    def _is_limited(self, route: str) -> bool:
        """Whether an answer named its bucket, or may do so."""
        return self._names.get(route, "") is not None

    def _rename(self, route: str, name: str | None) -> None:
        """From now on a route belongs to the bucket of this name; None: it has none, and is not limited."""
        if name == self._names.get(route, ""):
            return
        self._names[route] = name
        for own in [bucket for bucket in self._windows if bucket[0] == route]:
            guessed = self._windows.pop(own)
            if name is None:
                continue
            # Another route of the bucket may be known already.
            known = self._windows.setdefault((name, own[1]), guessed)
            if known is not guessed:
                known.remaining -= guessed.under_way
                known.under_way += guessed.under_way

    def _forget(self, now: float) -> None:
        over = [bucket for bucket, each in self._windows.items() if each.resets_at <= now and not each.under_way]
        for bucket in over:
            del self._windows[bucket]
