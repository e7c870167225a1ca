"""What a vendor says of a ticket and may be wrong about for a moment: believed when it is said twice, seconds apart."""

from __future__ import annotations

from bot.clock import Clock
from bot.model import TicketId

APART = 5.0
"""Seconds between the two answers."""


class SaidTwice:
    """Remembers since when a vendor says one thing, such as that it is gone, of each of its tickets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[TicketId, float] = {}

    def is_believed(self, ticket: TicketId) -> bool:
        """The vendor says it now. False: it must be asked again, after `APART`. Forgets it once it is believed."""
        now = self._clock.monotonic()
        if now - self._since.setdefault(ticket, now) < APART:
            return False
        del self._since[ticket]
        return True

    def withdrawn(self, ticket: TicketId) -> None:
        """The vendor says otherwise now, so what it said before was wrong."""
        self._since.pop(ticket, None)
