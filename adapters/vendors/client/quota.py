"""
A store's budget of requests: what the vendor allows, with a part kept for replies.

Known limits are windows (so many requests in so many seconds). A limit that nobody documents is felt out: a 429 makes
reading slower at once, answers make it faster slowly, and for an hour not quite as fast as what was refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.clock import Clock, TheirClock
from bot.errors import RateLimited

KEPT = 0.2
"""The part of a window that only replies and changes of status may use."""
PATIENCE = 60.0
"""So many seconds a request waits for the budget by itself; what would wait longer is refused with `RateLimited`."""

_SHORT = 60.0
"""Windows below this length keep nothing back: waiting one out takes no longer than being refused."""
_LONGEST_WINDOW = 86_400.0
"""Lightspeed counts by the day; no vendor's window is longer."""
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0
_SLOWEST = 60.0
_FASTER = 0.98
_SAFELY = 1.25
_REMEMBER = 3_600.0
_ONE = 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class Window:
    """At most `requests` within any `seconds`."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What the vendor itself says about one of its windows; `reset` in seconds from now."""

    limit: float
    remaining: float
    reset: float


def standings(headers: Mapping[str, str], epoch: float) -> tuple[Standing, ...]:
    """
    `X-RateLimit-Limit`, `-Remaining` and `-Reset`, each one number or several between slashes (Lightspeed:
    `300/3000/12000`, shortest window first, reset in seconds left). Empty where one of them is missing or unreadable.

    Args:
        epoch: Seconds since 1970 by the vendor's clock, for those that give the reset as a moment.
    """
    columns = [_numbers(headers.get(f"x-ratelimit-{name}", "")) for name in ("limit", "remaining", "reset")]
    if not columns[0] or len({len(column) for column in columns}) != 1:
        return ()
    return tuple(
        Standing(limit, remaining, min(max(0.0, reset - epoch if reset > 1e8 else reset), _LONGEST_WINDOW))
        for limit, remaining, reset in zip(*columns, strict=True)
    )


def _numbers(text: str) -> tuple[float, ...]:
    parts = [part.strip() for part in text.split("/")]
    return tuple(map(float, parts)) if all(part.isascii() and part.isdigit() for part in parts) else ()


class _Bucket:
    """
    Lets at most `share` requests through in any `seconds`, half of them at once and the rest evenly.

    A full half and a steady trickle add up to the share in every window, wherever it begins, and a long window that
    is used up does not keep a store waiting until its end.
    """

    def __init__(self, share: float, seconds: float, now: float) -> None:
        self._capacity = max(1.0, share / 2)
        self._rate = max(share - self._capacity, share / 100) / seconds
        self._level = self._capacity
        self._at = now

    def wait(self, now: float) -> float:
        self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._level >= _ONE else (1.0 - self._level) / self._rate

    def take(self) -> None:
        self._level -= 1.0


class _Allowance:
    """One window with its two parts; a write uses the common part first and what is kept after that."""

    def __init__(self, window: Window, now: float) -> None:
        kept = KEPT if window.seconds >= _SHORT else 0.0
        self._common = _Bucket(window.requests * (1 - kept), window.seconds, now)
        self._kept = _Bucket(window.requests * kept, window.seconds, now) if kept else self._common

    def wait(self, now: float, *, writing: bool) -> float:
        common = self._common.wait(now)
        return min(common, self._kept.wait(now)) if writing else common

    def take(self, now: float) -> None:
        (self._common if self._common.wait(now) == 0.0 else self._kept).take()


class _Told:
    """What the vendor last said about one window, less what was asked since."""

    def __init__(self, standing: Standing, now: float) -> None:
        self._remaining = standing.remaining
        self._floor = standing.limit * KEPT
        self._until = now + standing.reset

    def wait(self, now: float, *, writing: bool) -> float:
        if self._remaining > (0.0 if writing else self._floor):
            return 0.0
        return max(0.0, self._until - now)

    def take(self) -> None:
        self._remaining -= 1.0


class Quota:
    """One store's budget. Every request asks `take` before it leaves and hands its answer's headers to `heard`."""

    def __init__(self, clock: Clock, vendor: str, windows: Sequence[Window] = ()) -> None:
        self._clock = clock
        self._their_clock = TheirClock(clock)
        self._vendor = vendor
        now = clock.monotonic()
        self._allowances = [_Allowance(window, now) for window in windows]
        self._told: list[_Told] = []
        self._closed_until = now
        self._refusals = 0
        self._spacing = 0.0
        self._too_fast = 0.0
        self._careful_until = now
        self._next_read = now

    async def take(self, *, writing: bool) -> None:
        """
        Wait until one more request fits.

        Raises:
            RateLimited: It would take longer than `PATIENCE`.
        """
        deadline = self._clock.monotonic() + PATIENCE
        while (wait := self._wait(writing=writing)) > 0.0:
            if self._clock.monotonic() + wait > deadline:
                raise RateLimited(f"{self._vendor} allows no more requests for the moment.", retry_after=wait)
            await self._clock.sleep(wait)
        now = self._clock.monotonic()
        for allowance in self._allowances:
            allowance.take(now)
        for told in self._told:
            told.take()
        if not writing:
            self._next_read = now + self._spacing

    def _wait(self, *, writing: bool) -> float:
        now = self._clock.monotonic()
        waits = [self._closed_until - now]
        waits += [allowance.wait(now, writing=writing) for allowance in self._allowances]
        waits += [told.wait(now, writing=writing) for told in self._told]
        if not writing:
            waits.append(self._next_read - now)
        return max(0.0, *waits)

    def heard(self, headers: Mapping[str, str]) -> None:
        """An answer came that is no 429."""
        self._learn(headers)
        self._refusals = 0
        faster = self._spacing * _FASTER if self._spacing > 0.05 else 0.0
        careful = self._too_fast * _SAFELY if self._clock.monotonic() < self._careful_until else 0.0
        self._spacing = min(self._spacing, max(faster, careful))

    def refused(self, headers: Mapping[str, str], asked: float | None) -> RateLimited:
        """
        A 429 came: nothing leaves until the vendor's time is over.

        Args:
            asked: Seconds from `Retry-After`; None: taken from the window that is used up, else from how often we
                were refused in a row.
        """
        self._learn(headers)
        self._refusals += 1
        self._too_fast = self._spacing
        self._careful_until = self._clock.monotonic() + _REMEMBER
        self._spacing = min(_SLOWEST, max(0.5, self._spacing * 2))
        used_up = self._wait(writing=True)
        wait = asked or used_up or min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (self._refusals - 1))
        self._closed_until = self._clock.monotonic() + wait
        return RateLimited(f"{self._vendor} asks us to wait before the next request.", retry_after=wait)

    def _learn(self, headers: Mapping[str, str]) -> None:
        self._their_clock.answered(headers.get("date"))
        found = standings(headers, (self._their_clock.now() or self._clock.now()).timestamp())
        if found:
            now = self._clock.monotonic()
            self._told = [_Told(standing, now) for standing in found]
