"""
Which lanes have a turn now: what is ready, how many turns may run, and what the limits allow.

What was just recorded is begun in the transaction that records it, if its turn is now: so a message waits for one
commit before it is said, and not for two. In the same way the next delivery of a lane is begun with what came of the
one before. For what waits for its time, for a limit or for a turn of others, `Outbox.run` looks again.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.model import Kind
from bot.outbound.job import Job
from bot.outbound.ready_lanes import LimitOf, Look, ReadyLane, look_for_lanes
from bot.outbound.running_lanes import Turns
from bot.ports import Limit

# Another process (`shopbell outbox retry`) cannot wake this one; so late it may notice a change. Each look costs a
# little processor time, all day.
_LONGEST_PAUSE = 15.0
# Looking for lanes takes the longer the more are ready. A longer look than this is not repeated for so many times as
# long as it took.
_LONG_LOOK = 0.002
_REST_AFTER_LOOK = 3.0

# What begins at the same time is carried out in this order: first what people wait for.
_AT_ONCE = (Kind.REPLY, Kind.NOTE, Kind.STATUS)
_LAST = (Kind.MARK, Kind.CARD, Kind.NEW_CARD, Kind.ERASE)
# A card shows everything that is true when it is drawn. A moment later that is often more: then it is drawn once, and
# not for each change.
_NOT_AT_ONCE = (Kind.CARD,)

Destinations = Mapping[str, LimitOf | None]
"""Every destination, with its limits; None: none is known."""


@dataclass(eq=False, slots=True)
class Turn:
    """A lane's turn: from before its delivery is begun until what came of it is recorded."""

    lane: str
    destination: str
    has_ended: bool = False


Begun = Sequence[tuple[Turn, Job | None]]
"""Turns, each with the delivery that was begun; None: the lane's first one is not due any more."""

BeginNext = Callable[[Transaction, Turn, datetime], Job | None]
"""Begins the first delivery of the lane whose turn it is, if it is due."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look within a transaction found, and the turns that end with the transaction."""

    number: int
    look: Look
    ended: Sequence[Turn]


