"""Events of a chat come late, again, or in another order: what leaves is what the message reads like then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import ChatMessageId, Place, Said
from tests.support.memory.bridge import DISCORD, SLACK, Bridge, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


@dataclass
class SlowToAnswer(MemoryChat):
    """Its answer to who reads a message again takes long; `was_read`: what it says is decided."""

    was_read: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def reread(self, place: Place, message: ChatMessageId) -> Said | None:
        found = await super().reread(place, message)
        self.was_read.set()
        await self.go_on.wait()
        return found


async def in_sync(bridge: Bridge) -> None:
    await until(lambda: all(catchup.in_sync for catchup in bridge.app._catchups.values()), "both are in sync")


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_a_change_that_comes_while_a_message_is_read_again_counts(tmp_path: Path, is_deleted: bool) -> None:
    """What is read may be from before it; so it is read once more."""
    vendor, discord, slack = default_vendor(), SlowToAnswer(name=DISCORD), MemoryChat(name=SLACK)
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack, undo=5) as bridge:
        await bridge.ticket_arrives()
        await in_sync(bridge)
        await bridge.says(discord, "m1", "As first written")
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack, undo=5) as bridge:
        await discord.was_read.wait()
        await in_sync(bridge)
        if is_deleted:
            await bridge.deletes(discord, "m1")
        else:
            await bridge.edits(discord, "m1", "As it is")
        discord.go_on.set()
        await bridge.at_rest()
        assert vendor.texts("t1") == ([] if is_deleted else ["As it is"])


async def test_an_edit_that_comes_again_after_a_later_one_counts_for_nothing(tmp_path: Path) -> None:
    """Also after the reply has left: then its author is told of the edits that came too late, and of no other."""
    async with running(tmp_path / "db", undo=5) as bridge:
        await bridge.ticket_arrives()
        await in_sync(bridge)
        await bridge.says(bridge.slack, "m1", "One")
        edits = [("Two", now() + timedelta(seconds=1)), ("Three", now() + timedelta(seconds=2))]
        for text, at in (*edits, edits[0]):
            await bridge.edits(bridge.slack, "m1", text, at)
        await until(lambda: bridge.vendor.texts("t1"))
        for text, at in edits:
            await bridge.edits(bridge.slack, "m1", text, at)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["Three"]
        assert bridge.slack.told == []


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_a_message_that_comes_after_its_change_is_sent_as_it_is(tmp_path: Path, is_deleted: bool) -> None:
    """It is read again before it leaves: an edit counts, and a deleted one stays inside."""
    async with running(tmp_path / "db", undo=5) as bridge:
        await bridge.ticket_arrives()
        await in_sync(bridge)
        said = bridge.said(bridge.slack, "m1", "As first written")
        if is_deleted:
            await bridge.deletes(bridge.slack, "m1")
        else:
            await bridge.edits(bridge.slack, "m1", "As it is")
        assert bridge.slack.intake is not None
        await bridge.slack.intake.said(said)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ([] if is_deleted else ["As it is"])


async def test_a_message_that_comes_minutes_late_is_read_again(tmp_path: Path) -> None:
    """It may have been changed by events that came before this process began."""
    async with running(tmp_path / "db", undo=5) as bridge:
        await bridge.ticket_arrives()
        await in_sync(bridge)
        late = bridge.said(bridge.slack, "m1", "As first written", said_at=now() - timedelta(minutes=5))
        bridge.slack.wordings[late.message] = "As it is"
        assert bridge.slack.intake is not None
        await bridge.slack.intake.said(late)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["As it is"]
