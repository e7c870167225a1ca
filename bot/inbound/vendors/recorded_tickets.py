"""What a vendor may ask of the core while its store is swept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.db.connection import Database, Row, Transaction
from bot.db.rows import to_ms
from bot.inbound.vendors.scope import SweepScope
from bot.model import Store, Ticket, TicketId
from bot.tickets import forgotten
from bot.tickets.forgotten import find_ticket
from bot.tickets.from_vendors.snapshot import should_follow
from bot.tickets.from_vendors.sync import MAX_READ_LAG


@dataclass(frozen=True, slots=True)
class RecordedTickets:
    """What the vendor may ask for during one sweep; implements `bot.ports.KnownTickets`."""

    database: Database
    store: Store
    scope: SweepScope
    began_at: datetime

    @property
    def full(self) -> bool:
        return self.scope.full

    async def fingerprints(self, ids: Collection[TicketId]) -> Mapping[TicketId, str]:
        return await self.database.read(forgotten.fingerprints, self.store.name, ids)

    async def follows(self, ticket: Ticket) -> bool:
        before = await self.database.read(find_ticket, self.store.name, ticket.id)
        return should_follow(ticket, before, self.store, first=self.scope.first, now=self.began_at)

    async def open_ids(self) -> Sequence[TicketId]:
        settled = to_ms(self.began_at - MAX_READ_LAG)

        def read(tx: Transaction) -> list[Row]:
            to_read_again = tx.all("vendor_ids_to_read_again", store=self.store.name, settled=settled)
            return tx.all("open_vendor_ids", store=self.store.name) + to_read_again

        return [TicketId(row["vendor_id"]) for row in await self.database.read(read)]
