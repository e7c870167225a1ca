"""
Tickets that the store lists but that cannot be read, or that do not exist when they are asked for.

Each is retried separately, less and less often. So it costs almost nothing and delays no other ticket. The lists are
kept in memory: after a restart, all are tried again. Which of them were reported is in the database.
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
# Short failures are not reported. When one ticket is reported, others that soon would be are reported with it.
_REPORT_AFTER = 900.0
_REPORT_WITH_OTHERS_AFTER = 300.0
# A new ticket may be listed some seconds before it can be read.
_FIRST_PAUSE_IF_MISSING = 5.0
_DOUBLINGS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """The failure of one ticket; the times are in seconds, by the monotonic clock."""

    since: float
    tried_at: float
    due: float
    tries: int = 1
    reason: str
    reported: bool = False


class UnreadableTickets:
    """The tickets of one store that could not be read at the last try."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._failures: dict[TicketId, _Failure] = {}

    @property
    def tickets(self) -> AbstractSet[TicketId]:
        """Their ids."""
        return self._failures.keys()

    def is_due(self, ticket: TicketId) -> bool:
        """Whether a ticket may be tried now; always true if it is not among them."""
        failure = self._failures.get(ticket)
        return failure is None or self._clock.monotonic() >= failure.due

    def failed(self, ticket: TicketId, error: RemoteError) -> None:
        """A ticket could not be read now."""
        now = self._clock.monotonic()
        before = self._failures.get(ticket)
        since = now if before is None else before.since
        tries = 1 if before is None else before.tries + 1
        due = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(tries - 1, 10)) * (1 + self._random.random() / 5)
        if now < since + _REPORT_AFTER:
            due = min(due, since + _REPORT_AFTER)  # one more try before it is reported
        reported = before is not None and before.reported
        self._failures[ticket] = _Failure(
            since=since, tried_at=now, due=due, tries=tries, reason=error.user_message, reported=reported
        )

    def was_read(self, ticket: TicketId) -> None:
        """A ticket could be read."""
        self._failures.pop(ticket, None)

    def begin_anew(self) -> None:
        """The vendor was at fault and works again: count each failure from now, and retry at once."""
        now = self._clock.monotonic()
        self._failures = {
            ticket: replace(failure, since=now, tried_at=now, due=now, tries=0)
            for ticket, failure in self._failures.items()
        }

    def forget_unlisted(self, listed: Collection[TicketId]) -> None:
        """After a full sweep: forget the tickets that it did not yield."""
        self._failures = {ticket: failure for ticket, failure in self._failures.items() if ticket in listed}

    def to_report(self, listed: Collection[TicketId]) -> list[tuple[TicketId, str]]:
        """
        The listed tickets to report now, each with the reason; empty: none.

        They have failed for long, also at the last try, and are not reported yet. As soon as one is due, those that
        soon would be are included.
        """
        failing_for = {
            ticket: failure.tried_at - failure.since
            for ticket, failure in self._failures.items()
            if ticket in listed and not failure.reported
        }
        if max(failing_for.values(), default=0.0) < _REPORT_AFTER:
            return []
        return [
            (ticket, self._failures[ticket].reason)
            for ticket, seconds in failing_for.items()
            if seconds >= _REPORT_WITH_OTHERS_AFTER
        ]

    def reported(self, tickets: Iterable[TicketId]) -> None:
        """These tickets were reported."""
        self._failures |= {ticket: replace(self._failures[ticket], reported=True) for ticket in tickets}


class MissingTickets:
    """
    The tickets of one store that did not exist at the last try.

    Some vendors go on listing a deleted ticket, and it counts as changed in every sweep. Nobody is told of it.
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._tries: dict[TicketId, int] = {}
        self._due: dict[TicketId, float] = {}

    @property
    def tickets(self) -> AbstractSet[TicketId]:
        """Their ids."""
        return self._tries.keys()

    def is_due(self, ticket: TicketId) -> bool:
        """Whether a ticket may be asked for now; always true if it is not among them."""
        return ticket not in self._due or self._clock.monotonic() >= self._due[ticket]

    def failed(self, ticket: TicketId) -> None:
        """The vendor says now that it does not exist."""
        tries = self._tries.get(ticket, 0)
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE_IF_MISSING * 2.0**tries) * (1 + self._random.random() / 5)
        self._tries[ticket] = min(tries + 1, _DOUBLINGS)
        self._due[ticket] = self._clock.monotonic() + pause

    def was_read(self, ticket: TicketId) -> None:
        """A ticket could be read."""
        self._tries.pop(ticket, None)
        self._due.pop(ticket, None)

    def forget_unlisted(self, listed: Collection[TicketId]) -> None:
        """After a full sweep: forget the tickets that it did not yield."""
        for ticket in self._tries.keys() - set(listed):
            self.was_read(ticket)
