"""A ticket that its vendor lists without an id: the channel learns of it, and no address or word of it is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.model import Absent, Change, ChannelId, Nameless, Place, Store
from bot.ports import KnownTickets
from bot.tickets import erasure
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, running
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

EMAIL, WORDS = "violet@example.com", "Where is my violet parcel"


CHANNELS = tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK))
STORE = Store(name=MAIN, label="Main · Memory", vendor_label="Memory", channels=CHANNELS, poll_seconds=10)


class NamelessVendor(MemoryVendor):
    """Lists one more ticket, without its id."""

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent | Nameless]:  # type: ignore[override]
        async for found in super().changes(known):
            yield found
        yield Nameless(f"{WORDS}, {EMAIL}")


def everything(path: Path, only: str = "") -> str:
    """Every value of every table, or of one, as text."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            row[0] for row in connection.execute("SELECT name FROM pragma_table_list WHERE type IN ('table', 'shadow')")
        ]
        tables = [only] if only else tables
        return repr([connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables])


@pytest.mark.parametrize("masks", [True, False])
async def test_it_is_reported_once_without_the_address(tmp_path: Path, masks: bool) -> None:
    """The announcement names it by its subject, never by the whole address; it is kept without a word of it."""
    async with running(tmp_path / "db", vendor=NamelessVendor(), store=STORE, masks_emails=masks) as bridge:
        await bridge.ticket_arrives()
        announced = bridge.discord.texts
        await until(lambda: announced("1"), "it is reported", seconds=3600)
        await bridge.drained()
        (line,) = announced("1")
        assert WORDS in line
        assert "v…@example.com" in line
        assert EMAIL not in line
        await bridge.sweeps(5)
        assert len(announced("1")) == 1
        tickets = await bridge.database.read(erasure.find_tickets, "jane@example.com")
        await bridge.database.write(erasure.forget, tickets, now(), in_chats=False)
    assert EMAIL not in everything(tmp_path / "db")
    assert WORDS not in everything(tmp_path / "db")
