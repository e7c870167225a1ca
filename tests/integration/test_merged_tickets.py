"""What a store does to its tickets behind our back: merged, listed twice, under an id that is written otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Uncertain
from bot.model import (
    Absent,
    Author,
    Change,
    Conversation,
    Message,
    MessageId,
    State,
    Status,
    StoreName,
    TicketId,
    TicketNumber,
)
from bot.ports import KnownTickets
from bot.tickets.erasure import forget
from tests.support.memory.bridge import Bridge, running
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

T1, T2 = TicketId("t1"), TicketId("t2")


@dataclass
class Merging(MemoryVendor):
    """
    A store that merges tickets.

    Attributes:
        answers: For which ticket it answers who asks for another one.
        both: Lists each ticket on two pages, on one as open and on one as closed, with its messages.
    """

    answers: dict[TicketId, TicketId] = field(default_factory=dict)
    written: dict[TicketId, str] = field(default_factory=dict)
    both: bool = False

    async def ticket(self, ticket: TicketId) -> Conversation:
        found = await super().ticket(self.answers.get(ticket, ticket))
        return replace(found, ticket=replace(found.ticket, id=TicketId(self.written.get(ticket, found.ticket.id))))

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent]:
        if not self.both:
            async for each in super().changes(known):
                yield each
            return
        self.calls.append("changes")
        for status in Status:
            recorded = await known.fingerprints(list(self.tickets))
            for ticket in self.tickets.values():
                fingerprint = f"{status} {len(self.said[ticket.id])}"
                if recorded.get(ticket.id) != fingerprint:
                    messages = tuple(self.said[ticket.id])
                    yield Change(ticket=replace(ticket, status=status), fingerprint=fingerprint, messages=messages)


async def two_tickets(bridge: Bridge) -> None:
    """Jane has one, in the first thread, and so has Karl, in the second one."""
    await bridge.ticket_arrives("t1", "Hello from Jane")
    await bridge.ticket_arrives("t2", "Hello from Karl", name="Karl")


async def test_a_merged_ticket_gets_each_reply_once(tmp_path: Path) -> None:
    """The store answers with the ticket into which it was merged: a reply whose answer was lost is found there."""
    vendor = Merging(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await two_tickets(bridge)
        vendor.said[T1] = vendor.said[T2] = [*vendor.said[T1], *vendor.said[T2]]
        vendor.answers = {T2: T1}
        vendor.lose = {"reply"}
        place = replace(bridge.place(bridge.discord), thread=bridge.thread(bridge.discord, 1))
        await bridge.says(bridge.discord, "m1", "Here you are", place=place)
        await bridge.at_rest()
        assert vendor.texts("t1") == ["Here you are"]


async def test_another_tickets_words_stay_out(tmp_path: Path) -> None:
    """An answer about a ticket that has nothing of this one in it is no answer: nothing of it is shown here."""
    vendor = Merging(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await two_tickets(bridge)
        vendor.answers = {T2: T1}
        vendor.customer_writes("t2", "More from Karl")
        await bridge.sweeps(5)
        vendor.answers = {}
        await until(lambda: "More from Karl" in bridge.discord.texts(bridge.thread(bridge.discord, 1)))
        await bridge.at_rest()
        threads = bridge.discord.threads()
        assert [bridge.discord.texts(thread) for thread in threads] == [
            ["Hello from Jane"],
            ["Hello from Karl", "More from Karl"],
        ]


@pytest.mark.parametrize("written", ["T1", " t1", "t1\n"])
async def test_an_id_may_be_written_otherwise(tmp_path: Path, written: str) -> None:
    """The list's id is the ticket's, however the ticket itself spells it: it has one thread and is read once."""
    vendor = Merging(now=now, written={T1: written})
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        reads = vendor.calls.count("ticket")
        await bridge.says(bridge.discord, "m1", "Here you are")
        await until(lambda: vendor.texts("t1") == ["Here you are"])
        await bridge.sweeps(5)
        assert len(bridge.discord.threads()) == 1
        assert vendor.calls.count("ticket") <= reads + 2


async def test_a_ticket_that_is_listed_twice_does_not_close_again_and_again(tmp_path: Path) -> None:
    """It is read by itself, and what that says counts."""
    vendor = Merging(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        vendor.both = True
        await bridge.sweeps(3)
        await bridge.drained()
        shown = len(bridge.discord.texts(bridge.thread(bridge.discord)))
        await bridge.sweeps(10)
        await bridge.drained()
        assert len(bridge.discord.texts(bridge.thread(bridge.discord))) <= shown <= 4


async def test_an_old_message_is_no_proof_of_a_new_reply(tmp_path: Path) -> None:
    """A merge brings what a colleague wrote a month ago, in the words of a reply that was lost: it is sent."""
    vendor = Merging(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        send = vendor.reply

        async def lost(ticket: TicketId, text: str) -> MessageId | None:
            vendor.reply = send  # type: ignore[method-assign]
            long_ago = now() - timedelta(days=30)
            merged = Message(id=MessageId("t9-1"), author=Author.STAFF, text=text, written_at=long_ago)
            vendor.said[ticket].insert(0, merged)
            raise Uncertain("The answer was lost.")

        vendor.reply = lost  # type: ignore[method-assign]
        await bridge.says(bridge.discord, "m1", "Thanks!")
        await until(lambda: len(vendor.texts("t1")) > 1)
        await bridge.at_rest()
        assert vendor.texts("t1") == ["Thanks!", "Thanks!"]


@pytest.mark.parametrize("forgets", [False, True])
async def test_an_id_that_comes_back_is_another_ticket(tmp_path: Path, forgets: bool) -> None:
    """A store gives the id of a deleted ticket to a new one: that gets a thread of its own, with all its messages."""
    vendor = Merging(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives(text="Hello from Jane")
        del vendor.tickets[T1], vendor.said[T1]
        (first,) = bridge.discord.threads()
        await until(lambda: len(bridge.discord.texts(first)) == 2, "that it is gone is told")
        if forgets:
            await bridge.database.write(forget, [TicketNumber(1001)], now(), in_chats=False)
        vendor.customer_writes("t1", "Hello from Karl", name="Karl")
        await until(lambda: len(bridge.discord.threads()) == 2)
        await bridge.says(bridge.discord, "m1", "For Jane")
        await bridge.at_rest(State.FAILED)
        second = bridge.discord.threads()[1]
        assert bridge.discord.texts(second) == ["Hello from Karl"]
        assert "Hello from Karl" not in bridge.discord.texts(first)
        assert vendor.texts("t1") == []


async def test_a_new_ticket_that_a_webhook_names_by_an_old_id_gets_a_thread(tmp_path: Path) -> None:
    """The old one is known, so it is read at once; the new one is closed already, and no quiet sweep lists it."""
    vendor = MemoryVendor(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives(text="Hello from Jane")
        del vendor.tickets[T1], vendor.said[T1]
        (first,) = bridge.discord.threads()
        await until(lambda: len(bridge.discord.texts(first)) == 2, "that it is gone is told")
        vendor.customer_writes("t1", "Hello from Karl", name="Karl")
        vendor.set("t1", Status.CLOSED)
        bridge.app.nudge(StoreName("main"), T1)
        await until(lambda: len(bridge.discord.threads()) == 2, "its thread")
        await bridge.at_rest()
        assert bridge.discord.texts(bridge.discord.threads()[1]) == ["Hello from Karl"]
