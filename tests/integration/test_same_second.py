"""A vendor tells whole seconds: what was read within one is read again, whatever this machine's clock says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.model import Absent, Change, ChannelId, Conversation, Place, Store, Ticket, TicketId
from bot.ports import KnownTickets
from bot.tickets.from_vendors.sync import record
from tests.support.database import NOON, STORE, read, snapshot, write
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, running
from tests.support.memory.vendor import MemoryVendor
from tests.support.waiting import until


def read_at(tx: Transaction, after: timedelta, ahead: timedelta) -> None:
    """A ticket that was updated at noon is read so long after, by a clock that is so far ahead of its vendor's."""
    seen = snapshot("tkt")
    there = NOON + after
    seen = replace(
        seen, ticket=replace(seen.ticket, updated_at=NOON), read_at=there + ahead, vendor_time=there, fingerprint="f"
    )
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)
    record(tx, STORE, seen, there + ahead)


def looks_again(tx: Transaction) -> bool:
    row = tx.one("ticket_by_vendor_id", store=STORE.name, vendor_id="tkt")
    assert row is not None
    return row["fingerprint"] is None


@pytest.mark.parametrize("ahead", [timedelta(days=-1), timedelta(seconds=-3), timedelta(), timedelta(days=1)])
@pytest.mark.parametrize(("after", "again"), [(timedelta(seconds=0.4), True), (timedelta(seconds=3), False)])
async def test_it_is_read_again_once_the_second_is_over(
    tmp_path: Path, after: timedelta, again: bool, ahead: timedelta
) -> None:
    """Another change within the same second would leave the time of update as it is, and never be seen."""
    await write(tmp_path / "db", read_at, after, ahead)
    assert await read(tmp_path / "db", looks_again) is again


@dataclass
class Seconds(MemoryVendor):
    """A vendor whose list tells of a ticket only in which second it was last updated; here that is always the same."""

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent]:
        async for found in super().changes(_Unknown(known)):
            if isinstance(found, Change):
                second = str(self.now())
                recorded = await known.fingerprints([found.ticket.id])
                if recorded.get(found.ticket.id) != second:
                    yield Change(ticket=found.ticket, fingerprint=second)

    async def ticket(self, ticket: TicketId) -> Conversation:
        seen = await super().ticket(ticket)
        return replace(seen, ticket=replace(seen.ticket, updated_at=self.now()))


@dataclass
class _Unknown:
    """Knows of nothing, so that everything is listed."""

    known: KnownTickets

    @property
    def full(self) -> bool:
        return self.known.full

    async def fingerprints(self, _: object) -> dict[TicketId, str]:
        return {}

    async def follows(self, _ticket: Ticket) -> bool:
        return True

    async def open_ids(self) -> list[TicketId]:
        return []


@pytest.mark.simulated
async def test_a_second_message_of_the_same_second_is_shown(tmp_path: Path) -> None:
    """Though this machine's clock is months ahead of the vendor's."""
    store = Store(
        name=MAIN,
        label="Main",
        vendor_label="Memory",
        channels=tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK)),
        poll_seconds=0.05,
        backfill_days=None,
    )
    async with running(tmp_path / "db", vendor=Seconds(), store=store) as bridge:
        await bridge.ticket_arrives("t1", "One")
        bridge.vendor.customer_writes("t1", "Two")
        bridge.app.nudge(MAIN)
        thread = bridge.thread(bridge.discord)
        await until(lambda: "Two" in bridge.discord.texts(thread))
