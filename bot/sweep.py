"""
Sweeping a store: what its vendor has now, against what is known, one transaction per ticket that changed.

The sweep is its own catch-up: after any outage the next one finds everything. It keeps nothing in memory between
passes but when to go next.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import structlog

from bot import phrases
from bot.clock import Clock, wait_for
from bot.db.connection import Database, Row, Transaction
from bot.db.values import TicketRow, from_ms, to_ms
from bot.defects import contained
from bot.errors import AuthFailed, Gone, RateLimited, Rejected, RemoteError, Unavailable
from bot.model import Absent, Change, Conversation, Status, Store, StoreName, Ticket, TicketId
from bot.ports import Vendor
from bot.record import LAG, Sighting, find_ticket, record, record_gone
from bot.trouble import store_in_trouble, store_well

_log = structlog.get_logger(__name__)

_FULL_SWEEP_EVERY = timedelta(hours=6)
_MOST_FAILURES = 3
# A store that fails once is no news; one that fails so often in a row is told in its channels.
_FAILURES_TOLD = 4
_MOST_NUDGED = 20
_TALKING = timedelta(minutes=10)
_LONGEST_PAUSE_IN_TROUBLE = 300.0


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


class Sweeper:
    """Sweeps one store, again and again, until cancelled."""

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
        self._random = random
        self._nudged = asyncio.Event()
        self._nudged_tickets: set[TicketId] = set()
        self._nudged_at: datetime | None = None
        self._sweep_now = True
        self._failures = 0
        # Stores that were first swept together shall not be swept in full together for ever.
        self._full_every = _FULL_SWEEP_EVERY * (0.75 + random.random() / 2)

    async def run(self) -> None:
        """Sweep now and then again and again; at once when nudged; more rarely while the store is in trouble."""
        await self._database.write(lambda tx: tx.run("add_store", name=self._store.name))
        next_sweep = self._clock.monotonic()
        while True:
            self._nudged.clear()
            if self._sweep_now or self._clock.monotonic() >= next_sweep:
                self._sweep_now = False
                next_sweep = self._clock.monotonic() + await self._once()
            elif self._nudged_tickets and not await self._read_nudged():
                self._sweep_now = True
                continue
            await wait_for(self._nudged, next_sweep - self._clock.monotonic(), self._clock)

    def nudge(self, ticket: TicketId | None = None) -> None:
        """
        Look now, or once more as soon as the present pass ends; any number of nudges meanwhile are one.

        Args:
            ticket: Only at this one, if it is known; None: at the whole store.
        """
        self._nudged_at = self._clock.now()
        if ticket is None or len(self._nudged_tickets) >= _MOST_NUDGED:
            self._sweep_now = True
        else:
            self._nudged_tickets.add(ticket)
        self._nudged.set()

    async def sweep(self) -> None:
        """One pass over the store. Raises `RemoteError`; what was recorded before it stays."""
        began = await self._database.read(self._begin, self._clock.now())
        read_at = self._clock.now()
        known = _Known(self._database, self._store.name, began.full, read_at)
        failed: list[RemoteError] = []
        async for found in self._vendor.changes(known):
            if len(failed) >= _MOST_FAILURES:
                continue  # the vendor is down; the list ends soon, and the next sweep brings the rest
            try:
                with contained(f"reading a ticket of store {self._store.name}"):
                    await self._found(found, began, read_at)
            except (Unavailable, Rejected) as error:
                # One ticket that cannot be read must not keep the others from being seen.
                failed.append(error)
        if failed:
            raise failed[0]
        await self._database.write(self._end, began, self._clock.now())
        self._wake_outbox()

    async def _once(self) -> float:
        """One pass, whatever becomes of it; how many seconds to wait before the next."""
        try:
            with contained(f"the sweep of store {self._store.name}"):
                await self.sweep()
        except RemoteError as error:
            self._failures += 1
            _log.info("sweep failed", store=self._store.name, error=type(error).__name__, told=error.told)
            await self._trouble(error)
            return self._pause_in_trouble(error)
        self._failures = 0
        active_at = await self._database.read(self._active_at)
        quick = self._vendor.capabilities.quick_poll
        wait = pause(self._store.poll_seconds, quick, self._clock.now(), active_at, self._nudged_at)
        return wait * (1 + self._random.random() / 10)

    async def _read_nudged(self) -> bool:
        """Read the tickets that webhooks named; whether all were known and could be read."""
        tickets, self._nudged_tickets = self._nudged_tickets, set()
        try:
            with contained(f"reading a ticket of store {self._store.name}"):
                for ticket in sorted(tickets):  # a set has another order in every run
                    if await self._database.read(find_ticket, self._store.name, ticket) is None:
                        return False
                    await self._read(ticket, fingerprint=None)
        except RemoteError as error:
            _log.info("nudged reading failed", store=self._store.name, error=type(error).__name__)
            return False
        return True

    async def _trouble(self, error: RemoteError) -> None:
        announcement = ""
        if isinstance(error, AuthFailed):
            announcement = phrases.store_paused(self._store.label, error.told)
        elif self._failures >= _FAILURES_TOLD and not isinstance(error, RateLimited):
            announcement = phrases.store_down(self._store.label, error.told)
        now = self._clock.now()
        await self._database.write(store_in_trouble, self._store, error.told, now, announcement=announcement)
        self._wake_outbox()

    def _pause_in_trouble(self, error: RemoteError) -> float:
        doubled = self._store.poll_seconds * 2.0 ** min(self._failures - 1, 10)
        pause = min(doubled, max(_LONGEST_PAUSE_IN_TROUBLE, self._store.poll_seconds))
        return max(pause, error.retry_after or 0.0) * (1 + self._random.random() / 5)

    def _active_at(self, tx: Transaction) -> datetime:
        row = tx.one("store", name=self._store.name)
        return from_ms(0 if row is None else row["active_at"])

    def _begin(self, tx: Transaction, now: datetime) -> Pass:
        row = tx.one("store", name=self._store.name)
        if row is None or row["first_swept_at"] is None:
            return Pass(first=True, full=True)
        full = now - from_ms(row["fully_swept_at"]) >= self._full_every
        return Pass(first=False, full=full)

    def _end(self, tx: Transaction, began: Pass, now: datetime) -> None:
        tx.run("store_swept", name=self._store.name, now=to_ms(now), full=began.full)
        store_well(tx, self._store, now)

    async def _found(self, found: Change | Absent, began: Pass, read_at: datetime) -> None:
        if isinstance(found, Absent):
            await self._read(found.id, fingerprint="")
        else:
            await self._changed(found, began, read_at)

    async def _changed(self, change: Change, began: Pass, read_at: datetime) -> None:
        before = await self._database.read(find_ticket, self._store.name, change.ticket.id)
        follow = follows(change.ticket, before, self._store, first=began.first, now=self._clock.now())
        ticket, messages = change.ticket, change.messages
        if messages is None and (follow or (before is not None and before.followed)):
            read_at = self._clock.now()
            try:
                conversation = await self._vendor.ticket(ticket.id)
            except Gone:
                await self._gone(ticket.id)
                return
            ticket, messages = overlay(ticket, conversation.ticket), conversation.messages
        sighting = Sighting(
            ticket=ticket, messages=messages, fingerprint=change.fingerprint, read_at=read_at, follow=follow
        )
        await self._record(sighting)

    async def _read(self, ticket: TicketId, *, fingerprint: str | None) -> None:
        """Read one known ticket by itself; for `fingerprint` see `Sighting`."""
        read_at = self._clock.now()
        try:
            conversation: Conversation = await self._vendor.ticket(ticket)
        except Gone:
            await self._gone(ticket)
            return
        await self._record(
            Sighting(
                ticket=conversation.ticket,
                messages=conversation.messages,
                fingerprint=fingerprint,
                read_at=read_at,
                follow=False,
            )
        )

    async def _record(self, sighting: Sighting) -> None:
        await self._database.write(record, self._store, sighting, self._clock.now())
        self._wake_outbox()

    async def _gone(self, ticket: TicketId) -> None:
        await self._database.write(record_gone, self._store, ticket, self._clock.now())
        self._wake_outbox()


def pause(poll: float, quick: float, now: datetime, active_at: datetime, nudged_at: datetime | None) -> float:
    """
    How many seconds to wait before the next sweep. Pure.

    Short while people are talking, growing to `poll` when it gets quiet; `poll` also while webhooks tell us anyway.

    Args:
        quick: The shortest that the vendor's quota bears.
        active_at: When anybody last wrote.
        nudged_at: When a webhook last came; None: never.
    """
    if nudged_at is not None and now - nudged_at < _TALKING:
        return poll
    idle = (now - active_at - _TALKING).total_seconds()
    return min(poll, quick + max(0.0, idle) / 30)


def follows(ticket: Ticket, before: TicketRow | None, store: Store, *, first: bool, now: datetime) -> bool:
    """
    Whether a ticket whose fingerprint is new shall have threads. Pure.

    At first contact the store's backfill decides. Later every new ticket has them, and an old one gets them as soon
    as something happens in it while it is open.
    """
    if before is not None and before.followed:
        return True
    closed = ticket.status is Status.CLOSED
    if not first:
        return before is None or not closed
    if closed:
        return store.backfill_closed
    if store.backfill_days is None:
        return store.backfill_open
    active = ticket.updated_at or ticket.created_at
    return active is None or now - active <= timedelta(days=store.backfill_days)


def overlay(listed: Ticket, read: Ticket) -> Ticket:
    """A ticket as it was just read, with what only the list says. Pure."""
    return replace(
        read,
        subject=read.subject if read.subject is not None else listed.subject,
        status=read.status or listed.status,
        status_word=read.status_word or listed.status_word,
        customer=replace(
            read.customer,
            name=read.customer.name or listed.customer.name,
            email=read.customer.email or listed.customer.email,
        ),
        facts=max(read.facts or (), listed.facts or (), key=len) or None,
        created_at=read.created_at or listed.created_at,
        updated_at=read.updated_at or listed.updated_at,
        closed_at=read.closed_at or listed.closed_at,
        awaiting=read.awaiting or listed.awaiting,
    )
