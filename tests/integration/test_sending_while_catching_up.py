"""“Send to customer” while older messages of the thread may be missing: it sends that one, and hides none of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.model import ChatMessageId, Cursor, Said, ThreadId, Verb
from tests.support.memory.bridge import DISCORD, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


@dataclass
class ReadingChat(MemoryChat):
    """A chat that shows what was written after a cursor, as the platforms do, and nothing before it."""

    cursors: list[ChatMessageId | None] = field(default_factory=list)

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        after = {cursor.place.thread: cursor.after for cursor in cursors}
        self.cursors.extend(after.values())
        places = {said.message: place for place, said in enumerate(self.history)}
        async for said in super().missed(cursors):
            read = after[ThreadId(str(said.place.thread))]
            if read is None or places[said.message] > places.get(read, -1):
                yield said


def written(bridge: Bridge, chat: MemoryChat, message: str, text: str) -> Said:
    """What an agent writes while nothing of it comes in."""
    said = bridge.said(chat, message, text)
    chat.history.append(said)
    chat.wordings[said.message] = text
    return said


@pytest.mark.parametrize("first", ["read before", "never read"])
async def test_a_message_that_is_sent_by_hand_hides_no_older_one(tmp_path: Path, first: str) -> None:
    """The connection was lost, two messages were written, and an agent sends the second before the first is read."""
    discord = ReadingChat(name=DISCORD)
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        if first == "read before":
            await bridge.says(discord, "m0", "zero")
            discord.history.append(bridge.said(discord, "m0", "zero"))
            await until(lambda: bridge.vendor.texts("t1") == ["zero"])
        await bridge.drained()
        assert discord.intake is not None
        discord.fail["missed"] = [Unavailable("Not now.")] * 3
        discord.intake.gap_possible(DISCORD)
        written(bridge, discord, "m1", "one")
        second = written(bridge, discord, "m2", "two")
        await discord.intake.connected(DISCORD)
        await until(lambda: discord.missed_calls > 1, "reading fails")
        answer = await bridge.asks(discord, Verb.SEND, message=second)
        assert "on its way" in answer.text
        await until(lambda: len(bridge.vendor.texts("t1")) >= (3 if first == "read before" else 2), "both arrive")
        await bridge.drained()
        assert sorted(bridge.vendor.texts("t1"))[:2] == ["one", "two"]


async def test_a_message_that_is_sent_by_hand_goes_once(tmp_path: Path) -> None:
    """It is read again while catching up, and comes in again as an event: the customer has it once."""
    discord = ReadingChat(name=DISCORD)
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        await bridge.drained()
        assert discord.intake is not None
        discord.fail["missed"] = [Unavailable("Not now.")]
        discord.intake.gap_possible(DISCORD)
        said = written(bridge, discord, "m1", "one")
        await bridge.asks(discord, Verb.SEND, message=said)
        await discord.intake.connected(DISCORD)
        await until(lambda: bridge.app._catchups[DISCORD].in_sync)
        await discord.intake.said(said)
        await bridge.drained()
        assert bridge.vendor.texts("t1") == ["one"]
        later = bridge.said(discord, "m2", "two", said_at=now() + timedelta(seconds=1))
        await discord.intake.said(later)
        await until(lambda: bridge.vendor.texts("t1") == ["one", "two"])
