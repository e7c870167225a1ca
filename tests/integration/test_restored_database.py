"""A backup that was put in the place of a newer database."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.connection import Database
from bot.db.rows import to_ms
from bot.model import State
from bot.tickets.replies.holding import reason_by_age
from tests.support.database import NOON
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, default_vendor, running
from tests.support.memory.chat import MemoryChat, Shown
from tests.support.waiting import until


@pytest.mark.simulated
async def test_what_was_numbered_since_the_backup_is_numbered_otherwise_afterwards(tmp_path: Path) -> None:
    """No delivery key and no ticket number from after the backup is given out again by a bridge that runs on it."""
    discord, slack, vendor = MemoryChat(name=DISCORD), MemoryChat(name=SLACK), default_vendor()
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
        await bridge.ticket_arrives("t1", "Before the backup")
        await bridge.database.backup(tmp_path / "copy")
        before = {shown.key for shown in everything(discord, slack)}
        await bridge.ticket_arrives("t2", "After the backup")
    forgotten = {shown.key for shown in everything(discord, slack)} - before
    numbers = {int(card.number) for chat in (discord, slack) for cards in chat.cards.values() for card in cards}
    assert forgotten
    async with running(tmp_path / "copy", vendor=vendor, discord=discord, slack=slack) as bridge:
        vendor.customer_writes("t3", "After the restore")
        bridge.app.nudge(MAIN)
        await until(lambda: any("After the restore" in shown.post.text for shown in everything(slack)))
        again = [shown.key for shown in everything(discord, slack) if shown.key in forgotten]
        assert len(again) == len(set(again))
        rows = await bridge.rows("linked_tickets", store=None, status="all")
        given = {int(str(row["number"])) for row in rows if row["vendor_id"] != "t1"}
        assert not given & numbers


@pytest.mark.simulated
async def test_a_reply_from_after_the_backup_is_not_sent_a_second_time(tmp_path: Path) -> None:
    """What agents wrote since the backup may be at the customer: they are asked. What waited in it is looked for."""
    discord, slack, vendor = MemoryChat(name=DISCORD), MemoryChat(name=SLACK), default_vendor()
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack, undo=0.3) as bridge:
        await bridge.ticket_arrives("t1", "Hello?")
        waiting = await bridge.says(slack, "m1", "Waits in the backup")
        await bridge.database.backup(tmp_path / "copy")
        since = await bridge.says(slack, "m2", "Written since")
        await until(lambda: vendor.texts("t1") == ["Waits in the backup", "Written since"])
    slack.history += [waiting, since]
    async with running(tmp_path / "copy", vendor=vendor, discord=discord, slack=slack) as bridge:
        thread = slack.threads()[0]
        await until(lambda: any("backup was restored" in text for text in slack.texts(thread)))
        await asyncio.sleep(1)
        await bridge.says(slack, "m3", "Written now")
        await until(lambda: vendor.texts("t1")[2:] == ["Written now"])
        await bridge.at_rest(State.HELD)
        states = {str(row["state"]) for row in await bridge.rows("unfinished_deliveries") if row["kind"] == "reply"}
        assert states == {"held"}
        assert vendor.texts("t1") == ["Waits in the backup", "Written since", "Written now"]


async def test_a_reply_from_the_last_second_before_it_started_on_the_backup_is_not_sent_twice(tmp_path: Path) -> None:
    """A chat tells its time in whole seconds, so what was written before the start may seem to be written after it."""
    database = await Database.open(tmp_path / "db")
    await database.write(lambda tx: tx.run("add_installation", key_prefix="abc123"))
    await database.backup(tmp_path / "copy")
    await database.aclose()
    copy = await Database.open(tmp_path / "copy")
    try:
        await copy.write(lambda tx: tx.run("mark_as_restored", now=to_ms(NOON)))
        for seconds, is_asked in ((-1, True), (0, True), (0.999, True), (1, False), (60, False)):
            written = NOON + timedelta(seconds=seconds)
            question = await copy.read(reason_by_age, written, NOON + timedelta(minutes=2))
            assert (question is not None) == is_asked, seconds
    finally:
        await copy.aclose()


def everything(*chats: MemoryChat) -> list[Shown]:
    """Every message that stands in these chats."""
    return [shown for chat in chats for place in chat.shown.values() for shown in place]


async def test_a_backup_of_a_database_that_never_delivered_anything_leaves_numbers_free_too(tmp_path: Path) -> None:
    """An empty database has given out no number yet; its copy still begins elsewhere."""
    database = await Database.open(tmp_path / "db")
    await database.backup(tmp_path / "copy")
    await database.aclose()
    copy = await Database.open(tmp_path / "copy")
    rows = await copy.read(lambda tx: tx._connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    assert dict(map(tuple, rows)) == {"tickets": 2000, "deliveries": 1_000_000}
    await copy.aclose()
