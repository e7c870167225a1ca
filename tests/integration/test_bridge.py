"""The loop between vendor and chats, seen from the core."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Rejected, Unavailable
from bot.model import (
    Agent,
    AgentId,
    Attachment,
    ChatMessageId,
    File,
    Mark,
    MessageId,
    State,
    Status,
    TicketId,
    Verb,
    Voice,
)
from bot.text.tree import Paragraph, RichText, Style, Words
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


async def test_a_ticket_becomes_a_thread_in_each_chat(tmp_path: Path) -> None:
    """A new ticket gets one thread in each channel, headed by its card, with the customer's message in it."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives(text="Where is my key?")
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert len(chat.threads()) == 1
            card = chat.cards[bridge.thread(chat)][0]
            assert card.title == "#1001 · Jane · Key not working"
            assert card.opening == "The customer wrote:\nWhere is my key?"
            assert [button.verb for button in card.buttons] == [Verb.TAKE, Verb.SNOOZE, Verb.CLOSE]
            assert chat.texts(bridge.thread(chat)) == ["Where is my key?"]


async def test_a_reply_reaches_the_customer_and_the_other_chat(tmp_path: Path) -> None:
    """What an agent writes in one chat is said to the customer once, marked, and shown in the other chat only."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "On its way.")
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["On its way."]
        assert bridge.discord.texts(bridge.thread(bridge.discord)) == ["Hello?"]
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?", "On its way."]
        mirrored = bridge.slack.shown[bridge.thread(bridge.slack)][-1].post
        assert (mirrored.voice, mirrored.name) == (Voice.STAFF, "Ann")


async def test_a_reply_the_vendor_does_not_name_is_no_echo(tmp_path: Path) -> None:
    """When the vendor's answer has no message id, the sweep that brings our own reply back shows it nowhere twice."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.names_replies = False
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "Done.")
        await bridge.says(bridge.discord, "m2", "Done.")
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m2")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["Done.", "Done."]
        assert bridge.discord.texts(bridge.thread(bridge.discord)) == ["Hello?"]
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?", "Done.", "Done."]


async def test_a_lost_answer_is_looked_for_and_not_repeated(tmp_path: Path) -> None:
    """When the vendor took a reply and its answer was lost, the ticket is read again and the reply is not repeated."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.lose.add("reply")
        await bridge.says(bridge.discord, "m1", "Once.")
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        await bridge.says(bridge.discord, "m2", "Once.")
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m2")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["Once.", "Once."]
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?", "Once.", "Once."]


async def test_what_a_colleague_writes_at_the_vendor_is_shown(tmp_path: Path) -> None:
    """An answer given in the vendor's own dashboard appears in both chats, even with words we used ourselves."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "Hi!")
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        bridge.vendor.colleague_writes("t1", "Hi!")
        bridge.app.nudge(MAIN)
        await bridge.at_rest()
        assert bridge.slack.texts(bridge.thread(bridge.slack)) == ["Hello?", "Hi!", "Hi!"]
        assert bridge.discord.texts(bridge.thread(bridge.discord)) == ["Hello?", "Hi!"]


async def test_a_lost_post_is_found_and_not_repeated(tmp_path: Path) -> None:
    """When a chat took a message or a thread and its answer was lost, it is found by its key and not said again."""
    slack = MemoryChat(name=SLACK)
    slack.lose |= {"open_thread", "post"}
    async with running(tmp_path / "db", slack=slack) as bridge:
        await bridge.ticket_arrives()
        await bridge.ticket_arrives(text="Still there?")
        await bridge.at_rest()
        assert len(slack.threads()) == 1
        assert slack.texts(bridge.thread(slack)) == ["Hello?", "Still there?"]


async def test_a_note_stays_with_the_team(tmp_path: Path) -> None:
    """A message that begins with a note prefix is marked, shown in the other chat, and never sent."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.slack, "m1", "// careful with this one")
        await until(lambda: bridge.slack.marks.get(ChatMessageId("m1")) is Mark.NOTE)
        await bridge.at_rest()
        assert bridge.discord.texts(bridge.thread(bridge.discord)) == ["Hello?", "careful with this one"]
        assert bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.voice is Voice.NOTE
        assert bridge.vendor.texts("t1") == []


async def test_close_and_reopen(tmp_path: Path) -> None:
    """Closing reaches the vendor, every card and every thread says so; a second close is answered, not done."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        assert (await bridge.asks(bridge.slack, Verb.CLOSE)).text == "#1001 is closed."
        await closed_everywhere(bridge, "Closed by Ann from Slack.")
        assert (await bridge.asks(bridge.slack, Verb.CLOSE)).text == "#1001 is already closed."
        assert (await bridge.asks(bridge.discord, Verb.REOPEN, ticket="#1001")).text == "#1001 is open again."
        await bridge.at_rest()
        assert bridge.vendor.calls.count("set_status") == 2
        lines = ["Closed by Ann from Slack.", "Reopened by Ann from Discord."]
        for chat in (bridge.discord, bridge.slack):
            assert chat.texts(bridge.thread(chat)) == ["Hello?", *lines]


