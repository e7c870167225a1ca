"""When a store is swept: again and again, at once when nudged, more rarely in trouble; and what people hear of that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from random import Random

import structlog

from bot.clock import Clock, wait_for
from bot.db.connection import Database, Row
from bot.db.rows import from_ms
from bot.errors import RemoteError
from bot.inbound.isolation import contained
from bot.inbound.vendors.outage import OutageState, incident_of
from bot.inbound.vendors.sweep import Sweep
from bot.model import Store, TicketId
from bot.ports import Vendor
from bot.tickets.incidents import store_failing, store_works

_log = structlog.get_logger(__name__)
_MOST_NUDGED = 20
_TALKING = timedelta(minutes=10)


class Poller:
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
        self._sweep = Sweep(store, vendor, database, clock, wake_outbox, random)
        self._nudged = asyncio.Event()
        self._nudged_tickets: set[TicketId] = set()
        self._nudged_at: datetime | None = None
        self._sweep_now = True
        self._outage = OutageState()
        self._tell_at: float | None = None

    @property
    def unreadable(self) -> AbstractSet[TicketId]:
        """The tickets that could not be read when that was last tried."""
        return self._sweep.unreadable

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
            elif self._tell_at is not None and self._clock.monotonic() >= self._tell_at:
                await self._note_trouble()
            wake_at = next_sweep if self._tell_at is None else min(next_sweep, self._tell_at)
            await wait_for(self._nudged, wake_at - self._clock.monotonic(), self._clock)

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

    async def _once(self) -> float:
        """One pass, whatever becomes of it; how many seconds to wait before the next."""
        try:
            with contained(f"the sweep of store {self._store.name}"):
                await self._sweep.run()
        except RemoteError as error:
            _log.info("sweep failed", store=self._store.name, error=type(error).__name__, told=error.told)
            now = self._clock.monotonic()
            self._outage = self._outage.failed(error, now)
            await self._note_trouble()
            return self._outage.pause(self._store.poll_seconds, now, self._random.random())
        self._outage = self._outage.worked(self._clock.monotonic())
        self._tell_at = None
        row = await self._row()
        if row["incident"] is not None or row["incident_notices"] != "{}":
            await self._note_well()
        quick = self._vendor.capabilities.quick_poll
        wait = pause(self._store.poll_seconds, quick, self._clock.now(), from_ms(row["active_at"]), self._nudged_at)
        return wait * (1 + self._random.random() / 10)

    async def _read_nudged(self) -> bool:
        """Read the tickets that webhooks named; whether all were known and could be read."""
        tickets, self._nudged_tickets = self._nudged_tickets, set()
        return await self._sweep.read(sorted(tickets))  # a set has another order in every run

    async def _note_trouble(self) -> None:
        """Note what is wrong, and tell it when it has lasted for long enough; where that is still to come, then."""
        error, tell_at = self._outage.error, self._outage.told_at
        if error is None or tell_at is None:
            return
        tell = self._clock.monotonic() >= tell_at
        self._tell_at = None if tell else tell_at
        now, trouble = self._clock.now(), incident_of(error)
        await self._database.write(store_failing, self._store, trouble, error.told, now, tell=tell)
        self._wake_outbox()

    async def _note_well(self) -> None:
        """Note that the store works, and tell it when it has for long enough."""
        now = self._clock.monotonic()
        over = self._outage.is_over(now)
        if await self._database.write(store_works, self._store, self._clock.now(), over=over):
            self._outage = self._outage.told_over(now)
            self._wake_outbox()

    async def _row(self) -> Row:
        row = await self._database.read(lambda tx: tx.one("store", name=self._store.name))
        if row is None:
            raise LookupError("a store that is swept is on record")
        return row


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
