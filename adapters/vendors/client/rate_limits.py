"""
How many requests a store may send: what the vendor allows, with a part reserved for replies.

Documented limits are windows (so many requests in so many seconds). A limit that is not documented is found by trying:
a 429 slows reading down at once, successful requests speed it up slowly, and for an hour it stays a little slower than
the speed that was refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.clock import Clock, RemoteClock
from bot.errors import LONGEST_RETRY_AFTER, RateLimited

RESERVED_FOR_WRITES = 0.2
"""The part of a window that only replies and changes of status may use."""
LONGEST_WAIT = 60.0
"""How many seconds a read may wait here for its turn. One that must wait longer is refused with `RateLimited`."""
LONGEST_WAIT_FOR_WRITES = 1.0
"""The same for a write: until then it is not even begun (see `Quota.wait`), so only a few at once have to wait."""

_SHORT_WINDOW = 60.0
"""A shorter window reserves nothing: there a reply has the next turn."""
_GIVES_WAY_FOR = 0.1
"""So many seconds after an urgent request may be sent, reads go on if it was not."""
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0
_DOUBLINGS = 6
"""After so many the longest pause is reached. After a thousand, as in some days, no number would be large enough."""
_FIRST_SPACING = 0.5
_LONGEST_SPACING = 60.0
_SHORTEST_SPACING = 0.05
_SPEED_UP = 0.98
"""Each successful request multiplies the spacing by this."""
_SAFETY_MARGIN = 1.25
"""The spacing stays so many times as long as the one that was refused."""
_CAREFUL_FOR = 3_600.0
_ROUNDING = 1e-9
_MOMENTS_FROM, _MILLISECONDS_FROM = 1e8, 1e11
"""As seconds from now these are years; as seconds since 1970 the years 1973 and 5138."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `requests` within any `seconds`."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class WindowState:
    """What the vendor says about one of its windows; `reset` in seconds from now."""

    limit: float
    remaining: float
    reset: float


def window_states(headers: Mapping[str, str], epoch: float, longest: float) -> tuple[WindowState, ...]:
    """
    What the headers `X-RateLimit-Limit`, `-Remaining` and `-Reset` say; empty where one is missing or unreadable.

    Each is one number, or several between slashes (Lightspeed: `300/3000/12000`, shortest window first, reset in
    seconds from now).

    Args:
        epoch: Seconds since 1970 by the vendor's clock, for vendors that send the reset as a point in time.
        longest: No reset is believed to be later, in seconds.
    """
    columns = [_numbers(headers.get(f"x-ratelimit-{name}", "")) for name in ("limit", "remaining", "reset")]
    if not columns[0] or len({len(column) for column in columns}) != 1:
        return ()
    return tuple(
        WindowState(limit, remaining, min(max(0.0, _seconds_until(reset, epoch)), longest))
        for limit, remaining, reset in zip(*columns, strict=True)
    )


def _seconds_until(reset: float, epoch: float) -> float:
    """A reset as seconds from now; it may be a point in time, in seconds or milliseconds."""
    if reset < _MOMENTS_FROM:
        return reset
    return (reset / 1000 if reset >= _MILLISECONDS_FROM else reset) - epoch


def _numbers(text: str) -> tuple[float, ...]:
    parts = [part.strip() for part in text.split("/")]
    return tuple(map(float, parts)) if all(part.isascii() and part.isdigit() for part in parts) else ()


class _Bucket:
    """
    A token bucket: at most `share` requests in any `seconds`, half of them at once and the rest evenly spread.

    Half at once and half spread over the window add up to the share in every window, wherever it begins. And when a
    long window is used up, the store need not wait until its end.
    """

    def __init__(self, share: float, seconds: float, now: float) -> None:
        self._capacity = max(1.0, share / 2)
        self._rate = max(share - self._capacity, share / 100) / seconds
        self._level = self._capacity
        self._at = now

    def wait(self, now: float, requests: float = 1.0) -> float:
        self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
        self._at = now
        needed = min(requests, self._capacity)
        return 0.0 if self._level >= needed - _ROUNDING else (needed - self._level) / self._rate

    def take(self) -> None:
        self._level -= 1.0


class _Allowance:
    """One documented window in two parts. A write uses the common part first, then the reserved one."""

    def __init__(self, window: Window, now: float) -> None:
        part = RESERVED_FOR_WRITES if window.seconds >= _SHORT_WINDOW else 0.0
        self._common = _Bucket(window.requests * (1 - part), window.seconds, now)
        self._reserved = _Bucket(window.requests * part, window.seconds, now) if part else self._common

    def wait(self, now: float, *, urgent: bool) -> float:
        common = self._common.wait(now)
        return min(common, self._reserved.wait(now)) if urgent else common

    def wait_behind_another(self, now: float) -> float:
        """As `wait` for an urgent request; where nothing is reserved, until there is one for somebody else, too."""
        return self.wait(now, urgent=True) if self._reserved is not self._common else self._common.wait(now, 2.0)

    def take(self, now: float) -> None:
        (self._common if self._common.wait(now) == 0.0 else self._reserved).take()


class _ReportedWindow:
    """What the vendor last said about one window, less the requests since then."""

    def __init__(self, state: WindowState, now: float) -> None:
        self._remaining = state.remaining
        self._reserved = state.limit * RESERVED_FOR_WRITES
        self._until = now + state.reset

    def wait(self, now: float, *, urgent: bool) -> float:
        if self._remaining > (0.0 if urgent else self._reserved):
            return 0.0
        return max(0.0, self._until - now)

    def take(self) -> None:
        self._remaining -= 1.0


