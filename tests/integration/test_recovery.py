"""What goes wrong around the loop, and how it is put right or reported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import DatabaseError, Gone, Unavailable, Unsupported
from bot.model import (
    Agent,
    AgentId,
    Attachment,
    ChatMessageId,
    Conversation,
    Counts,
    Cursor,
    File,
    Mark,
    MessageId,
    OtherTicket,
    Said,
    Status,
    ThreadId,
    TicketId,
    TicketNumber,
    Verb,
)
from bot.ports import VendorCapabilities
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.memory.vendor import MemoryVendor
from tests.support.rest import SWEEPS
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


@dataclass
class NotingVendor(MemoryVendor):
    """A vendor that also keeps notes, takes files and counts."""

    notes: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        self._call("note")
        self.notes.append((agent, text))
        self._lose("note")
        return None

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        return (agent, text) in self.notes

    async def reply_with(self, ticket: TicketId, text: str, files: list[File]) -> MessageId | None:
        self.files += [(file.name, file.content.read()) for file in files]
        return await self.reply(ticket, text)

    async def counts(self) -> Counts:
        return Counts(total=12, open=3)


class FullDisk:
    """A database that takes nothing."""

    async def write(self, *_args: object, **_rest: object) -> None:
        raise DatabaseError("The disk is full.")


async def test_a_deleted_thread_is_replaced(tmp_path: Path) -> None:
    """When a thread is gone, the next message opens a new one, says so, and is shown there."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.discord.fail["post"] = [Gone("It was deleted.")]
        bridge.vendor.customer_writes("t1", "Anybody?")
        await until(lambda: len(bridge.discord.threads()) == 2)
        new = bridge.thread(bridge.discord, 1)
        await until(lambda: len(bridge.discord.texts(new)) >= 3)
        await bridge.at_rest()
        assert len(bridge.discord.threads()) == 2
        assert sorted(bridge.discord.texts(new)) == [
            "Anybody?",
            "Hello?",
            "The old thread of this ticket was deleted. The ticket continues here.",
        ]
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?", "Anybody?"]