async def test_closed_at_the_vendor(tmp_path: Path) -> None:
    """A ticket closed in the vendor's dashboard is closed here: one line in each thread, and the card."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.set("t1", Status.CLOSED)
        await closed_everywhere(bridge, "Closed at Memory.")
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert chat.texts(bridge.thread(chat)) == ["Hello?", "Closed at Memory."]


async def test_questions_that_cannot_be_answered(tmp_path: Path) -> None:
    """A number that does not exist, a person who may not, a place that is no thread: each is told what to do."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        answers = [
            await bridge.asks(bridge.slack, Verb.CLOSE, ticket="4711"),
            await bridge.asks(bridge.slack, Verb.CLOSE, ticket="the red one"),
            await bridge.asks(bridge.slack, Verb.CLOSE, ticket="…"),  # a list's line that there are more
            await bridge.asks(bridge.slack, Verb.CLOSE, may=False),
            await bridge.asks(bridge.slack, Verb.STATS, store="nowhere"),
            await bridge.asks(bridge.slack, Verb.STATS, days=0),
        ]
        assert [answer.text.replace(":", ".").split(".")[0] for answer in answers] == [
            "There is no ticket #4711",
            "There is no ticket the red one",
            "Which ticket? Do this in a ticket's thread, or give the ticket's short number, such as 1042",
            "Only the team's agents can do that",
            "There is no store nowhere",
            "Give a number of days between 1 and 365",
        ]
        assert bridge.vendor.calls.count("set_status") == 0