class Quota:
    """
    The request budget of one store.

    Every request calls `take` before it is sent, and then `answered` or `rate_limited` with the headers that came.
    """

    def __init__(self, clock: Clock, vendor: str, windows: Sequence[Window] = ()) -> None:
        self._clock = clock
        self._their_clock = RemoteClock(clock)
        self._vendor = vendor
        now = clock.monotonic()
        self._allowances = [_Allowance(window, now) for window in windows]
        # What is not documented may be a mistake, and one answer must not stop a store for a day.
        self._longest_window = max([LONGEST_RETRY_AFTER, *(window.seconds for window in windows)])
        self._reported: list[_ReportedWindow] = []
        self._closed_until = now
        self._refusals = 0
        self._spacing = 0.0
        self._refused_spacing = 0.0
        self._careful_until = now
        self._next_read = now
        self._reads_give_way_until = now
        self._last_was_urgent = False
        self._waiting_reads = 0

    def wait(self) -> float:
        """
        In how many seconds one more urgent request is allowed; 0.0: now. Counts nothing.

        Whoever asks comes back then: so until a moment later, no read takes what has become free.
        """
        seconds = self._wait(urgent=True)
        self._give_way(seconds)
        return seconds

    def read_wait(self) -> float:
        """In how many seconds one more request is allowed for which nobody waits; 0.0: now. Counts nothing."""
        return self._wait(urgent=False)

    async def take(self, *, urgent: bool, longest: float = LONGEST_WAIT) -> None:
        """
        Wait until one more request is allowed.

        Args:
            urgent: Whether a person waits for it: a reply or a question. It may use what is reserved for such requests.

            longest: How many seconds it may wait here.

        Raises:
            RateLimited: That would take longer.
        """
        deadline = self._clock.monotonic() + longest
        self._waiting_reads += not urgent
        try:
            while (wait := self._wait(urgent=urgent)) > 0.0:
                if self._clock.monotonic() + wait > deadline:
                    raise RateLimited(f"{self._vendor} allows no more requests at the moment.", retry_after=wait)
                if urgent:
                    self._give_way(wait)
                await self._clock.sleep(wait)
        finally:
            self._waiting_reads -= not urgent
        now = self._clock.monotonic()
        for allowance in self._allowances:
            allowance.take(now)
        for window in self._reported:
            window.take()
        self._last_was_urgent = urgent
        self._reads_give_way_until = now
        if not urgent:
            self._next_read = now + self._spacing

    def _give_way(self, seconds: float) -> None:
        """
        Reads wait until an urgent request has had its turn, which comes in so many seconds.

        Only if the last turn was a read's. After an urgent one it is the reads' turn: where both wait all the time,
        they take turns.
        """
        if seconds > 0.0 and not self._last_was_urgent:
            self._reads_give_way_until = self._clock.monotonic() + seconds + _GIVES_WAY_FOR

    def _wait(self, *, urgent: bool) -> float:
        now = self._clock.monotonic()
        waits = [self._closed_until - now]
        if urgent and self._last_was_urgent and self._waiting_reads:
            waits += [allowance.wait_behind_another(now) for allowance in self._allowances]
        else:
            waits += [allowance.wait(now, urgent=urgent) for allowance in self._allowances]
        waits += [window.wait(now, urgent=urgent) for window in self._reported]
        if not urgent:
            waits += [self._next_read - now, self._reads_give_way_until - now]
        return max(0.0, *waits)

    def answered(self, headers: Mapping[str, str]) -> None:
        """A response came that is not 429."""
        self._learn(headers)
        self._refusals = 0
        faster = self._spacing * _SPEED_UP if self._spacing > _SHORTEST_SPACING else 0.0
        is_careful = self._clock.monotonic() < self._careful_until
        self._spacing = min(self._spacing, max(faster, self._refused_spacing * _SAFETY_MARGIN if is_careful else 0.0))

    def rate_limited(self, headers: Mapping[str, str], asked: float | None) -> RateLimited:
        """
        A 429 came: nothing is sent until the wait is over.

        Args:
            asked: Seconds from `Retry-After`; None: the wait follows from the window that is used up, else from how
                often we were refused in a row.

        Returns:
            The error to raise.
        """
        self._learn(headers)
        self._refusals += 1
        self._refused_spacing = self._spacing
        self._careful_until = self._clock.monotonic() + _CAREFUL_FOR
        self._spacing = min(_LONGEST_SPACING, max(_FIRST_SPACING, self._spacing * 2))
        used_up = self._wait(urgent=True)
        wait = asked or used_up or min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self._refusals - 1, _DOUBLINGS))
        self._closed_until = self._clock.monotonic() + wait
        return RateLimited(f"{self._vendor} asks us to wait before the next request.", retry_after=wait)

    def _learn(self, headers: Mapping[str, str]) -> None:
        self._their_clock.answered(headers.get("date"))
        epoch = (self._their_clock.now() or self._clock.now()).timestamp()
        found = window_states(headers, epoch, self._longest_window)
        if found:
            now = self._clock.monotonic()
            self._reported = [_ReportedWindow(state, now) for state in found]
