"""
What webhooks ask for, and when it may be done: soon if they come now and then, seldom if they come in floods. No I/O.

However many nudges come, the store is swept at most once a second, and over a longer time as often as its quota allows.
The same holds for reading the tickets that they name.
No nudge is lost: what came while the store was being asked is done afterwards, and a named ticket that could not be
read is read once more after the next sweep that succeeds. All times are in seconds, by the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Collection

from bot.model import TicketId

_MOST_TICKETS = 20
"""If more tickets than this are named, a sweep costs less than reading each."""
_SHORTEST_SPACING = 1.0
_AT_ONCE = 5
"""So many may follow each other at the shortest spacing; those after them at the spacing that the quota allows."""


class Nudges:
    """
    The nudges of one store that have not been followed yet.

    Args:
        spacing: Between two sweeps, as the store's quota allows.
        poll: Between two regular sweeps; nudges are never followed less often.

    Attributes:
        tickets: Those that have to be read.
        wants_sweep: Whether the store has to be swept.
    """

    def __init__(self, *, spacing: float, poll: float) -> None:
        self._shortest = min(_SHORTEST_SPACING, poll)
        self._spacing = min(spacing, poll)
        self._read_at = self._swept_at = float("-inf")
        self._credit_from = float("-inf")
        self._tickets_held_until = float("-inf")
        self._sweep_held_until = float("-inf")
        self._unread: set[TicketId] = set()
        self._tried_again: set[TicketId] = set()
        self.tickets: set[TicketId] = set()
        self.wants_sweep = False

    def add(self, ticket: TicketId | None) -> bool:
        """A nudge came, for one ticket or for the whole store. Returns whether nothing was waiting before."""
        waited = self.wants_sweep or bool(self.tickets)
        if ticket is None or (ticket not in self.tickets and len(self.tickets) >= _MOST_TICKETS):
            self.wants_sweep = True
        else:
            self.tickets.add(ticket)
            self._tried_again.discard(ticket)
        return not waited

    @property
    def read_at(self) -> float:
        """When the named tickets may be read; infinity: none is named."""
        if not self.tickets:
            return float("inf")
        return max(self._read_at + self._shortest, self._credit_at, self._tickets_held_until)

    @property
    def sweep_at(self) -> float:
        """When the store may be swept because of a nudge; infinity: no nudge asks for that."""
        if not self.wants_sweep:
            return float("inf")
        held_until = max(self._tickets_held_until, self._sweep_held_until)
        return max(self._swept_at + self._shortest, self._credit_at, held_until)

    def take_tickets(self, now: float) -> Collection[TicketId]:
        """The named tickets are read now, in this order: a set's own differs between runs."""
        self._followed(now)
        self._read_at = now
        tickets, self.tickets = sorted(self.tickets), set()
        return tickets

    def were_read(self, *, unread: Collection[TicketId], unknown: bool) -> None:
        """
        The named tickets were asked for. What is missing is asked for once more after the next sweep.

        Args:
            unread: Those that could not be read.
            unknown: Whether there are others that are not recorded yet, so that only a sweep finds them.
        """
        first_time = set(unread) - self._tried_again
        self._tried_again.clear()
        self._unread |= first_time
        self.wants_sweep = self.wants_sweep or unknown or bool(first_time)

    def sweep_begins(self, now: float) -> None:
        """The store is swept now, for whatever reason."""
        if self.wants_sweep:
            self._followed(now)
        self._swept_at = now
        self.wants_sweep = False

    def swept(self) -> None:
        """The sweep succeeded."""
        self._tickets_held_until = self._sweep_held_until = float("-inf")
        self._tried_again = self._unread
        self.tickets |= self._unread
        self._unread = set()

    def hold(self, until: float, *, tickets: bool) -> None:
        """
        Do not sweep because of a nudge before this time.

        Args:
            tickets: Whether no ticket is read either: the store allows no request at all.
        """
        self._sweep_held_until = until
        if tickets:
            self._tickets_held_until = until

    @property
    def _credit_at(self) -> float:
        """When the quota allows one more."""
        return self._credit_from - (_AT_ONCE - 1) * self._spacing

    def _followed(self, now: float) -> None:
        self._credit_from = max(self._credit_from, now) + self._spacing