async def test_a_thread_that_is_deleted_is_replaced_at_once(tmp_path: Path) -> None:
    """When the chat says that a thread was deleted, an open ticket gets another one without waiting for a message."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        assert bridge.discord.intake is not None
        await bridge.discord.intake.place_deleted(bridge.place(bridge.discord))
        await bridge.discord.intake.place_deleted(bridge.place(bridge.discord))
        await until(lambda: len(bridge.discord.texts(bridge.thread(bridge.discord, 1))) == 2)
        await bridge.at_rest()
        assert len(bridge.discord.threads()) == 2
        assert len(bridge.discord.texts(bridge.thread(bridge.discord, 1))) == 2


async def test_a_channel_that_is_gone_is_reported_in_the_other_chat(tmp_path: Path) -> None:
    """A ticket that can have no thread in one chat says so in its thread in the other."""
    discord = MemoryChat(name=DISCORD)
    discord.fail["open_thread"] = [Gone("The channel was deleted.")]
    async with running(tmp_path / "db", discord=discord) as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        await until(bridge.slack.threads)
        expected = "⚠️ This ticket has no thread in Discord now. The channel was deleted."
        await until(lambda: expected in bridge.slack.texts(bridge.thread(bridge.slack)))
        await bridge.sweeps(SWEEPS)
        assert bridge.slack.texts(bridge.thread(bridge.slack)).count(expected) == 1


async def test_an_old_reply_waits_for_a_word(tmp_path: Path) -> None:
    """A reply found more than an hour late is not sent unasked; Send sends it and Discard does not."""
    vendor, discord, slack = default_vendor(), MemoryChat(name=DISCORD), MemoryChat(name=SLACK)
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
        await bridge.ticket_arrives()
        long_ago = now() - timedelta(hours=3)
        discord.history = [
            bridge.said(discord, "m1", "send this", said_at=long_ago),
            bridge.said(discord, "m2", "not this", said_at=long_ago + timedelta(seconds=1)),
        ]
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
        thread = bridge.thread(discord)
        await until(lambda: sum("Send it now?" in text for text in discord.texts(thread)) == 2)
        assert vendor.texts("t1") == []
        asking = [shown.post for shown in discord.shown[thread] if shown.post.buttons]
        assert [button.label for button in asking[0].buttons] == ["Send", "Discard"]
        await bridge.asks(discord, Verb.RETRY, delivery=asking[0].buttons[0].delivery)
        await bridge.asks(discord, Verb.DISCARD, delivery=asking[1].buttons[1].delivery)
        await until(lambda: discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert vendor.texts("t1") == ["send this"]


async def test_what_was_recovered_is_said_once_in_the_channel(tmp_path: Path) -> None:
    """After an outage one line in the channel says how many messages were found, however often they are read again."""
    vendor, discord, slack = default_vendor(), MemoryChat(name=DISCORD), MemoryChat(name=SLACK)
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
        await bridge.ticket_arrives()
        at = now()
        discord.history = [bridge.said(discord, f"m{n}", f"text {n}", said_at=at) for n in range(5)]
    for _ in range(2):
        async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
            await until(lambda: len(vendor.texts("t1")) >= 5)
            await until(lambda: discord.texts("1"))
            await bridge.at_rest()
    assert vendor.texts("t1") == [f"text {n}" for n in range(5)]
    assert discord.texts("1") == ["🔁 Connected to Discord again. Found 5 missed messages; they are being handled now."]


async def test_closed_here_only(tmp_path: Path) -> None:
    """Where the vendor cannot close, the ticket is closed here and marked as such, until the customer writes."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["set_status"] = [Unsupported("No v2.")]
        await bridge.asks(bridge.discord, Verb.CLOSE)
        thread = bridge.thread(bridge.slack)
        await until(lambda: bridge.slack.cards[thread][-1].status is Status.CLOSED)
        assert bridge.slack.cards[thread][-1].status_text == "✅ Closed (closed here only)"
        await bridge.at_rest()
        assert bridge.slack.cards[thread][-1].status is Status.CLOSED
        bridge.vendor.customer_writes("t1", "Not solved!")
        await until(lambda: bridge.slack.cards[thread][-1].status is Status.OPEN)
        assert bridge.vendor.tickets[TicketId("t1")].status is Status.OPEN


