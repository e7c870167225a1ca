"""What a vendor says of a ticket and may be wrong about for a moment: believed when it goes on saying so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.clock import Clock
from bot.model import Absent, Change, TicketId

APART = 5.0
"""Seconds between the first and the last of the answers that make one believed."""
FORGOTTEN_AFTER = 24 * 3600.0
"""An answer so long ago, in seconds, says nothing about one that comes now."""


@dataclass(frozen=True, slots=True)
class _Said:
    """When a vendor said something first, and when last; by the monotonic clock."""

    first: float
    last: float


class SaidTwice:
    """Remembers since when a vendor says one thing, such as that it is gone, of each of its tickets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: dict[TicketId, _Said] = {}

    def is_believed(self, ticket: TicketId, apart: float = APART, asked_at: float | None = None) -> bool:
        """
        The vendor says it now. False: it must be asked again, later. Forgets it once it is believed.

        Args:
            apart: For so many seconds it must have said nothing else.
            asked_at: When it was asked, by the monotonic clock, since it may have taken long to say what was true then;
                None: now.
        """
        now = self._clock.monotonic()
        true_at = now if asked_at is None else asked_at
        before = self._said.get(ticket)
        if before is None or now - before.last > FORGOTTEN_AFTER:
            before = _Said(now, now)
        if true_at - before.first < apart:
            self._said[ticket] = replace(before, last=now)
            return False
        self._said.pop(ticket, None)
        return True

    def would_be_believed(self, ticket: TicketId, apart: float = APART, asked_at: float | None = None) -> bool:
        """Whether `is_believed` would say so now; remembers nothing."""
        now, before = self._clock.monotonic(), self._said.get(ticket)
        true_at = now if asked_at is None else asked_at
        return before is not None and now - before.last <= FORGOTTEN_AFTER and true_at - before.first >= apart

    def withdrawn(self, ticket: TicketId) -> None:
        """The vendor says otherwise now, so what it said before was wrong."""
        self._said.pop(ticket, None)


@dataclass(slots=True)
class ListedTwice:
    """
    Remembers which tickets of a store one sweep has found in two ways.

    A list may show a ticket on two pages, for example one that was merged, as open and as closed. Each time the last
    one would count, and each sweep would show that the ticket was closed and opened.
    """

    # A sweep can list very many tickets, so of what is said of each only the hash is kept.
    _as: dict[TicketId, int] = field(default_factory=dict)
    _ambiguous: set[TicketId] = field(default_factory=set)

    def begin(self) -> None:
        """Another sweep begins."""
        self._as.clear()

    def unambiguous(self, found: Change | Absent) -> Change | Absent:
        """What was found; of a ticket that is listed in two ways without its messages, so that it is read by itself."""
        if isinstance(found, Absent):
            return found
        ticket, said = found.ticket.id, hash(found.fingerprint)
        if self._as.setdefault(ticket, said) != said:
            self._ambiguous.add(ticket)
        return replace(found, messages=None) if ticket in self._ambiguous else found
