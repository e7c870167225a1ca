"""Reading what was missed, while connections come and go, and what is told privately meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from structlog.testing import capture_logs

from bot.errors import Forbidden, Unavailable
from bot.inbound.chats import catchup as catchup_module
from bot.model import Agent, AgentId, Answer, ChannelId, ChatMessageId, Cursor, Mark, Place, Said, Store, Verb
from bot.tickets.from_agents.written_messages import record_said
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

# It is swept when it is nudged; polls would only cost time.
QUIET = Store(
    name=MAIN,
    label="Main · Memory",
    vendor_label="Memory",
    channels=tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK)),
    poll_seconds=600.0,
)
GUEST = Agent(id=AgentId("u9"), name="Guest", is_full_member=False)


@dataclass
class Lapsing(MemoryChat):
    """A chat in which something happens in the midst of the next readings, before the first message."""

    happens: list[Callable[[], object]] = field(default_factory=list)

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        if self.happens and cursors:
            result = self.happens.pop(0)()
            if asyncio.iscoroutine(result):
                await result
        async for said in super().missed(cursors):
            yield said


async def reconnects(chat: MemoryChat) -> None:
    assert chat.intake is not None
    chat.intake.gap_possible(chat.name)
    await chat.intake.connected(chat.name)


async def sent_once(bridge: Bridge, *texts: str) -> None:
    await until(lambda: bridge.vendor.texts("t1") == list(texts), f"{texts} are sent", seconds=900)
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == list(texts)


@pytest.mark.parametrize("messages", [0, 1])
async def test_a_connection_that_is_lost_while_reading_begins_anew(tmp_path: Path, messages: int) -> None:
    """What the old reading still brings counts for nothing; the new one brings everything, once."""
    discord = Lapsing(name=DISCORD)
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        discord.history = [bridge.said(discord, "m1", "while you were away")][:messages]
        before = discord.missed_calls
        discord.happens = [lambda: reconnects(discord)]
        await reconnects(discord)
        await until(lambda: discord.missed_calls >= before + 2, "it is read again")
        await sent_once(bridge, *["while you were away"][:messages])


@dataclass
class Closed(Lapsing):
    """A chat whose channel cannot be read the next `times`."""

    times: int = 0

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        if self.times and cursors and self.intake is not None:
            self.times -= 1
            await self.intake.channel_unreadable(cursors[0].place, "The bot may not read this.")
            return
        async for said in super().missed(cursors):
            yield said


@pytest.mark.parametrize("how", ["an outage", "a new connection"])
async def test_a_channel_that_cannot_be_read_the_second_time_either(tmp_path: Path, how: str) -> None:
    """It is tried again until it works, also where a new connection comes between; what was missed is sent once."""
    discord = Closed(name=DISCORD)
    async with running(tmp_path / "db", discord=discord, store=QUIET) as bridge:
        await bridge.ticket_arrives()
        discord.history = [bridge.said(discord, "m1", "while you were away")]
        discord.times = 1
        await reconnects(discord)
        await until(lambda: discord.times == 0)
        await bridge.at_rest()
        if how == "an outage":
            discord.fail["missed"] = [Unavailable("Discord is away.")]
        else:
            discord.happens = [lambda: reconnects(discord)]
        await sent_once(bridge, "while you were away")


async def test_a_thread_that_cannot_be_read_ahead_is_read_with_the_others(tmp_path: Path) -> None:
    """Somebody writes while nothing can be read: their message waits for the older one, and both are sent in order."""
    async with running(tmp_path / "db") as bridge:
        discord = bridge.discord
        await bridge.ticket_arrives()
        older = bridge.said(discord, "m1", "older", said_at=now() - timedelta(seconds=1))
        discord.history = [older]
        discord.fail["missed"] = [Unavailable("Discord is away.")] * 4
        await reconnects(discord)
        for number in (2, 3):
            await bridge.says(discord, f"m{number}", f"newer {number}")
        await sent_once(bridge, "older", "newer 2", "newer 3")


@pytest.mark.parametrize("what", ["a new connection", "its thread is deleted"])
async def test_what_happens_while_a_thread_is_read_ahead(tmp_path: Path, what: str) -> None:
    """A thread in which somebody writes is read before the others; what happens then loses and doubles nothing."""
    discord = Lapsing(name=DISCORD)
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        place = bridge.place(discord)
        held = asyncio.Event()
        intake = discord.intake
        assert intake is not None
        happens = reconnects(discord) if what == "a new connection" else intake.place_deleted(place)
        discord.happens = [held.wait, lambda: happens]
        await reconnects(discord)
        await until(lambda: len(discord.happens) == 1, "all threads are being read")
        await bridge.says(discord, "m1", "Hello")
        await until(lambda: not discord.happens, "the thread is being read ahead")
        held.set()
        await sent_once(bridge, "Hello")


async def test_a_private_message_that_hangs_does_not_keep_the_bridge_from_stopping(tmp_path: Path) -> None:
    """What is told to one person only is left after some seconds."""

    class Hanging(MemoryChat):
        asked = False

        async def tell(self, place: Place, agent: Agent, answer: Answer) -> None:
            self.asked = True
            await asyncio.Event().wait()

    discord = Hanging(name=DISCORD)
    async with running(tmp_path / "db", discord=discord) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(discord, "m1", "Me too!", agent=GUEST)
        await until(lambda: discord.asked)
    assert discord.told == []


async def test_a_private_message_that_is_not_taken_is_no_loss(tmp_path: Path) -> None:
    """The thread shows what it was about; everything else goes on."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.discord.fail["tell"] = [Forbidden("They take no messages.")]
        await bridge.says(bridge.discord, "m1", "Me too!", agent=GUEST)
        await bridge.says(bridge.discord, "m2", "On its way.")
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m2")) is Mark.DELIVERED)
        await sent_once(bridge, "On its way.")
        assert bridge.discord.told == []


