"""Recording what a sweep has read: a ticket that people see at once, those that nobody sees several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.errors import RemoteError
from bot.inbound.isolation import defects_as_unavailable
from bot.inbound.vendors.believed_when_repeated import SaidTwice
from bot.model import Conversation, Store, TicketId
from bot.tickets.from_vendors import incidents
from bot.tickets.from_vendors.portions import MANY_MESSAGES, portions_to_record
from bot.tickets.from_vendors.snapshot import TicketSnapshot, lacks_messages
from bot.tickets.from_vendors.sync import record

TOGETHER = 25
"""So many tickets that nobody sees are recorded in one transaction, if they have few messages."""


class Recording:
    """
    Records the tickets of one store.

    Args:
        recorded: Called with each ticket that was recorded.
        failed: Called with each that could not be, if nobody waits for it.
    """

    def __init__(
        self,
        store: Store,
        database: Database,
        clock: Clock,
        wake_outbox: Callable[[], None],
        recorded: Callable[[TicketId], None],
        failed: Callable[[TicketId, RemoteError], None],
    ) -> None:
        self._store = store
        self._database = database
        self._clock = clock
        self._wake_outbox = wake_outbox
        self._recorded = recorded
        self._failed = failed
        self._incomplete = SaidTwice(clock)
        self._unseen: dict[TicketId, TicketSnapshot] = {}

    async def record(self, snapshot: TicketSnapshot) -> None:
        """
        Record a ticket as it was read, in one transaction; in several if it has very many messages.

        If messages are missing that were there before, that is believed when it is so twice, some seconds apart. Until
        then the ticket is read again.
        """
        ticket = snapshot.ticket.id
        self._unseen.pop(ticket, None)
        portions: tuple[TicketSnapshot, ...] = (snapshot,)
        if len(snapshot.messages or ()) > MANY_MESSAGES:
            portions = await self._database.read(portions_to_record, self._store.name, snapshot)
        for portion in portions[:-1]:
            await self._database.write(self._portion, portion, self._clock.now())
        asked_at = self._clock.monotonic() - max(0.0, (self._clock.now() - snapshot.read_at).total_seconds())
        believed = self._incomplete.would_be_believed(ticket, asked_at=asked_at)
        lacks = await self._database.write(self._rest, portions[-1], self._clock.now(), believed=believed)
        if lacks:
            self._incomplete.is_believed(ticket, asked_at=asked_at)
        elif snapshot.messages is not None:
            self._incomplete.withdrawn(ticket)
        self._recorded(ticket)
        self._wake_outbox()

    async def record_later(self, snapshot: TicketSnapshot) -> None:
        """Record a ticket that nobody sees, together with others; `finish` records those that are left."""
        others = sum(len(each.messages or ()) for each in self._unseen.values())
        if others + len(snapshot.messages or ()) > MANY_MESSAGES:
            await self.finish()
        self._unseen[snapshot.ticket.id] = snapshot
        if len(self._unseen) >= TOGETHER:
            await self.finish()

    async def finish(self) -> None:
        """Record what is left. If that fails, each is recorded by itself: a defect is that of one ticket."""
        unseen, self._unseen = self._unseen, {}
        if not unseen:
            return
        try:
            with self._defects():
                await self._database.write(self._together, unseen.values(), self._clock.now())
        except RemoteError:
            for ticket, snapshot in unseen.items():
                try:
                    with self._defects():
                        await self.record(snapshot)
                except RemoteError as error:
                    self._failed(ticket, error)
            return
        for ticket in unseen:
            self._recorded(ticket)
        self._wake_outbox()

    def _defects(self) -> AbstractContextManager[None]:
        return defects_as_unavailable(f"recording tickets of store {self._store.name}")

    def _together(self, tx: Transaction, snapshots: Iterable[TicketSnapshot], now: datetime) -> None:
        for snapshot in snapshots:
            self._portion(tx, snapshot, now)

    def _portion(self, tx: Transaction, snapshot: TicketSnapshot, now: datetime) -> None:
        record(tx, self._store, snapshot, now)
        incidents.ticket_readable(tx, self._store.name, snapshot.ticket.id)

    def _rest(self, tx: Transaction, snapshot: TicketSnapshot, now: datetime, *, believed: bool) -> bool:
        """
        Record what was read, or what is left of it.

        Args:
            believed: Whether it is believed that these are all messages, even if some are missing.

        Returns:
            Whether messages are missing that were there before.
        """
        conversation = Conversation(ticket=snapshot.ticket, messages=snapshot.messages or ())
        lacks = snapshot.messages is not None and lacks_messages(tx, self._store.name, conversation)
        self._portion(tx, replace(snapshot, complete=False) if lacks and not believed else snapshot, now)
        return lacks