async def test_a_reply_that_is_refused_can_be_retried(tmp_path: Path) -> None:
    """A reply that the vendor refuses carries ❌, the thread says why with a button, and Retry sends it."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["reply"] = [Rejected("Memory did not like it.")]
        await bridge.says(bridge.discord, "m1", "Take this.")
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.FAILED)
        await until(lambda: bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons)
        last = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post
        assert "Memory did not like it." in last.text
        [button] = last.buttons
        await bridge.asks(bridge.discord, Verb.RETRY, delivery=button.delivery)
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["Take this."]
        again = await bridge.asks(bridge.discord, Verb.RETRY, delivery=button.delivery)
        assert again.text.startswith("There is nothing to do")
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["Take this."]


async def test_an_outage_delays_and_keeps_the_order(tmp_path: Path) -> None:
    """While the vendor is down replies wait; afterwards they arrive in the order they were written."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["reply"] = [Unavailable("Down.")] * 3
        for number in range(4):
            await bridge.says(bridge.slack, f"m{number}", f"reply {number}")
        await until(lambda: bridge.slack.marks.get(ChatMessageId("m3")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == [f"reply {number}" for number in range(4)]


async def test_undo(tmp_path: Path) -> None:
    """Within the undo time a deleted message is recalled and an edited one leaves as edited; later both are said."""
    async with running(tmp_path / "db", undo=0.3) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "Oops.")
        await bridge.says(bridge.discord, "m2", "Frist.")
        await bridge.deletes(bridge.discord, "m1")
        await bridge.edits(bridge.discord, "m2", "First.")
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m2")) is Mark.DELIVERED)
        await bridge.edits(bridge.discord, "m2", "Second.")
        await bridge.deletes(bridge.discord, "m2")
        await until(lambda: len(bridge.discord.told) >= 2)
        await bridge.at_rest()
        assert len(bridge.discord.told) == 2
        assert bridge.vendor.texts("t1") == ["First."]


async def test_what_cannot_be_sent_is_said(tmp_path: Path) -> None:
    """A sticker, a file or an empty message is not sent, and the thread says what was and what was not."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        thread = bridge.thread(bridge.discord)
        await bridge.says(bridge.discord, "m1", "", unsupported=("a sticker",))
        await bridge.says(bridge.discord, "m2", "See here.", attachments=(Attachment(name="photo.png"),))
        await until(lambda: len(bridge.discord.texts(thread)) == 3)
        nothing, part = bridge.discord.texts(thread)[1:]
        assert "did not reach the customer. Memory does not accept a sticker." in nothing
        assert part.startswith("Your text is on its way to the customer, but without photo.png: ")
        await bridge.at_rest(State.FAILED)
        assert len(bridge.discord.texts(thread)) == 3
        assert bridge.vendor.texts("t1") == ["See here."]


async def test_a_person_who_may_not_is_told_privately(tmp_path: Path) -> None:
    """A message by somebody who may not reply stays in the thread, and they are told so."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        guest = Agent(id=AgentId("u9"), name="Guest", is_full_member=False)
        await bridge.says(bridge.slack, "m1", "Me too!", agent=guest)
        await until(lambda: bridge.slack.told)
        await bridge.at_rest()
        assert [agent for agent, _text in bridge.slack.told] == ["u9"]
        assert bridge.discord.texts(bridge.thread(bridge.discord)) == ["Hello?"]
        assert bridge.vendor.texts("t1") == []


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """What was queued goes out after a restart, and what was written meanwhile is found, in order, each once."""
    vendor, discord, slack = default_vendor(), MemoryChat(name=DISCORD), MemoryChat(name=SLACK)
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
        await bridge.ticket_arrives()
        seen = await bridge.says(discord, "m1", "one")
        await until(lambda: vendor.texts("t1") == ["one"])
    later = now() + timedelta(seconds=1)
    two = bridge.said(discord, "m2", "two", said_at=later)
    three = bridge.said(discord, "m3", "three", said_at=later + timedelta(seconds=1))
    discord.history = [seen, two, three]
    vendor.customer_writes("t1", "And?")
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
        await until(lambda: vendor.texts("t1") == ["one", "two", "three"])
        await until(lambda: "And?" in slack.texts(bridge.thread(slack)))
        await bridge.at_rest()
        assert vendor.texts("t1") == ["one", "two", "three"]
        assert len(discord.threads()) == len(slack.threads()) == 1
        for shown in ("Hello?", "And?"):
            assert discord.texts(bridge.thread(discord)).count(shown) == 1
            assert slack.texts(bridge.thread(slack)).count(shown) == 1


async def test_replies_leave_in_the_order_they_were_written(tmp_path: Path) -> None:
    """Messages that the chats bring in the wrong order leave in the right one, each with its own mark."""
    async with running(tmp_path / "db", undo=0.5) as bridge:
        await bridge.ticket_arrives()
        at = now()
        for number in (2, 0, 3, 1):
            chat = bridge.slack if number % 2 else bridge.discord
            said_at = at + timedelta(milliseconds=number)
            await bridge.says(chat, f"m{number}", f"reply {number}", said_at=said_at)
        await bridge.deletes(bridge.discord, "m2")
        await until(lambda: bridge.slack.marks.get(ChatMessageId("m3")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["reply 0", "reply 1", "reply 3"]
        assert bridge.discord.marks.get(ChatMessageId("m0")) is Mark.DELIVERED


async def closed_everywhere(bridge: Bridge, line: str) -> None:
    """Both chats' threads say so, and so do their cards."""
    chats = (bridge.discord, bridge.slack)
    await until(lambda: all(chat.cards[bridge.thread(chat)][-1].status is Status.CLOSED for chat in chats))
    await until(lambda: all(line in chat.texts(bridge.thread(chat)) for chat in chats))


async def test_a_customer_who_writes_right_after_a_close_opens_the_thread_at_once(tmp_path: Path) -> None:
    """The vendor has reopened the ticket for them: that is newer than our own close, and not taken for a late read."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.asks(bridge.discord, Verb.CLOSE)
        await until(lambda: bridge.vendor.tickets[TicketId("t1")].status is Status.CLOSED)
        await bridge.at_rest()
        await asyncio.sleep(2)
        closed_at = now()
        bridge.vendor.customer_writes("t1", "No, wait!")
        bridge.vendor.set("t1", Status.OPEN)
        bridge.app.nudge(MAIN)
        for chat in (bridge.discord, bridge.slack):
            await until(lambda chat=chat: chat.cards[bridge.thread(chat)][-1].status is Status.OPEN)  # type: ignore[misc]
            assert chat.texts(bridge.thread(chat)).count("No, wait!") == 1
        assert now() - closed_at < timedelta(seconds=10)


@dataclass
class Formatting(MemoryVendor):
    """A vendor whose replies can have formatting."""

    formatted: list[RichText] = field(default_factory=list)

    async def reply_formatted(
        self, ticket: TicketId, text: str, formatted: RichText, files: list[File]
    ) -> MessageId | None:
        assert files == []
        self.formatted.append(formatted)
        return await self.reply(ticket, text)


async def test_a_vendor_that_takes_formatting_gets_it(tmp_path: Path) -> None:
    """Once, with the plain words by which the reply is recognised; what has none is sent as text."""
    bold = (Paragraph((Words("On its way.", Style(bold=True)),)),)
    vendor = Formatting(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "On its way.", formatted=bold)
        await bridge.says(bridge.discord, "m2", "Bye.")
        await until(lambda: len(vendor.texts("t1")) == 2)
        await bridge.at_rest()
        assert vendor.texts("t1") == ["On its way.", "Bye."]
        assert vendor.formatted == [bold]
