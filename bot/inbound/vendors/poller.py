"""When a store is swept: regularly, soon after a nudge, less often in an incident; and reporting incidents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from random import Random

import structlog

from bot.clock import Clock, wait_for
from bot.db.connection import Database, Transaction
from bot.db.rows import from_ms, require, to_ms
from bot.errors import AuthFailed, RateLimited, RemoteError
from bot.inbound.isolation import defects_as_unavailable
from bot.inbound.vendors.first_sweeps import FirstSweeps
from bot.inbound.vendors.nudges import Nudges
from bot.inbound.vendors.outage import OutageState, incident_of
from bot.inbound.vendors.sweep import Sweep
from bot.model import Store, TicketId
from bot.ports import Vendor
from bot.tickets.from_vendors.incidents import store_failing, store_works

_log = structlog.get_logger(__name__)
# A nudge may be the first sign that a store works again.
_NUDGED_AFTER_FAILURE = 5.0
_ACTIVE_FOR = timedelta(minutes=10)


class Poller:
    """
    Sweeps one store again and again.

    Args:
        first_sweeps: Says when the first sweep may begin.
    """

    def __init__(
        self,
        store: Store,
        vendor: Vendor,
        database: Database,
        clock: Clock,
        wake_outbox: Callable[[], None],
        random: Random,
        first_sweeps: FirstSweeps,
    ) -> None:
        self._store = store
        self._vendor = vendor
        self._database = database
        self._clock = clock
        self._wake_outbox = wake_outbox
        self._random = random
        self._first_sweeps = first_sweeps
        self._sweep = Sweep(store, vendor, database, clock, wake_outbox, random, self._read_nudged)
        self._nudged = asyncio.Event()
        self._nudges = Nudges(spacing=vendor.capabilities.quick_poll, poll=store.poll_seconds)
        self._nudged_at: datetime | None = None
        self._outage = OutageState()
        self._notify_at: float | None = None

    @property
    def unreadable(self) -> AbstractSet[TicketId]:
        """The tickets that could not be read at the last try."""
        return self._sweep.unreadable

    @property
    def first_listed(self) -> int:
        """How many tickets the store's first sweep has gone through so far; 0: it has not begun, or was done before."""
        return self._sweep.first_listed

    async def run(self) -> None:
        """Sweep now and then regularly, until cancelled; soon after a nudge, less often while the store fails."""
        await self._database.write(self._add_store, to_ms(self._clock.now()))
        async with self._first_sweeps.turn():
            next_sweep = self._clock.monotonic() + await self._sweep_once()
        while True:
            self._nudged.clear()
            # Tickets first: while the list fails, a sweep may always be due.
            await self._read_nudged()
            if self._clock.monotonic() >= min(next_sweep, self._nudges.sweep_at):
                next_sweep = self._clock.monotonic() + await self._sweep_once()
            elif self._notify_at is not None and self._clock.monotonic() >= self._notify_at:
                await self._record_incident()
            notify_at = next_sweep if self._notify_at is None else self._notify_at
            wake_at = min(next_sweep, notify_at, self._nudges.read_at, self._nudges.sweep_at)
            await wait_for(self._nudged, wake_at - self._clock.monotonic(), self._clock)

    def _add_store(self, tx: Transaction, now: int) -> None:
        """Before the store's turn: what is written while others are read for the first time is not its past."""
        tx.run("add_store", name=self._store.name)
        tx.run("set_store_asked", name=self._store.name, now=now)

    def nudge(self, ticket: TicketId | None = None) -> None:
        """
        Sweep soon, or again after the current sweep. However many nudges come, the store's quota is kept.

        Args:
            ticket: Read only this ticket, if it is known; None: sweep the whole store.
        """
        self._nudged_at = self._clock.now()
        if self._nudges.add(ticket):
            self._nudged.set()

    async def _sweep_once(self) -> float:
        """One sweep, whether it succeeds or fails; how many seconds to wait before the next."""
        self._nudges.sweep_begins(self._clock.monotonic())
        try:
            with defects_as_unavailable(f"the sweep of store {self._store.name}"):
                row = await self._sweep.run()
        except RemoteError as error:
            _log.info("sweep failed", store=self._store.name, error=type(error).__name__, reason=error.user_message)
            now = self._clock.monotonic()
            self._outage = self._outage.failed(error, now)
            await self._record_incident()
            wait = self._outage.pause(self._store.poll_seconds, now, self._random.random())
            refused = isinstance(error, RateLimited | AuthFailed)
            self._nudges.hold(now + (wait if refused else min(wait, _NUDGED_AFTER_FAILURE)), tickets=refused)
            return wait
        self._nudges.swept()
        self._outage = self._outage.worked(self._clock.monotonic())
        self._notify_at = None
        if row["incident"] is not None or row["incident_notices"] != "{}":
            await self._record_working()
        quick = self._vendor.capabilities.quick_poll
        wait = pause(self._store.poll_seconds, quick, self._clock.now(), from_ms(row["active_at"]), self._nudged_at)
        if self._sweep.turns.has_more:
            wait = min(wait, quick)
        return wait * (1 + self._random.random() / 10)

    async def _read_nudged(self) -> None:
        """Read the tickets that webhooks named, if it is time; also in a sweep, which may take long."""
        if self._clock.monotonic() < self._nudges.read_at:
            return
        result = await self._sweep.read(self._nudges.take_tickets(self._clock.monotonic()))
        self._nudges.were_read(unread=result.unread, unknown=result.unknown)
        if result.retry_after is not None:
            self._nudges.hold(self._clock.monotonic() + result.retry_after, tickets=True)

    async def _record_incident(self) -> None:
        """Record what is wrong. Report it if it has lasted long enough; else note when to do so."""
        error, notify_at = require(self._outage.error), require(self._outage.notify_at)
        notify = self._clock.monotonic() >= notify_at
        self._notify_at = None if notify else notify_at
        now, incident = self._clock.now(), incident_of(error)
        await self._database.write(store_failing, self._store, incident, error.user_message, now, notify=notify)
        self._wake_outbox()

    async def _record_working(self) -> None:
        """Record that the store works, and report it if it has worked long enough."""
        now = self._clock.monotonic()
        notify = self._outage.is_resolved(now)
        if await self._database.write(store_works, self._store, self._clock.now(), notify=notify):
            self._outage = self._outage.resolved_notified(now)
            self._wake_outbox()


def pause(poll: float, quick: float, now: datetime, active_at: datetime, nudged_at: datetime | None) -> float:
    """
    How many seconds to wait before the next sweep. Pure.

    Short while people are writing, then rising to `poll`. Also `poll` while webhooks arrive, as they bring the news.

    Args:
        poll: Seconds between two sweeps of a quiet store.
        quick: The fewest seconds that the vendor's quota allows.
        active_at: When somebody last wrote.
        nudged_at: When a webhook last came; None: never.
    """
    if nudged_at is not None and now - nudged_at < _ACTIVE_FOR:
        return poll
    idle = (now - active_at - _ACTIVE_FOR).total_seconds()
    return min(poll, quick + max(0.0, idle) / 30)
