"""
Tickets of a store that cannot be read although the store lists them.

Each is tried again by itself, more and more rarely: so it costs next to nothing, and holds up no other. It is kept in
memory which they are; after a restart all are tried anew. What was told of them is on disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from random import Random

from bot.clock import Clock
from bot.errors import RemoteError
from bot.model import TicketId

_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 900.0
# What could not be read for some minutes is no news; where one is told, those are told with it that soon would be.
_TOLD_AFTER = 900.0
_TOLD_WITH_IT = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failing:
    """One ticket; the times are those of a clock that never goes back."""

    since: float
    tried_at: float
    due: float
    tries: int = 1
    reason: str
    told: bool = False


class Unreadable:
    """The tickets of one store that could not be read when that was last tried."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._failing: dict[TicketId, _Failing] = {}

    @property
    def tickets(self) -> AbstractSet[TicketId]:
        """Which they are."""
        return self._failing.keys()

    def is_due(self, ticket: TicketId) -> bool:
        """Whether a ticket may be tried now; one that never failed always may."""
        failing = self._failing.get(ticket)
        return failing is None or self._clock.monotonic() >= failing.due

    def failed(self, ticket: TicketId, error: RemoteError) -> None:
        """It could not be read just now."""
        now = self._clock.monotonic()
        before = self._failing.get(ticket)
        since = now if before is None else before.since
        tries = 1 if before is None else before.tries + 1
        due = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(tries - 1, 10)) * (1 + self._random.random() / 5)
        if now < since + _TOLD_AFTER:
            due = min(due, since + _TOLD_AFTER)  # once more before it is told
        told = before is not None and before.told
        self._failing[ticket] = _Failing(since=since, tried_at=now, due=due, tries=tries, reason=error.told, told=told)

    def read(self, ticket: TicketId) -> None:
        """It could be read."""
        self._failing.pop(ticket, None)

    def forgive(self) -> None:
        """It was the vendor that let none be read, and that is over: each begins anew, and at once."""
        now = self._clock.monotonic()
        self._failing = {
            ticket: replace(failing, since=now, tried_at=now, due=now, tries=0)
            for ticket, failing in self._failing.items()
        }

    def keep(self, listed: Collection[TicketId]) -> None:
        """Forget those that are not among all that a store has and that we do not know."""
        self._failing = {ticket: failing for ticket, failing in self._failing.items() if ticket in listed}

    def untold(self, listed: Collection[TicketId]) -> list[tuple[TicketId, str]]:
        """Those of the listed that have failed for long, also the last time, and were not told yet, with the reason."""
        lasting = {
            ticket: failing.tried_at - failing.since
            for ticket, failing in self._failing.items()
            if ticket in listed and not failing.told
        }
        if max(lasting.values(), default=0.0) < _TOLD_AFTER:
            return []
        return [(t, self._failing[t].reason) for t, seconds in lasting.items() if seconds >= _TOLD_WITH_IT]

    def told(self, tickets: Iterable[TicketId]) -> None:
        """People know of these."""
        self._failing |= {ticket: replace(self._failing[ticket], told=True) for ticket in tickets}
