"""What a vendor may ask of the core while its store is swept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.db.connection import Database, Row, Transaction
from bot.db.rows import from_ms, to_ms
from bot.inbound.vendors.scope import SweepScope
from bot.model import Store, Ticket, TicketId
from bot.tickets.forgotten import RecordedTicket, recorded_tickets
from bot.tickets.from_vendors.outdated import LONGEST_READ_LAG
from bot.tickets.from_vendors.snapshot import should_follow

_MOST_KEPT = 5_000
"""So many tickets are kept from one sweep to the next. A store with more open ones is read from the database."""


@dataclass(frozen=True, slots=True)
class _State:
    """What the database says at the beginning of a sweep; `opened` is None where that is kept from before."""

    version: tuple[int, int]
    store: Row | None
    opened: Sequence[TicketId] | None
    to_read_again: Sequence[TicketId]


class RecordedTickets:
    """
    What is recorded of one store's tickets; implements `bot.ports.KnownTickets`.

    What one sweep has read is kept for the next ones until something is written, whatever it is: so nothing that a
    sweep compares with can be older than its beginning. What is written later is seen by the next sweep.
    """

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store
        self._version: tuple[int, int] | None = None
        self._kept: dict[TicketId, RecordedTicket | None] = {}
        self._page: dict[TicketId, RecordedTicket | None] = {}
        self._opened: Sequence[TicketId] = ()
        self._to_read_again: Sequence[TicketId] = ()
        self._scope = SweepScope(first=True, full=True)
        self._began_at: datetime

    async def begin(self, now: datetime, is_full_due: Callable[[datetime, datetime], bool]) -> SweepScope:
        """
        A sweep begins: see what it covers.

        Args:
            is_full_due: Whether it is a full one, by the time and that of the last full one.
        """
        state = await self._database.read(self._state, to_ms(now - LONGEST_READ_LAG))
        if state.version != self._version:
            self._version = state.version
            self._kept.clear()
        if state.opened is not None:
            self._opened = state.opened
        self._to_read_again, self._page, self._began_at = state.to_read_again, {}, now
        self._scope = _scope(state.store, now, is_full_due)
        return self._scope

    @property
    def full(self) -> bool:
        return self._scope.full

    async def fingerprints(self, ids: Collection[TicketId]) -> Mapping[TicketId, str]:
        self._page = await self._recorded(ids)
        return {
            ticket: recorded.fingerprint
            for ticket, recorded in self._page.items()
            if recorded is not None and recorded.fingerprint is not None
        }

    async def follows(self, ticket: Ticket) -> bool:
        before = await self.before(ticket.id)
        first, since = self._scope.first, self._scope.asked_since
        return should_follow(ticket, before, self._store, first=first, now=self._began_at, asked_since=since)

    async def open_ids(self) -> Sequence[TicketId]:
        return [*self._opened, *self._to_read_again]

    async def before(self, ticket: TicketId) -> RecordedTicket | None:
        """What was recorded of a ticket when its page came; None: it had never been seen."""
        if ticket not in self._page:
            self._page |= await self._read([ticket])
        return self._page[ticket]

    def was_recorded(self, ticket: TicketId) -> None:
        """A ticket was recorded anew: what was read of it before is true no more."""
        self._kept.pop(ticket, None)
        self._page.pop(ticket, None)

    async def _recorded(self, ids: Collection[TicketId]) -> dict[TicketId, RecordedTicket | None]:
        found = {ticket: self._kept[ticket] for ticket in ids if ticket in self._kept}
        missing = [ticket for ticket in ids if ticket not in found]
        if missing:
            read = await self._read(missing)
            if not self.full and len(self._kept) + len(read) <= _MOST_KEPT:
                self._kept |= read
            found |= read
        return found

    async def _read(self, ids: Collection[TicketId]) -> Mapping[TicketId, RecordedTicket | None]:
        return await self._database.read(recorded_tickets, self._store.name, ids)

    def _state(self, tx: Transaction, settled: int) -> _State:
        name, version = self._store.name, tx.version
        opened = None if version == self._version else _ids(tx.all("open_vendor_ids", store=name))
        again = _ids(tx.all("vendor_ids_to_read_again", store=name, settled=settled))
        return _State(version, tx.one("store", name=name), opened, again)


def _scope(store: Row | None, now: datetime, is_full_due: Callable[[datetime, datetime], bool]) -> SweepScope:
    if store is None or store["first_swept_at"] is None:
        since = None if store is None else store["asked_since"]
        return SweepScope(first=True, full=True, asked_since=now if since is None else from_ms(since))
    full = is_full_due(now, from_ms(store["fully_swept_at"]))
    return SweepScope(first=False, full=full)


def _ids(rows: Sequence[Row]) -> list[TicketId]:
    return [TicketId(row["vendor_id"]) for row in rows]
