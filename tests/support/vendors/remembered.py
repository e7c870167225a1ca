"""What a sweep may ask about known tickets, held in a dictionary."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.model import Ticket, TicketId


@dataclass
class Remembered:
    """
    Implements `bot.ports.KnownTickets`; whoever sweeps fills it.

    Attributes:
        seen: Whether somebody will see the tickets.
    """

    full: bool = False
    seen: bool = True
    prints: dict[TicketId, str] = field(default_factory=dict)

    async def fingerprints(self, ids: Collection[TicketId]) -> Mapping[TicketId, str]:
        return {ticket: self.prints[ticket] for ticket in ids if ticket in self.prints}

    async def follows(self, _ticket: Ticket) -> bool:
        return self.seen

    async def open_ids(self) -> Sequence[TicketId]:
        return list(self.prints)
