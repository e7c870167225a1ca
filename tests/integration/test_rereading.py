"""What agents change while nobody receives it: replies that wait are read again before they leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.errors import AuthFailed, Forbidden, Gone, RateLimited, Rejected, RemoteError, Unavailable
from bot.model import (
    Agent,
    AgentId,
    ChannelId,
    ChatMessageId,
    Cursor,
    Deleted,
    Edited,
    Mark,
    MessageId,
    Place,
    Said,
    ThreadId,
    TicketId,
    Verb,
)
from tests.support.memory.bridge import DISCORD, SLACK, Bridge, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.simulation.one_ticket import one_ticket
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.simulated


@dataclass
class Three:
    """A vendor and two chats that outlive the processes."""

    vendor: MemoryVendor = field(default_factory=default_vendor)
    discord: MemoryChat = field(default_factory=lambda: MemoryChat(name=DISCORD))
    slack: MemoryChat = field(default_factory=lambda: MemoryChat(name=SLACK))


def connection_is_lost(chat: MemoryChat) -> None:
    chat.connected.clear()


async def connects(chat: MemoryChat, *, anew: bool) -> None:
    """Anew, as after a restart; or going on where it was, with everything that happened meanwhile."""
    assert chat.intake is not None
    if anew:
        chat.intake.gap_possible(chat.name)
    chat.connected.set()
    if anew:
        await chat.intake.connected(chat.name)


def marked(chat: MemoryChat, message: str) -> Mark | None:
    return chat.marks.get(ChatMessageId(message))


async def both_in_sight(bridge: Bridge) -> None:
    await until(lambda: all(catchup.in_sync for catchup in bridge.app._catchups.values()))


async def replies(bridge: Bridge) -> list[dict[str, object]]:
    return [row for row in await bridge.rows("unfinished_deliveries") if row["kind"] == "reply"]


async def put_off(bridge: Bridge) -> None:
    """Wait until the first reply that waits was to leave and did not."""
    before, deadline = (await replies(bridge))[0]["due_at"], asyncio.get_running_loop().time() + PATIENCE
    while (await replies(bridge))[0]["due_at"] == before:
        assert asyncio.get_running_loop().time() < deadline, "it was not put off"
        await asyncio.sleep(0.01)


async def test_what_was_changed_while_it_was_down_counts(tmp_path: Path) -> None:
    """Deleted it is recalled, edited it leaves as edited, made a note it is one; each for one request."""
    there = Three()
    async with running(tmp_path / "db", undo=1, **vars(there)) as bridge:
        await bridge.ticket_arrives()
        for message in ("kept", "deleted", "edited", "noted"):
            await bridge.says(there.discord, message, f"{message} reply")
    there.discord.wordings |= {
        ChatMessageId("deleted"): None,
        ChatMessageId("edited"): "better reply",
        ChatMessageId("noted"): "// what a reply",
    }
    async with running(tmp_path / "db", undo=1, **vars(there)) as bridge:
        await until(lambda: len(there.vendor.texts("t1")) == 2)
        await bridge.drained()
        assert there.vendor.texts("t1") == ["kept reply", "better reply"]
        assert there.discord.reread_calls == 4
        assert there.slack.texts(bridge.thread(there.slack)).count("what a reply") == 1
        assert marked(there.discord, "noted") is Mark.NOTE
        assert there.slack.reread_calls == 0


async def test_nothing_is_read_again_where_nothing_can_have_been_missed(tmp_path: Path) -> None:
    """In normal life, and over a connection that goes on where it was, a reply costs no request of its chat."""
    async with running(tmp_path / "db", undo=0.3) as bridge:
        await bridge.ticket_arrives()
        await both_in_sight(bridge)
        await bridge.says(bridge.discord, "m1", "one")
        await until(lambda: marked(bridge.discord, "m1") is Mark.DELIVERED)
        await bridge.says(bridge.discord, "m2", "two")
        connection_is_lost(bridge.discord)
        await connects(bridge.discord, anew=False)
        await until(lambda: marked(bridge.discord, "m2") is Mark.DELIVERED)
        await connects(bridge.slack, anew=True)
        await bridge.says(bridge.discord, "m3", "three")
        await until(lambda: marked(bridge.discord, "m3") is Mark.DELIVERED)
        assert bridge.vendor.texts("t1") == ["one", "two", "three"]
        assert bridge.discord.reread_calls == 0


@pytest.mark.parametrize("anew", [True, False])
async def test_while_a_chat_is_away_its_replies_wait(tmp_path: Path, anew: bool) -> None:
    """Nothing of it counts as an attempt; when the chat is back a deletion is found, or comes in by itself."""
    async with running(tmp_path / "db", undo=0.2) as bridge:
        await bridge.ticket_arrives()
        await both_in_sight(bridge)
        await bridge.says(bridge.discord, "m1", "deleted unheard")
        await bridge.says(bridge.discord, "m2", "kept")
        connection_is_lost(bridge.discord)
        bridge.discord.wordings[ChatMessageId("m1")] = None
        await put_off(bridge)
        assert bridge.vendor.texts("t1") == []
        assert [row["attempts"] for row in await replies(bridge)] == [0, 0]
        if not anew:
            await bridge.deletes(bridge.discord, "m1")
        await connects(bridge.discord, anew=anew)
        await until(lambda: marked(bridge.discord, "m2") is Mark.DELIVERED)
        await bridge.drained()
        assert bridge.vendor.texts("t1") == ["kept"]
        # Whether to read again may have been decided just before the chat came back; that does no harm.
        assert bridge.discord.reread_calls in ((2,) if anew else (0, 1))


async def test_a_chat_that_stays_away_does_not_keep_the_customer_waiting_for_ever(tmp_path: Path) -> None:
    """After some minutes replies leave as they were written: all that wait, in order, not one after so long each."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        for number in range(5):
            discord.writes(ThreadId("1.1"), f"t1 reply {number}")
        await asyncio.sleep(1)
        discord.disconnects(3600)
        slack.writes(ThreadId("1.1"), "t1 reply 5")
        began = sim.loop.time()
        await sim.advance_until(lambda: len(shop.texts("t1")) == 6)
        assert 300 < sim.loop.time() - began < 330
        await asyncio.sleep(600)
        assert shop.texts("t1") == [f"t1 reply {number}" for number in range(6)]
        assert discord.reread_calls == 0


