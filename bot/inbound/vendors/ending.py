"""The end of a sweep: what is recorded of it, and which tickets people are told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.db.connection import Database, Row, Transaction
from bot.db.rows import require, to_ms
from bot.inbound.vendors.scope import FullSweeps, SweepScope
from bot.inbound.vendors.unreadable import MissingTickets, UnreadableTickets
from bot.model import Store, TicketId
from bot.tickets.from_vendors import incidents

_WRITTEN_EVERY = timedelta(minutes=1) // timedelta(milliseconds=1)
"""
If nothing else has to be written, a sweep writes that it has ended only if the last one that did is so long ago.

Whoever looks whether this machine's clock was set back allows for as much (`bot.outbound.clock_rollback`).
"""


class SweepEnd:
    """Ends the sweeps of one store."""

    def __init__(
        self,
        store: Store,
        database: Database,
        clock: Clock,
        wake_outbox: Callable[[], None],
        unreadable: UnreadableTickets,
        missing: MissingTickets,
        full_sweeps: FullSweeps,
    ) -> None:
        self._store = store
        self._database = database
        self._clock = clock
        self._wake_outbox = wake_outbox
        self._unreadable = unreadable
        self._missing = missing
        self._full_sweeps = full_sweeps
        self._listed_in_turns: set[TicketId] = set()

    async def record(self, scope: SweepScope, listed: AbstractSet[TicketId], nameless: Mapping[TicketId, str]) -> Row:
        """
        Record that a sweep has ended, and report tickets that could not be read for a long time.

        Args:
            nameless: Of those without an id, the words by which people find them.

        Returns:
            The store as it is recorded now.
        """
        self._listed_in_turns |= listed & (self._unreadable.tickets | self._missing.tickets)
        if scope.full:
            listed = listed | self._listed_in_turns
            self._listed_in_turns.clear()
            self._missing.forget_unlisted(listed)
            self._unreadable.forget_unlisted(listed)
            self._full_sweeps.full_sweep_ended(self._unreadable.tickets)
        else:
            self._full_sweeps.sweep_ended(self._unreadable.tickets, listed)
        to_report = self._unreadable.to_report(listed)
        named = [(ticket, nameless.get(ticket, ticket), reason) for ticket, reason in to_report]

        def write(tx: Transaction, now: datetime) -> Row:
            tx.run("set_store_swept", name=self._store.name, now=to_ms(now), full=scope.full)
            if scope.full:
                incidents.forget_unlisted_tickets(tx, self._store.name, listed)
            incidents.tickets_unreadable(tx, self._store, named, now)
            return self._row(tx)

        now = self._clock.now()
        row = None if named else await self._database.read(self._nothing_to_write, now, full=scope.full)
        if row is not None:
            return row
        row = await self._database.write(write, now)
        self._unreadable.reported(ticket for ticket, _ in to_report)
        self._wake_outbox()
        return row

    def _nothing_to_write(self, tx: Transaction, now: datetime, *, full: bool) -> Row | None:
        """The store, if another sweep that ended just now has written all that this one would write; else None."""
        row = self._row(tx)
        ended = (row["swept_at"], row["fully_swept_at"]) if full else (row["swept_at"],)
        if not all(moment is not None and 0 <= to_ms(now) - moment < _WRITTEN_EVERY for moment in ended):
            return None
        told = full and tx.one("any_unreadable_ticket", store=self._store.name) is not None
        return None if told else row

    def _row(self, tx: Transaction) -> Row:
        return require(tx.one("store", name=self._store.name))
