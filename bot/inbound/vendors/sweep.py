"""
One pass over a store: what its vendor has now, against what is known, one transaction per ticket that changed.

A sweep is its own catch-up: after any outage the next one finds everything. A ticket that cannot be read holds up
neither the others nor the pass: nothing of it is recorded, so that it stays news, and it is tried again by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.clock import Clock
from bot.db.connection import Database, Row, Transaction
from bot.db.rows import from_ms, to_ms
from bot.errors import Gone, RateLimited, RemoteError
from bot.inbound.isolation import contained
from bot.inbound.vendors.unreadable import Unreadable
from bot.model import Absent, Change, Conversation, Store, StoreName, TicketId
from bot.ports import Vendor
from bot.tickets import incidents
from bot.tickets.sync import LAG, TicketSnapshot, find_ticket, follows, overlay, record, record_gone

_FULL_SWEEP_EVERY = timedelta(hours=6)
# What only a full sweep shows and could not be read is not put off until the next one is due.
_FULL_SWEEP_AGAIN = timedelta(minutes=15)
# After so many readings that fail in a row the vendor may be down although others worked before; and it is taken for
# down where no other ticket can prove anything.
_MOST_FAILURES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """
    How a sweep begins.

    Attributes:
        first: Whether the store's past is not known yet.
        full: Whether every ticket is looked at.
    """

    first: bool
    full: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What the vendor may ask about during one pass; see `bot.ports.Known`."""

    database: Database
    store: StoreName
    full: bool
    began_at: datetime

    async def fingerprints(self, ids: Collection[TicketId]) -> Mapping[TicketId, str]:
        rows = await self.database.read(
            lambda tx: tx.all("fingerprints", store=self.store, ids=json.dumps(list(ids))),
        )
        return {TicketId(row["vendor_id"]): row["fingerprint"] for row in rows}

    async def open_ids(self) -> Sequence[TicketId]:
        settled = to_ms(self.began_at - LAG)

        def read(tx: Transaction) -> list[Row]:
            again = tx.all("vendor_ids_to_read_again", store=self.store, settled=settled)
            return tx.all("open_vendor_ids", store=self.store) + again

        return [TicketId(row["vendor_id"]) for row in await self.database.read(read)]