async def test_replies_from_the_other_chat_wait_only_behind_those_that_do(tmp_path: Path) -> None:
    """One chat that is away holds up no other ticket, and in its own ticket the order stays."""
    async with running(tmp_path / "db", undo=0.1) as bridge:
        await bridge.ticket_arrives("t1", "One.")
        await bridge.ticket_arrives("t2", "Two.")
        await both_in_sight(bridge)
        other = Place(chat=SLACK, channel=ChannelId("1"), thread=bridge.thread(bridge.slack, 1))
        await bridge.says(bridge.discord, "m1", "first")
        connection_is_lost(bridge.discord)
        await bridge.says(bridge.slack, "m2", "second")
        await bridge.says(bridge.slack, "m3", "elsewhere", place=other)
        await until(lambda: bridge.vendor.texts("t2") == ["elsewhere"])
        assert bridge.vendor.texts("t1") == []
        await connects(bridge.discord, anew=True)
        await until(lambda: bridge.vendor.texts("t1") == ["first", "second"])


async def test_what_an_agent_asks_for_is_sent_at_once(tmp_path: Path) -> None:
    """Retry, pressed in the other chat, proves that it is wanted."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await both_in_sight(bridge)
        bridge.vendor.fail["reply"] = [Rejected("No.")]
        await bridge.says(bridge.discord, "m1", "again")
        await until(lambda: marked(bridge.discord, "m1") is Mark.FAILED)
        [failed] = [row for row in await bridge.rows("unfinished_deliveries") if row["state"] == "failed"]
        assert bridge.discord.intake is not None
        connection_is_lost(bridge.discord)
        bridge.discord.intake.gap_possible(DISCORD)
        await bridge.asks(bridge.slack, Verb.RETRY, delivery=failed["id"])
        await until(lambda: bridge.vendor.texts("t1") == ["again"])


@pytest.mark.parametrize(
    "error", [Unavailable("Down."), RateLimited("Slowly.", retry_after=0.05), AuthFailed("Set the token.")]
)
async def test_a_message_that_cannot_be_read_now_is_read_later(tmp_path: Path, error: RemoteError) -> None:
    """Its reply waits meanwhile, and that counts as no attempt."""
    there = Three()
    async with running(tmp_path / "db", undo=1, **vars(there)) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(there.discord, "m1", "frist")
    there.discord.wordings[ChatMessageId("m1")] = "first"
    there.discord.fail["reread"] = [error] * 3
    async with running(tmp_path / "db", **vars(there)) as bridge:
        await until(lambda: there.vendor.texts("t1") == ["first"])
        assert there.discord.fail["reread"] == []
        await bridge.drained()


async def test_a_thread_that_cannot_be_read_concerns_its_own_replies_alone(tmp_path: Path) -> None:
    """They leave after some minutes, whatever else can be read; and what is deleted in other threads is found."""
    there, read = Three(), MemoryChat.reread

    async def reread(chat: MemoryChat, place: Place, message: ChatMessageId) -> Said | None:
        if message == "m0":
            raise Unavailable("Not this one.")
        return await read(chat, place, message)

    began = asyncio.get_running_loop().time()

    async def says(bridge: Bridge, number: int, at: int) -> None:
        await asyncio.sleep(began + at - asyncio.get_running_loop().time())
        place = replace(bridge.place(there.discord), thread=bridge.thread(there.discord, number))
        await bridge.says(there.discord, f"m{number}", f"reply {number}", place=place)

    async with running(tmp_path / "db", undo=300, **vars(there)) as bridge:
        for number in range(3):
            await bridge.ticket_arrives(f"t{number}", f"Hello {number}?")
        await says(bridge, 0, at=10)
        await says(bridge, 1, at=100)
    with patch.object(MemoryChat, "reread", reread):
        async with running(tmp_path / "db", undo=300, **vars(there)) as bridge:
            await says(bridge, 2, at=320)
            there.discord.wordings[ChatMessageId("m2")] = None
            await connects(there.discord, anew=True)
            await until(lambda: there.vendor.texts("t0") == ["reply 0"], seconds=2000)
            assert 610 < asyncio.get_running_loop().time() - began < 613
            await bridge.drained()
    assert [there.vendor.texts(f"t{number}") for number in range(3)] == [["reply 0"], ["reply 1"], []]


@pytest.mark.parametrize("error", [Gone("The thread was deleted."), Forbidden("Not here."), Rejected("Not you.")])
async def test_a_thread_that_is_gone_or_closed_to_us_recalls_nothing(tmp_path: Path, error: RemoteError) -> None:
    """That a message cannot be read says nothing about what its author wanted: it leaves as it was written."""
    there = Three()
    async with running(tmp_path / "db", undo=1, **vars(there)) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(there.discord, "m1", "as written")
    there.discord.fail["reread"] = [error]
    async with running(tmp_path / "db", **vars(there)):
        await until(lambda: there.vendor.texts("t1") == ["as written"])
        assert there.discord.reread_calls == 0


async def test_what_was_written_in_a_thread_that_was_replaced_is_not_looked_for_in_the_new_one(tmp_path: Path) -> None:
    """It is not there, of course, and that is no deletion."""
    there = Three()
    async with running(tmp_path / "db", undo=1, **vars(there)) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(there.discord, "m1", "as written")
        former = bridge.place(there.discord)
    there.discord.wordings[ChatMessageId("m1")] = None
    async with running(tmp_path / "db", **vars(there)) as bridge:
        await both_in_sight(bridge)
        assert there.discord.intake is not None
        there.discord.gone.add(str(former.thread))
        await there.discord.intake.place_deleted(former)
        await until(lambda: len(there.discord.threads()) == 2)
        connection_is_lost(there.discord)
        await until(lambda: there.vendor.texts("t1") == ["as written"])
        assert there.discord.reread_calls == 0


@dataclass
class Noting(MemoryVendor):
    """A vendor that keeps notes."""

    notes: list[str] = field(default_factory=list)

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        self.notes.append(text)
        return None

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        return text in self.notes


async def test_a_note_that_waits_is_read_again_as_well(tmp_path: Path) -> None:
    """What was deleted without our knowledge does not reach the vendor's notes, and is reported where it is shown."""
    there = Three(vendor=Noting(now=now))
    async with running(tmp_path / "db", undo=1, **vars(there)) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(there.discord, "m1", "// wrong")
        await bridge.says(there.discord, "m2", "// frist")
        await until(lambda: "frist" in there.slack.texts(bridge.thread(there.slack)))
    there.discord.wordings |= {ChatMessageId("m1"): None, ChatMessageId("m2"): "// first"}
    async with running(tmp_path / "db", undo=1, **vars(there)) as bridge:
        assert isinstance(there.vendor, Noting)
        await until(lambda: there.vendor.notes == ["first"])  # type: ignore[attr-defined]
        await bridge.drained()
        assert there.slack.texts(bridge.thread(there.slack))[-2:] == [
            "🗑️ The note “wrong” by Ann was deleted.",
            "✏️ Ann changed the note “frist”. It now says:\nfirst",
        ]