async def test_each_author_is_told_once_that_a_message_was_not_sent(tmp_path: Path) -> None:
    """Also that of an older message, which is routed with another one; nobody is told of somebody else's."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        other = Agent(id=AgentId("u8"), name="Another guest", is_full_member=False)
        older = bridge.said(bridge.discord, "m1", "I was here first", agent=other)
        await bridge.database.write(lambda tx: record_said(tx, older, can_reply=False))
        await bridge.says(bridge.discord, "m2", "Me too!", agent=GUEST)
        await until(lambda: bridge.discord.told)
        await bridge.at_rest()
        assert sorted(agent for agent, _ in bridge.discord.told) == ["u8", "u9"]


async def test_a_defect_in_routing_what_was_missed_ends_only_that(tmp_path: Path) -> None:
    """The other chat and the store go on; a minute later all is read and routed again, and each reply is sent once."""
    discord = MemoryChat(name=DISCORD)
    async with running(tmp_path / "db", discord=discord, store=QUIET) as bridge:
        await bridge.ticket_arrives()
        discord.history = [bridge.said(discord, "m1", "Written meanwhile.")]
        with patch.object(catchup_module, "route_link", side_effect=ZeroDivisionError), capture_logs() as logged:
            await reconnects(discord)
            await bridge.says(bridge.slack, "s1", "From the other chat.")
            await bridge.ticket_arrives("t2", "And I?")
            await until(lambda: any(each["event"] == "unexpected exception" for each in logged), "the defect is logged")
        await sent_once(bridge, "From the other chat.", "Written meanwhile.")


@pytest.mark.parametrize("live", [False, True])
async def test_a_lock_does_not_count_for_what_stands_in_the_thread(tmp_path: Path, live: bool) -> None:
    """Its author wrote before it was locked. What is asked for now is refused, and so is one who lost the right."""
    discord = MemoryChat(name=DISCORD)
    async with running(tmp_path / "db", discord=discord, store=QUIET) as bridge:
        await bridge.ticket_arrives()
        said = bridge.said(discord, "m1", "Written before the lock.")
        discord.locked.add(bridge.thread(discord))
        if live:
            await bridge.says(discord, "m1", "Written before the lock.")
        else:
            discord.history = [said]
            await reconnects(discord)
        await sent_once(bridge, "Written before the lock.")
        assert discord.told == []
        refused = await bridge.asks(discord, Verb.CLOSE)
        assert "can write in its threads" in refused.text


async def test_what_waits_for_missed_messages_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    """The chat is connected, and for minutes does not let itself be read: who wrote there reads that it is not sent."""
    discord = MemoryChat(name=DISCORD)
    async with running(tmp_path / "db", discord=discord, poll_seconds=600) as bridge:
        await bridge.ticket_arrives()
        thread = bridge.thread(discord)
        discord.fail["missed"] = [Unavailable("It answers 500.")] * 1_000
        assert discord.intake is not None
        discord.intake.gap_possible(DISCORD)
        await discord.intake.connected(DISCORD)
        await bridge.says(discord, "m1", "On its way.")
        await asyncio.sleep(240)
        assert discord.texts(thread) == ["Hello?"]
        await asyncio.sleep(900)
        await bridge.says(discord, "m2", "Are you still there?")
        await asyncio.sleep(900)
        told = "⏳ What was written here has not reached the customer yet."
        assert [text.startswith(told) for text in discord.texts(thread)[1:]] == [True]
        discord.fail["missed"].clear()
        await until(lambda: len(bridge.vendor.texts("t1")) == 2, "both are sent")
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["On its way.", "Are you still there?"]
        assert len(discord.texts(thread)) == 2
