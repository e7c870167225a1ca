"""The first sweep of a store: how far it is can be seen while it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

from structlog.testing import capture_logs

from bot.db.connection import Database
from bot.inbound.vendors.sweep import Sweep
from bot.model import Absent, Change
from bot.ports import KnownTickets
from tests.support.clocks import ManualClock
from tests.support.database import STORE
from tests.support.memory.vendor import START, MemoryVendor


async def nothing_between() -> None:
    """No webhook names a ticket meanwhile."""


class LargeStore(MemoryVendor):
    """Lists a ticket every four seconds; `seen` is what the sweep said of itself at each of them."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock
        self.seen: list[int] = []
        self.sweep: Sweep | None = None

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent]:
        async for change in super().changes(known):
            assert self.sweep is not None
            self.seen.append(self.sweep.first_listed)
            self.clock.advance(4.0)
            yield change


async def test_a_first_sweep_says_how_far_it_is(tmp_path: Path) -> None:
    """It counts the tickets as they are listed, logs the count every ten seconds, and the whole at the end."""
    clock = ManualClock(START)
    database = await Database.open(tmp_path / "db")
    try:
        await database.write(lambda tx: tx.run("add_installation", key_prefix="abc123"))
        await database.write(lambda tx: tx.run("add_store", name=STORE.name))
        vendor = LargeStore(clock)
        for number in range(7):
            vendor.customer_writes(f"t{number}", "Where is my key?")
        sweep = vendor.sweep = Sweep(STORE, vendor, database, clock, asyncio.Event().set, Random(1), nothing_between)
        with capture_logs() as logs:
            await sweep.run()
        assert vendor.seen == [0, 1, 2, 3, 4, 5, 6]
        assert sweep.first_listed == 7
        counts = [(entry["event"], entry["tickets"]) for entry in logs]
        assert counts == [("first contact goes on", 3), ("first contact goes on", 6), ("first contact", 7)]
        vendor.customer_writes("t7", "And mine?")
        with capture_logs() as logs:
            await sweep.run()
        assert logs == []
        assert sweep.first_listed == 7
    finally:
        await database.aclose()