@dataclass
class SlowToBring(MemoryChat):
    """A chat whose reading of what was missed stops behind what it has read until it is let go on."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    was_read: asyncio.Event = field(default_factory=asyncio.Event)

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        page = [said async for said in super().missed(cursors)]
        self.was_read.set()
        await self.go_on.wait()
        for said in page:
            yield said


async def test_what_is_changed_between_its_reading_and_our_writing_it_down_counts(tmp_path: Path) -> None:
    """A message on a page that was read already is edited, another deleted: neither goes out as it stood there."""
    there = Three(discord=SlowToBring(name=DISCORD))
    slow = there.discord
    assert isinstance(slow, SlowToBring)
    slow.go_on.set()
    async with running(tmp_path / "db", **vars(there)) as bridge:
        await bridge.ticket_arrives()
        at = now()
        slow.history = [bridge.said(slow, f"m{n}", f"text {n}", said_at=at) for n in range(3)]
        slow.wordings |= {said.message: said.text for said in slow.history}
        slow.go_on.clear()
        slow.was_read.clear()
    async with running(tmp_path / "db", **vars(there)) as bridge:
        await slow.was_read.wait()
        await bridge.edits(slow, "m1", "text one")
        await bridge.deletes(slow, "m2")
        slow.go_on.set()
        await until(lambda: len(there.vendor.texts("t1")) == 2)
        await bridge.drained()
        assert there.vendor.texts("t1") == ["text 0", "text one"]
        assert slow.reread_calls == 2


async def test_what_comes_in_while_older_messages_are_missing_may_be_old_itself(tmp_path: Path) -> None:
    """Slack brings some messages again as they were first: what they read like now is what is sent."""
    there = Three(slack=SlowToBring(name=SLACK))
    slow = there.slack
    assert isinstance(slow, SlowToBring)
    slow.go_on.set()
    async with running(tmp_path / "db", **vars(there)) as bridge:
        await bridge.ticket_arrives()
        slow.go_on.clear()
        slow.was_read.clear()
    async with running(tmp_path / "db", **vars(there)) as bridge:
        await slow.was_read.wait()
        for message in ("m1", "m2", "m3"):
            await bridge.says(slow, message, "as first written")
        slow.wordings |= {ChatMessageId("m1"): "as it is", ChatMessageId("m2"): None}
        await bridge.deletes(slow, "m3")
        slow.go_on.set()
        await until(lambda: there.vendor.texts("t1"))
        await bridge.drained()
        assert there.vendor.texts("t1") == ["as it is"]


async def test_an_event_that_could_not_be_written_down_is_made_good(tmp_path: Path) -> None:
    """A deletion that met a full disk is found when what waits is read again."""
    async with running(tmp_path / "db", undo=0.4) as bridge:
        await bridge.ticket_arrives()
        await both_in_sight(bridge)
        await bridge.says(bridge.discord, "m1", "deleted")
        await bridge.says(bridge.discord, "m2", "edited")
        reception = bridge.app._intake
        place, agent = bridge.place(bridge.discord), Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
        with patch.object(reception, "_database", None):
            for message, wording in (("m1", None), ("m2", "better")):
                bridge.discord.wordings[ChatMessageId(message)] = wording
            with pytest.raises(AttributeError):
                await reception.deleted(Deleted(place=place, message=ChatMessageId("m1")))
            edited = Edited(place=place, message=ChatMessageId("m2"), agent=agent, text="better")
            with pytest.raises(AttributeError):
                await reception.edited(edited)
        await until(lambda: bridge.vendor.texts("t1") == ["better"])
        await bridge.drained()


async def test_a_reply_of_a_chat_that_is_configured_no_more_leaves(tmp_path: Path) -> None:
    """Nobody can read there what became of it, and nobody will."""
    there = Three()
    async with running(tmp_path / "db", undo=1, **vars(there)) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(there.slack, "m1", "from Slack")
    async with running(tmp_path / "db", without=SLACK, **vars(there)):
        await until(lambda: there.vendor.texts("t1") == ["from Slack"])


async def test_a_reply_that_waited_for_an_hour_in_an_outage_of_the_store_is_read_again(tmp_path: Path) -> None:
    """Attempts that certainly came to nothing change nothing: what is deleted after them is not sent."""
    there = Three()
    there.vendor.fail["reply"] = [Unavailable("Down.")] * 2
    async with running(tmp_path / "db", **vars(there)) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(there.discord, "m1", "too late", said_at=now() - timedelta(minutes=1))
        await until(lambda: len(there.vendor.fail["reply"]) < 2)
        connection_is_lost(there.discord)
        await until(lambda: there.vendor.calls.count("reply") >= 1)
        there.discord.wordings[ChatMessageId("m1")] = None
        await connects(there.discord, anew=True)
        await bridge.drained()
        assert there.vendor.texts("t1") == []
