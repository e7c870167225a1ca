"""What befalls a simulated process: it dies at a given point, and what it asks for is refused, lost or late."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import SupportsIndex

from bot.errors import AuthFailed, Forbidden, RateLimited, Rejected, Unavailable, Uncertain
from tests.support.memory.vendor import Gate


class Killed(BaseException):
    """The process is no more; nothing in it catches this."""


class Garbage(Exception):
    """What no adapter should let through."""


class Trouble(StrEnum):
    """How an act can fail."""

    REFUSED = "refused"
    LIMITED = "limited"
    UNWELCOME = "unwelcome"  # the credentials, or a permission in one place
    NOT_TAKEN = "not taken"  # for good
    LOST_ON_THE_WAY = "lost on the way"
    ANSWER_LOST = "answer lost"
    HUNG = "hung"  # until it timed out, and nothing had happened
    HUNG_AND_DONE = "hung and done"  # until it timed out, and it had happened
    GARBAGE = "garbage"
    GARBAGE_AND_DONE = "garbage and done"


class Always(list[Trouble]):
    """One trouble, for every call."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__([trouble])

    def pop(self, _index: SupportsIndex = -1) -> Trouble:
        return self[0]


_AFTERWARDS = frozenset({Trouble.ANSWER_LOST, Trouble.HUNG_AND_DONE, Trouble.GARBAGE_AND_DONE})
_SAYING = frozenset({"reply", "note", "open_thread", "post", "edit_post", "render_card", "mark", "set_status"})
_IN_A_CHANNEL = frozenset({"open_thread", "post", "edit_post", "render_card", "mark", "find_thread", "find_post"})
_READING = (Trouble.REFUSED, Trouble.LIMITED, Trouble.UNWELCOME, Trouble.HUNG)
# Only a store's own messages are refused for good here: that a chat takes a text is its adapter's business.
_REFUSABLE = frozenset({"reply", "set_status"})
_TIME_OUT = 30.0


@dataclass
class Fate(Gate):
    """
    Numbers every await of a process that leaves it, and lets some go wrong.

    Attributes:
        random: Decides by chance; only with `rate` or `latency`.
        rate: How many of the acts go wrong.
        latency: The longest that an act takes, in seconds.
        down: Sides on which nothing works now.
        planned: Troubles for the next calls of a method, as (side, method).
        dies_at: The number of the point at which the process dies; None: at none.
        then_dies_at: The same for the process that follows.
        point: The number of the last point passed.
        witness: Sees all that lasts beyond the process; asked at every point.
        telling: The points since which something lasting has changed, with what kind each is: to die at any other
            leaves the same behind.
        dead: Whether the process is no more; whatever it still tries has no effect.
        calls: How often a far side was called.
        troubles: How often each trouble came about.
    """

    random: Random = field(default_factory=lambda: Random(1))
    rate: float = 0.0
    latency: float = 0.0
    down: set[str] = field(default_factory=set)
    planned: dict[tuple[str, str], list[Trouble]] = field(default_factory=dict)
    dies_at: int | None = None
    then_dies_at: int | None = None
    point: int = 0
    witness: Callable[[], object] | None = None
    telling: dict[int, str] = field(default_factory=dict)
    dead: bool = False
    died: asyncio.Event = field(default_factory=asyncio.Event)
    calls: int = 0
    troubles: Counter[Trouble] = field(default_factory=Counter)
    _seen: object = None
    _coming: dict[asyncio.Task[object] | None, Trouble] = field(default_factory=dict)

    async def before(self, side: str, method: str) -> None:
        self.must_live(f"before {method} at {side}")
        self._coming.pop(asyncio.current_task(), None)
        self.calls += 1
        if self.latency:
            await asyncio.sleep(self.random.random() * self.latency)
        trouble = self._drawn(side, method)
        if trouble is None:
            return
        self.troubles[trouble] += 1
        if trouble in _AFTERWARDS:
            self._coming[asyncio.current_task()] = trouble
            return
        if trouble is Trouble.HUNG:
            await asyncio.sleep(_TIME_OUT)
        raise _error(trouble, method, self.random)

    async def after(self, side: str, method: str) -> None:
        self.must_live(f"after {method} at {side}")
        trouble = self._coming.pop(asyncio.current_task(), None)
        if trouble is None:
            return
        if trouble is Trouble.HUNG_AND_DONE:
            await asyncio.sleep(_TIME_OUT)
        raise _error(trouble, method, self.random)

    def kill(self) -> None:
        """The process dies now."""
        self.dead = True
        self.died.set()

    def revive(self) -> None:
        """Another process begins."""
        self.dead = False
        self.died.clear()
        self._coming.clear()
        if self.dies_at is not None and self.point >= self.dies_at:
            self.dies_at, self.then_dies_at = self.then_dies_at, None

    def must_live(self, kind: str) -> None:
        """A point at which the caller is told. Raises `Killed`."""
        if not self.lives_on(kind):
            raise Killed

    def lives_on(self, kind: str) -> bool:
        """A point of this kind: whether the process is still there after it."""
        if self.dead:
            return False
        self.point += 1
        if self.witness is not None and (seen := self.witness()) != self._seen:
            self._seen = seen
            self.telling[self.point] = kind
        if self.point == self.dies_at:
            self.kill()
        return not self.dead

    def _drawn(self, side: str, method: str) -> Trouble | None:
        if side in self.down:
            return Trouble.REFUSED
        planned = self.planned.get((side, method))
        if planned:
            return planned.pop(0)
        if not self.rate or self.random.random() >= self.rate:
            return None
        return self.random.choice(_possible(method))


def _possible(method: str) -> tuple[Trouble, ...]:
    if method not in _SAYING:
        return _READING
    return tuple(trouble for trouble in Trouble if trouble is not Trouble.NOT_TAKEN or method in _REFUSABLE)


def _error(trouble: Trouble, method: str, random: Random) -> Exception:
    if trouble is Trouble.LIMITED:
        return RateLimited("Too many requests.", retry_after=1 + random.random() * 20)
    if trouble is Trouble.UNWELCOME:
        in_one_place = method in _IN_A_CHANNEL
        return Forbidden("A permission is missing.") if in_one_place else AuthFailed("The key is refused.")
    if trouble is Trouble.NOT_TAKEN:
        return Rejected("It does not like it.")
    if trouble in (Trouble.GARBAGE, Trouble.GARBAGE_AND_DONE):
        return Garbage("an answer that nobody expected")
    if trouble is Trouble.REFUSED or method not in _SAYING:
        return Unavailable("It answers 503.")
    return Uncertain("Its answer was lost.")
