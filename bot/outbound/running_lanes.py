"""
Which lanes run at one destination, `LANES_AT_ONCE` at most, and whose turn is next. No I/O.

Stores have their turns, then each store's channels, then each channel's customers, then their tickets. A turn is one
attempt or one search; after it the lane waits for its next one. So a message waits for a few turns of others, however
much they have queued. The store that had its last turn longest ago is next; in it the channel, and in that the customer
who has waited longest, and of their tickets the one that has. Who cannot begin, because of a limit, is passed over and
loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from bot.model import Kind, TicketNumber
from bot.outbound.ready_lanes import LimitOf, ReadyLane

_Waiting = str | TicketNumber | tuple[str, str] | None
"""A lane, a ticket, or a customer of a store."""

LANES_AT_ONCE = 16
"""How many turns may run at once at one destination."""


class Turns:
    """
    The lanes of one destination: those that are ready, and those whose turn is running.

    A store begins no further turn if it has as many running as are left free. So one store alone never takes more than
    half of them, two never more than three quarters, and there is nearly always one left for a store that was quiet.

    Attributes:
        wait: After `begin`: in how many seconds the first of the lanes can begin that a limit held back; None: no
            limit held one back.
    """

    def __init__(self, at_once: int = LANES_AT_ONCE) -> None:
        self._at_once = at_once
        self._ready: dict[str, ReadyLane] = {}
        self._running: dict[str, ReadyLane] = {}
        self._buckets: dict[str, str] = {}
        self._turn = 0
        self._last_turn: dict[tuple[str, ...], int] = {}
        self._since: dict[_Waiting, int] = {}
        self._opened: set[TicketNumber | None] = set()
        self.wait: float | None = None

    def offer(self, lanes: Iterable[ReadyLane]) -> None:
        """These lanes are ready now, and no others. Those that are running are left out."""
        self._ready = {lane.lane: lane for lane in lanes if lane.lane not in self._running}
        for lane in sorted(self._ready.values(), key=lambda ready: (ready.due_at, ready.delivery)):
            for key in (_customer(lane), lane.ticket, lane.lane):
                self._since.setdefault(key, self._next_number())
        kept = {key for lane in self._present for key in (_customer(lane), lane.ticket, lane.lane)}
        self._since = {key: since for key, since in self._since.items() if key in kept}
        self._opened &= {lane.ticket for lane in self._present}

    def begin(self, limit_of: LimitOf, leave_out: Collection[Kind] = ()) -> list[ReadyLane]:
        """
        The lanes that begin a turn now. Each counts as running until `ended` is called.

        Args:
            limit_of: Of each bucket one turn runs at a time, as the limit says what is left only when it is known what
                the turn before has used.
            leave_out: What begins another time. It stays ready.
        """
        self.wait = None
        begun: list[ReadyLane] = []
        allowed = self._allowed(limit_of, leave_out)
        while allowed:
            running = Counter(lane.store for lane in self._running.values())
            free = self._at_once - len(self._running)
            may_begin = [lane for lane in allowed if running[lane.store] < free]
            if not may_begin:
                break
            chosen = min(may_begin, key=self._rank)
            self._run(chosen, allowed[chosen])
            begun.append(chosen)
            bucket = allowed.pop(chosen)
            allowed = {lane: other for lane, other in allowed.items() if other is None or other != bucket}
        return begun

    def ended(self, lane: str) -> None:
        """The turn of this lane has ended."""
        self._running.pop(lane, None)
        self._buckets.pop(lane, None)

    def _allowed(self, limit_of: LimitOf, leave_out: Collection[Kind]) -> dict[ReadyLane, str | None]:
        """The ready lanes that no limit holds back, each with its bucket."""
        taken = set(self._buckets.values())
        allowed: dict[ReadyLane, str | None] = {}
        waits = []
        for lane in self._ready.values():
            if lane.kind in leave_out:
                continue
            limit = limit_of(lane)
            if limit is None:
                allowed[lane] = None
            elif limit.seconds > 0:
                waits.append(limit.seconds)
            elif limit.bucket not in taken:
                allowed[lane] = limit.bucket
        self.wait = min(waits, default=None)
        return allowed

    def has_ready(self, kinds: Collection[Kind]) -> bool:
        """Whether a lane is ready whose first delivery is of one of these kinds."""
        return any(lane.kind in kinds for lane in self._ready.values())

    def _run(self, lane: ReadyLane, bucket: str | None) -> None:
        del self._ready[lane.lane]
        self._running[lane.lane] = lane
        if bucket is not None:
            self._buckets[lane.lane] = bucket
        number = self._next_number()
        self._last_turn[lane.store,] = self._last_turn[lane.store, lane.channel] = number
        if lane.customer:
            self._since[_customer(lane)] = number
        if lane.kind is Kind.OPEN:  # the message for which a thread was opened follows at once
            self._opened.add(lane.ticket)
        else:
            self._opened.discard(lane.ticket)
            self._since[lane.ticket] = self._since[lane.lane] = number

    def _rank(self, lane: ReadyLane) -> tuple[int, ...]:
        """The lane with the lowest rank is next."""
        store, channel = (lane.store,), (lane.store, lane.channel)
        last_turns = self._last_turn.get(store, 0), self._last_turn.get(channel, 0)
        follows = lane.ticket in self._opened and lane.kind is not Kind.OPEN
        waiting = self._since[_customer(lane)], self._since[lane.ticket], self._since[lane.lane]
        return *last_turns, not follows, *waiting

    @property
    def _present(self) -> list[ReadyLane]:
        return [*self._ready.values(), *self._running.values()]

    def _next_number(self) -> int:
        self._turn += 1
        return self._turn


def _customer(lane: ReadyLane) -> _Waiting:
    """Whose lane it is; while that is not known, each ticket is that of a customer of its own."""
    return (lane.store, lane.customer) if lane.customer else lane.ticket
