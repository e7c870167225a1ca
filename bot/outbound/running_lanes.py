"""
Which lanes run at one destination, `LANES_AT_ONCE` at most, and whose turn is next. No I/O.

Stores have their turns, then each store's channels, in each the people whose words wait, customers and agents, and of
each person the tickets. A turn is one attempt or one search; after it the lane waits for its next one. So a message
waits for a few turns of others, however much they have queued, and in however many tickets one of them has written.
The store that had its last turn longest ago is next; in it the channel, in that the person who has waited longest, and
of theirs the ticket that has. Who cannot begin, because of a limit, is passed over and loses nothing. Of what little
is left of a large limit on new threads, nobody has two in a row: others may need one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable

from bot.model import Kind, TicketNumber
from bot.outbound.ready_lanes import LimitOf, ReadyLane

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
        self._since: dict[Hashable, int] = {}
        self._opened: dict[TicketNumber | None, int] = {}
        self._opened_last: dict[str, Hashable] = {}
        self.wait: float | None = None

    def offer(self, lanes: Iterable[ReadyLane]) -> None:
        """These lanes are ready now, and no others. Those that are running are left out."""
        self._ready = {lane.lane: lane for lane in lanes if lane.lane not in self._running}
        for lane in sorted(self._ready.values(), key=lambda ready: (ready.due_at, ready.delivery)):
            for key in _waiting(lane):
                self._since.setdefault(key, self._next_number())
        kept = {key for lane in (*self._ready.values(), *self._running.values()) for key in _waiting(lane)}
        self._since = {key: since for key, since in self._since.items() if key in kept}
        self._opened = {ticket: since for ticket, since in self._opened.items() if ticket in kept}

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
            elif limit.scarce_for > 0 and self._opened_last.get(limit.bucket) == _waiting(lane)[0]:
                waits.append(limit.scarce_for)
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
        person, ticket, own = _waiting(lane)
        if lane.kind is Kind.OPEN and bucket is not None:
            self._opened_last[bucket] = person
        if lane.kind is Kind.OPEN and lane.ticket not in self._opened:
            # The message for which a thread was opened follows at once, but nothing of the person's other tickets.
            self._opened[lane.ticket] = self._since[person]
        else:
            self._opened.pop(lane.ticket, None)
            self._since[ticket] = self._since[own] = number
        self._since[person] = number

    def _rank(self, lane: ReadyLane) -> tuple[int, ...]:
        """The lane with the lowest rank is next."""
        store, channel = (lane.store,), (lane.store, lane.channel)
        last_turns = self._last_turn.get(store, 0), self._last_turn.get(channel, 0)
        person, ticket, own = (self._since[key] for key in _waiting(lane))
        return *last_turns, self._opened.get(lane.ticket, person), ticket, own

    def _next_number(self) -> int:
        self._turn += 1
        return self._turn


def _waiting(lane: ReadyLane) -> tuple[Hashable, Hashable, Hashable]:
    """Who waits in a lane: the person in this channel, the ticket, the lane. Where nobody knows whose, the ticket."""
    person = (lane.store, lane.channel, lane.whose) if lane.whose else lane.ticket
    return person, lane.ticket, lane.lane