async def test_notes_files_and_counts_where_the_vendor_has_them(tmp_path: Path) -> None:
    """A note reaches the vendor's own notes once, even if its answer is lost; a file goes along; /stats counts."""
    vendor = NotingVendor(now=now)
    vendor.lose.add("note")
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.slack, "m1", "note: be kind")
        await until(lambda: vendor.notes)
        await bridge.says(bridge.slack, "m2", "", attachments=(Attachment(name="key.txt", size=4),))
        await until(lambda: bridge.slack.marks.get(ChatMessageId("m2")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert vendor.notes == [("Ann", "be kind")]
        assert vendor.files == [("key.txt", b"content of key.txt")]
        answer = await bridge.asks(bridge.slack, Verb.STATS)
        assert "main: Memory's own figures: total 12 · open 3" in answer.text


async def test_the_same_message_many_times_is_one(tmp_path: Path) -> None:
    """A message that the chat delivers eleven times is sent once."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        said = bridge.said(bridge.slack, "m1", "once")
        assert bridge.slack.intake is not None
        await asyncio.gather(*(bridge.slack.intake.said(said) for _ in range(11)))
        await until(lambda: bridge.slack.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["once"]
        assert bridge.discord.texts(bridge.thread(bridge.discord)) == ["Hello?", "once"]


async def test_the_vendor_without_reopening_is_said_plainly(tmp_path: Path) -> None:
    """What a vendor's API does not have is answered at once, in words, with what the agent can do instead."""
    vendor = default_vendor()
    vendor.capabilities = VendorCapabilities(
        verbs=frozenset({Verb.CLOSE}), instead={Verb.REOPEN: "Ask the customer to open a new ticket."}
    )
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        await bridge.asks(bridge.discord, Verb.CLOSE)
        answer = await bridge.asks(bridge.discord, Verb.REOPEN)
        assert answer.text == "Ask the customer to open a new ticket."
        await bridge.at_rest()
        assert bridge.vendor.calls.count("set_status") == 1


async def test_a_nudge_for_one_ticket_reads_only_that(tmp_path: Path) -> None:
    """A webhook that names a known ticket brings its news without a sweep of the store."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["changes"] = [Unavailable("Only the list is down.")] * 1000
        await until(lambda: len(bridge.vendor.fail["changes"]) < 1000)
        bridge.vendor.customer_writes("t1", "Nudged.")
        bridge.app.nudge(MAIN, TicketId("t1"))
        reads = bridge.vendor.calls.count("ticket")
        await until(lambda: "Nudged." in bridge.discord.texts(bridge.thread(bridge.discord)))
        assert bridge.vendor.fail["changes"], "the list is still down"
        assert bridge.vendor.calls.count("ticket") == reads + 1


async def test_the_card_names_the_customers_other_tickets(tmp_path: Path) -> None:
    """A card names the same customer's other tickets."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", "One.")
        await bridge.ticket_arrives("t2", "Two.")
        card = bridge.discord.cards[ThreadId("1.2")][0]
        assert card.others == (OtherTicket(TicketNumber(1001), "https://discord.example/1.1"),)


async def test_a_gone_ticket_is_said_once(tmp_path: Path) -> None:
    """A ticket that the vendor no longer has is said to be gone, once, and nothing can be closed there."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        ticket = bridge.vendor.tickets.pop(TicketId("t1"))
        thread = bridge.thread(bridge.slack)
        await until(lambda: any("no longer has this ticket" in text for text in bridge.slack.texts(thread)))
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert sum("no longer has this ticket" in text for text in chat.texts(bridge.thread(chat))) == 1
        assert bridge.slack.cards[thread][-1].buttons == ()
        bridge.vendor.tickets[ticket.id] = replace(ticket, subject="It is back")
        await until(lambda: bridge.slack.cards[thread][-1].buttons)


async def test_a_message_that_could_not_be_written_down_is_read_again(tmp_path: Path) -> None:
    """When recording an event fails, the thread is read before anything newer in it is sent, so the order holds."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        earlier = now() - timedelta(seconds=1)
        lost = bridge.said(bridge.discord, "m1", "first", said_at=earlier)
        await until(lambda: bridge.discord.missed_calls == 1)
        bridge.discord.history = [lost]
        reception = bridge.app._intake
        reception._database = FullDisk()  # type: ignore[assignment]
        with pytest.raises(DatabaseError):
            await bridge.says(bridge.discord, "m1", "first")
        reception._database = bridge.database
        await bridge.says(bridge.discord, "m2", "second")
        await until(lambda: bridge.vendor.texts("t1") == ["first", "second"])
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["first", "second"]


async def test_a_ticket_that_comes_back_as_it_was_is_seen(tmp_path: Path) -> None:
    """A ticket that left the open list and returns with the very fingerprint it had is open again here, too."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        thread = bridge.thread(bridge.slack)
        bridge.vendor.set("t1", Status.CLOSED)
        await until(lambda: bridge.slack.cards[thread][-1].status is Status.CLOSED)
        bridge.vendor.set("t1", Status.OPEN)
        await until(lambda: bridge.slack.cards[thread][-1].status is Status.OPEN)


@dataclass
class ClosedMeanwhile(MemoryVendor):
    """A vendor where somebody closes the ticket after the list was read, and before the ticket is."""

    closes: bool = False

    async def ticket(self, ticket: TicketId) -> Conversation:
        if self.closes:
            self.closes = False
            self.set(ticket, Status.CLOSED)
        return await super().ticket(ticket)


async def test_a_ticket_that_changes_between_list_and_reading_is_read_again(tmp_path: Path) -> None:
    """The list then shows the very fingerprint that it had when the ticket was read as closed."""
    vendor = ClosedMeanwhile(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        vendor.closes = True
        vendor.customer_writes("t1", "Anybody?")
        await until(lambda: not vendor.closes)
        await until(lambda: bridge.slack.cards[bridge.thread(bridge.slack)][-1].status is Status.CLOSED)
        vendor.set("t1", Status.OPEN)
        await bridge.at_rest()
        assert bridge.slack.cards[bridge.thread(bridge.slack)][-1].status is Status.OPEN


@dataclass
class SlowToRead(MemoryChat):
    """A chat in which reading many threads takes for ever; one alone is read at once."""

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        if len(cursors) > 1:
            await asyncio.Event().wait()
        async for said in super().missed(cursors):
            yield said


async def test_a_thread_that_is_written_in_is_read_ahead_of_the_others(tmp_path: Path) -> None:
    """While many threads are being read after an outage, one where somebody writes does not wait for them all."""
    vendor, slack = default_vendor(), MemoryChat(name=SLACK)
    async with running(tmp_path / "db", vendor=vendor, slack=slack) as bridge:
        await bridge.ticket_arrives("t1", "One.")
        await bridge.ticket_arrives("t2", "Two.")
        headed = slack.headed
    slow = SlowToRead(name=SLACK, headed=headed)
    async with running(tmp_path / "db", vendor=vendor, slack=slow) as bridge:
        earlier = now() - timedelta(seconds=5)
        slow.history = [bridge.said(slow, "m1", "missed", said_at=earlier)]
        await bridge.says(slow, "m2", "live")
        await until(lambda: vendor.texts("t1") == ["missed", "live"])
        await bridge.at_rest()
        assert vendor.texts("t1") == ["missed", "live"]


@dataclass
class SlowToReadEach(SlowToRead):
    """The same where one alone takes two seconds."""

    async def missed(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        await asyncio.sleep(2.0)
        async for said in super().missed(cursors):
            yield said


@pytest.mark.parametrize("is_agent", [True, False])
async def test_who_writes_very_much_keeps_no_other_thread_from_being_read(tmp_path: Path, is_agent: bool) -> None:
    """While many threads are being read, each in which somebody writes has one turn, and agents' threads before all."""
    vendor, slack = default_vendor(), MemoryChat(name=SLACK)
    async with running(tmp_path / "db", vendor=vendor, slack=slack) as bridge:
        for ticket in ("t1", "t2", "t3"):
            await bridge.ticket_arrives(ticket, f"{ticket} Hello?")
        headed = slack.headed
    slow = SlowToReadEach(name=SLACK, headed=headed)
    async with running(tmp_path / "db", vendor=vendor, slack=slow) as bridge:
        somebody = Agent(id=AgentId("u9"), name="Mallory", is_full_member=is_agent)
        for number in range(40):
            place = replace(bridge.place(slow), thread=bridge.thread(slow, number % 2))
            await bridge.says(slow, f"n{number}", f"// noise {number}", agent=somebody, place=place)
        await bridge.says(slow, "m1", "An answer", place=replace(bridge.place(slow), thread=bridge.thread(slow, 2)))
        await until(lambda: vendor.texts("t3") == ["An answer"], seconds=10)


async def test_a_note_that_is_deleted_in_time_does_not_reach_the_vendor(tmp_path: Path) -> None:
    """Within the undo time a deleted note is kept from the vendor's own notes; the next one is not."""
    vendor = NotingVendor(now=now)
    async with running(tmp_path / "db", vendor=vendor, undo=0.3) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "// wrong")
        await bridge.deletes(bridge.discord, "m1")
        await bridge.says(bridge.discord, "m2", "// right")
        await bridge.at_rest()
        assert vendor.notes == [("Ann", "right")]
