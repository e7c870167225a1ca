"""When a store is swept: regularly, at once after a nudge, less often in an incident; and reporting incidents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from random import Random

import structlog

from bot.clock import Clock, wait_for
from bot.db.connection import Database, Row
from bot.db.rows import from_ms, require
from bot.errors import RemoteError
from bot.inbound.isolation import defects_as_unavailable
from bot.inbound.vendors.outage import OutageState, incident_of
from bot.inbound.vendors.sweep import Sweep
from bot.model import Store, TicketId
from bot.ports import Vendor
from bot.tickets.incidents import store_failing, store_works

_log = structlog.get_logger(__name__)
_MAX_NUDGED = 20
_ACTIVE_FOR = timedelta(minutes=10)


class Poller:
    """Sweeps one store again and again."""

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
        self._sweep = Sweep(store, vendor, database, clock, wake_outbox, random)
        self._nudged = asyncio.Event()
        self._nudged_tickets: set[TicketId] = set()
        self._nudged_at: datetime | None = None
        self._sweep_now = True
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
        """Sweep now and then regularly, until cancelled; at once after a nudge, less often while the store fails."""
        await self._database.write(lambda tx: tx.run("add_store", name=self._store.name))
        next_sweep = self._clock.monotonic()
        while True:
            self._nudged.clear()
            if self._sweep_now or self._clock.monotonic() >= next_sweep:
                self._sweep_now = False
                next_sweep = self._clock.monotonic() + await self._sweep_once()
            elif self._nudged_tickets and not await self._read_nudged():
                self._sweep_now = True
                continue
            elif self._notify_at is not None and self._clock.monotonic() >= self._notify_at:
                await self._record_incident()
            wake_at = next_sweep if self._notify_at is None else min(next_sweep, self._notify_at)
            await wait_for(self._nudged, wake_at - self._clock.monotonic(), self._clock)

    def nudge(self, ticket: TicketId | None = None) -> None:
        """
        Sweep now, or again as soon as the current sweep ends. Several nudges in that time have the effect of one.

        Args:
            ticket: Read only this ticket, if it is known; None: sweep the whole store.
        """
        self._nudged_at = self._clock.now()
        if ticket is None or len(self._nudged_tickets) >= _MAX_NUDGED:
            self._sweep_now = True
        else:
            self._nudged_tickets.add(ticket)
        self._nudged.set()

    async def _sweep_once(self) -> float:
        """One sweep, whether it succeeds or fails; how many seconds to wait before the next."""
        try:
            with defects_as_unavailable(f"the sweep of store {self._store.name}"):
                await self._sweep.run()
        except RemoteError as error:
            _log.info("sweep failed", store=self._store.name, error=type(error).__name__, reason=error.user_message)
            now = self._clock.monotonic()
            self._outage = self._outage.failed(error, now)
            await self._record_incident()
            return self._outage.pause(self._store.poll_seconds, now, self._random.random())
        self._outage = self._outage.worked(self._clock.monotonic())
        self._notify_at = None
        row = await self._store_row()
        if row["incident"] is not None or row["incident_notices"] != "{}":
            await self._record_working()
        quick = self._vendor.capabilities.quick_poll
        wait = pause(self._store.poll_seconds, quick, self._clock.now(), from_ms(row["active_at"]), self._nudged_at)
        return wait * (1 + self._random.random() / 10)

    async def _read_nudged(self) -> bool:
        """Read the tickets that webhooks named; whether all were known and could be read."""
        tickets, self._nudged_tickets = self._nudged_tickets, set()
        return await self._sweep.read(sorted(tickets))  # a set's order differs between runs

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

    async def _store_row(self) -> Row:
        return require(await self._database.read(lambda tx: tx.one("store", name=self._store.name)))


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