class Sweep:
    """
    Sweeps one store, one pass at a time.

    Whether a ticket that cannot be read or its vendor is at fault shows in another ticket: where that can be read,
    it is the ticket.
    """

    def __init__(
        self,
        store: Store,
        vendor: Vendor,
        database: Database,
        clock: Clock,
        wake_outbox: Callable[[], None],
        random: Random,
    ) -> None:
        self._store = store
        self._vendor = vendor
        self._database = database
        self._clock = clock
        self._wake_outbox = wake_outbox
        self._unreadable = Unreadable(clock, random)
        self._mute: RemoteError | None = None
        self._answered = False
        self._failures = 0
        # Stores that were first swept together shall not be swept in full together for ever.
        self._full_every = _FULL_SWEEP_EVERY * (0.75 + random.random() / 2)
        self._full_after = self._full_every
        self._left: AbstractSet[TicketId] = frozenset()

    async def run(self) -> None:
        """
        One pass.

        Raises:
            RemoteError: The list failed, no ticket at all can be read, or the budget is used up. What was recorded
                before stays.
        """
        began = await self._database.read(self._begin, self._clock.now())
        read_at = self._clock.now()
        known = _Known(self._database, self._store.name, began.full, read_at)
        self._answered, self._failures = False, 0
        listed: set[TicketId] = set()
        async for found in self._vendor.changes(known):
            ticket = found.id if isinstance(found, Absent) else found.ticket.id
            listed.add(ticket)
            if self._unreadable.is_due(ticket):
                await self._try(found, ticket, began, read_at)
        if self._mute is not None and not self._answered and not await self._another_can_be_read():
            raise self._mute.with_traceback(None)
        await self._end(began, listed)
        self._wake_outbox()

    async def read(self, tickets: Iterable[TicketId]) -> bool:
        """Read these tickets by themselves, as far as they are known; whether all were known and could be read."""
        complete = True
        for ticket in tickets:
            if await self._database.read(find_ticket, self._store.name, ticket) is None:
                complete = False
                continue
            try:
                with contained(self._reading):
                    await self._read(ticket, fingerprint=None)
            except RateLimited:
                return False
            except RemoteError as error:
                complete = False
                if ticket in self._unreadable.tickets:
                    self._unreadable.failed(ticket, error)
        return complete

    @property
    def unreadable(self) -> AbstractSet[TicketId]:
        """The tickets that could not be read when that was last tried."""
        return self._unreadable.tickets

    @property
    def _reading(self) -> str:
        return f"reading a ticket of store {self._store.name}"

    def _begin(self, tx: Transaction, now: datetime) -> Pass:
        row = tx.one("store", name=self._store.name)
        if row is None or row["first_swept_at"] is None:
            return Pass(first=True, full=True)
        full = now - from_ms(row["fully_swept_at"]) >= self._full_after
        return Pass(first=False, full=full)

    async def _try(self, found: Change | Absent, ticket: TicketId, began: Pass, read_at: datetime) -> None:
        """
        Look at one ticket; where it cannot be read, leave it for later.

        Raises:
            RemoteError: It is not the ticket's fault.
        """
        try:
            with contained(self._reading):
                await self._found(found, began, read_at)
        except RateLimited:
            raise  # the budget is the store's
        except RemoteError as error:
            self._unreadable.failed(ticket, error)
            self._failures += 1
            if self._answered and self._failures < _MOST_FAILURES:
                return
            proven = await self._another_can_be_read()
            if proven is False or (proven is None and self._failures >= _MOST_FAILURES):
                self._mute = error
                raise

    def _proof(self, tx: Transaction, but: Collection[TicketId]) -> TicketId | None:
        row = tx.one("ticket_to_prove_by", store=self._store.name, but=json.dumps(list(but)))
        return None if row is None else TicketId(row["vendor_id"])

    async def _another_can_be_read(self) -> bool | None:
        """Whether a ticket can be read that could be read before; None: there is none that we know of."""
        proof = await self._database.read(self._proof, self._unreadable.tickets)
        if proof is None and self._mute is not None:
            proof = await self._database.read(self._proof, ())
        if proof is None:
            return None
        try:
            with contained(self._reading):
                await self._read(proof, fingerprint=None)
        except RateLimited:
            raise
        except RemoteError as error:
            self._unreadable.failed(proof, error)
            return False
        return True

    async def _end(self, began: Pass, listed: AbstractSet[TicketId]) -> None:
        """A pass has come to its end: note it, and tell of what has not let itself be read for long."""
        if began.full:
            self._unreadable.keep(listed)
            self._left = frozenset(self._unreadable.tickets)
            again = _FULL_SWEEP_AGAIN if self._full_after == self._full_every else self._full_after * 2
            self._full_after = min(again, self._full_every) if self._left else self._full_every
        elif not self._unreadable.tickets <= listed | self._left:
            self._full_after = min(_FULL_SWEEP_AGAIN, self._full_every)
        untold = self._unreadable.untold(listed)

        def work(tx: Transaction, now: datetime) -> None:
            tx.run("store_swept", name=self._store.name, now=to_ms(now), full=began.full)
            if began.full:
                incidents.forget_unlisted_tickets(tx, self._store.name, listed)
            incidents.tickets_unreadable(tx, self._store, untold, now)

        await self._database.write(work, self._clock.now())
        self._unreadable.told(ticket for ticket, _ in untold)

    async def _found(self, found: Change | Absent, began: Pass, read_at: datetime) -> None:
        if isinstance(found, Absent):
            await self._read(found.id, fingerprint="")
        else:
            await self._changed(found, began, read_at)

    async def _changed(self, change: Change, began: Pass, read_at: datetime) -> None:
        before = await self._database.read(find_ticket, self._store.name, change.ticket.id)
        follow = follows(change.ticket, before, self._store, first=began.first, now=self._clock.now())
        ticket, messages, read_there = change.ticket, change.messages, self._vendor.now()
        if messages is None and (follow or (before is not None and before.followed)):
            read_at, read_there = self._clock.now(), self._vendor.now()
            try:
                conversation = await self._ask(ticket.id)
            except Gone:
                await self._gone(ticket.id)
                return
            ticket, messages = overlay(ticket, conversation.ticket), conversation.messages
        await self._record(
            TicketSnapshot(
                ticket=ticket,
                messages=messages,
                fingerprint=change.fingerprint,
                read_at=read_at,
                read_there=read_there,
                follow=follow,
            )
        )

    async def _read(self, ticket: TicketId, *, fingerprint: str | None) -> None:
        """Read one known ticket by itself; for `fingerprint` see `TicketSnapshot`."""
        read_at, read_there = self._clock.now(), self._vendor.now()
        try:
            conversation = await self._ask(ticket)
        except Gone:
            await self._gone(ticket)
            return
        await self._record(
            TicketSnapshot(
                ticket=conversation.ticket,
                messages=conversation.messages,
                fingerprint=fingerprint,
                read_at=read_at,
                read_there=read_there,
                follow=False,
            )
        )

    async def _ask(self, ticket: TicketId) -> Conversation:
        """Ask the vendor for a ticket; that it does not exist any more is an answer, too."""
        try:
            conversation = await self._vendor.ticket(ticket)
        except Gone:
            self._hear()
            raise
        self._hear()
        return conversation

    def _hear(self) -> None:
        """A ticket could be read."""
        self._answered, self._failures = True, 0
        if self._mute is not None:
            self._mute = None
            self._unreadable.forgive()

    async def _record(self, snapshot: TicketSnapshot) -> None:
        def work(tx: Transaction, now: datetime) -> None:
            record(tx, self._store, snapshot, now)
            incidents.ticket_readable(tx, self._store.name, snapshot.ticket.id)

        await self._database.write(work, self._clock.now())
        self._unreadable.read(snapshot.ticket.id)
        self._wake_outbox()

    async def _gone(self, ticket: TicketId) -> None:
        def work(tx: Transaction, now: datetime) -> None:
            record_gone(tx, self._store, ticket, now)
            incidents.ticket_readable(tx, self._store.name, ticket)

        await self._database.write(work, self._clock.now())
        self._unreadable.read(ticket)
        self._wake_outbox()