class Dispatcher:
    """
    Gives the lanes of the given destinations their turns.

    Args:
        begin_next: Begins the first delivery of a lane.
        start: Called with what was begun within a transaction of others.
        wake: Set when `Outbox.run` must look again, or must not sleep so long as it meant to.
    """

    def __init__(
        self,
        destinations: Destinations,
        begin_next: BeginNext,
        start: Callable[[Turn, Job], None],
        wake: asyncio.Event,
        clock: Clock,
    ) -> None:
        self._turns = {destination: Turns() for destination in destinations}
        self._limits = destinations
        self._offered: set[str] = set()
        self._begin_next = begin_next
        self._start = start
        self._wake = wake
        self._clock = clock
        self._looks = self._latest_look = 0
        self._next_look = self._latest_next_look = clock.monotonic()
        self._next_due: datetime | None = None
        self._ended: list[Turn] = []
        self._sleeps_until = 0.0
        self._is_stale = True
        self._defect: BaseException | None = None

    # ------------------------------------------------------------ in the event loop

    @property
    def must_look(self) -> bool:
        """Whether to look at the lanes now, because something may be ready that no look has shown."""
        is_due = self._next_due is not None and self._next_due <= self._clock.now()
        is_long_ago = self._clock.monotonic() >= self._latest_next_look
        return (self._is_stale or is_due or is_long_ago) and self._rests() <= 0

    def raise_defect(self) -> None:
        """Raises what kept a delivery from being begun in a transaction of others."""
        if self._defect is not None:
            raise self._defect

    def pause(self) -> float:
        """How many seconds to sleep unless something happens: until a delivery is due, or a limit allows one."""
        seconds = self._shortest_wait()
        self._sleeps_until = self._clock.monotonic() + seconds
        return seconds

    def begin(self, leave_out: Collection[Kind] = ()) -> list[Turn]:
        """The turns that begin now. Each runs until `end`, or until a transaction in which it ends."""
        begun = [
            (ready, destination)
            for destination in sorted(self._offered)
            for ready in self._turns[destination].begin(partial(self._limit_of, destination), leave_out)
        ]
        return [Turn(ready.lane, destination) for ready, destination in sorted(begun, key=_order)]

    def end(self, turn: Turn) -> None:
        """End a turn. If it had not ended before, its lane may have a next delivery, so there has to be a look."""
        if not turn.has_ended:
            self._end(turn)
            self._is_stale = True
            self._wake.set()

    async def look_by_itself(self, database: Database) -> None:
        """Look at the lanes, outside of any other transaction."""
        self._is_stale = False  # what is written from now on is seen, or makes it stale again
        self._offer(*await database.read(self._look))

    def _offer(self, number: int, look: Look) -> None:
        """What a look found. An earlier one may come later, and counts for nothing then."""
        if number < self._latest_look:
            return
        self._latest_look = number
        present = self._offered | look.ready.keys()
        for destination in present:
            self._turns[destination].offer(look.ready.get(destination, ()))
        self._offered = present & look.ready.keys()
        self._next_due = look.next_due

    def choose(self, seen: _Seen) -> Sequence[Turn] | None:
        try:
            return self._choose(seen)
        except Exception as defect:  # noqa: BLE001 - `Outbox.run` raises it
            self._fails(defect)
            return None

    def _choose(self, seen: _Seen) -> Sequence[Turn] | None:
        for turn in seen.ended:
            self._end(turn)
        self._offer(seen.number, seen.look)
        self._is_stale = False
        begun = self.begin(_NOT_AT_ONCE)
        is_left_out = any(self._turns[each].has_ready(_NOT_AT_ONCE) for each in self._offered)
        if is_left_out or self._clock.monotonic() + self._shortest_wait() < self._sleeps_until:
            self._wake.set()
        return begun or None

    def committed(self, result: Begun) -> None:
        # Who has written hears of it first: Slack waits for its acknowledgement.
        asyncio.get_running_loop().call_soon(self._start_turns, result)

    def _start_turns(self, begun: Begun) -> None:
        for turn, job in begun:
            if job is None:
                self.end(turn)
            else:
                self._start(turn, job)

    def undone(self, chosen: Sequence[Turn], error: BaseException) -> None:
        for turn in chosen:
            self.end(turn)
        if not isinstance(error, sqlite3.Error):  # those the next statement meets, too
            self._fails(error)

    def _fails(self, defect: BaseException) -> None:
        self._defect = defect
        self._wake.set()

    def _end(self, turn: Turn) -> None:
        if not turn.has_ended:
            turn.has_ended = True
            self._turns[turn.destination].ended(turn.lane)

    def _limit_of(self, destination: str, ready: ReadyLane) -> Limit | None:
        limit = self._limits[destination]
        return None if limit is None else limit(ready)

    def _shortest_wait(self) -> float:
        waits = [wait for each in self._offered if (wait := self._turns[each].wait) is not None]
        if self._is_stale:
            waits.append(self._rests())
        if self._next_due is not None:
            waits.append(max((self._next_due - self._clock.now()).total_seconds(), self._rests()))
        return min([*waits, self._latest_next_look - self._clock.monotonic()])

    def _rests(self) -> float:
        """For how many seconds the lanes are not looked at again."""
        return self._next_look - self._clock.monotonic()

    # ------------------------------------------------------------ within a transaction

    def ends(self, turn: Turn) -> None:
        """Call it in the transaction with which a turn ends: the lane's next delivery can begin in it."""
        self._ended.append(turn)

    def _look(self, tx: Transaction) -> tuple[int, Look]:
        """See which lanes are ready. The longer this takes, the later it is done again."""
        look = look_for_lanes(tx, self._turns.keys(), self._clock)
        self._looks += 1
        rest = look.seconds * _REST_AFTER_LOOK if look.seconds > _LONG_LOOK else 0.0
        now = self._clock.monotonic()
        self._next_look, self._latest_next_look = now + rest, now + _LONGEST_PAUSE
        return self._looks, look

    def look(self, connection: sqlite3.Connection) -> _Seen | None:
        ended, self._ended = self._ended, []
        self._is_stale = True  # until the event loop hears of what was seen
        if self._rests() > 0:
            return None
        number, look = self._look(Transaction(connection))
        if not ended and not look.ready and look.next_due == self._next_due:
            self._is_stale = False
            return None
        return _Seen(number, look, ended)

    def carry_out(self, connection: sqlite3.Connection, chosen: Sequence[Turn]) -> Begun:
        tx, now = Transaction(connection), self._clock.now()
        return [(turn, self._begin_next(tx, turn, now)) for turn in chosen]


def _order(begun: tuple[ReadyLane, str]) -> int:
    kind = begun[0].kind
    return 0 if kind in _AT_ONCE else 2 if kind in _LAST else 1
