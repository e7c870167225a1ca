"""Replies that failed for good: marked, reported with the reason, kept, and tried again when somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Gone, Rejected
from bot.model import ChatMessageId, Conversation, DeliveryId, Mark, State, Status, ThreadId, TicketId, Verb
from bot.outbound.retry import Schedule
from bot.tickets.replies.outcomes import drop
from bot.wording import answers
from tests.support.memory.bridge import running
from tests.support.simulation.fate import Trouble
from tests.support.simulation.one_ticket import one_ticket
from tests.support.simulation.room import Room
from tests.support.simulation.shop import Shop
from tests.support.simulation.world import Simulation
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

T1 = TicketId("t1")
THREAD = ThreadId("1.1")
_REPLIES = "SELECT id, state, in_doubt, error FROM deliveries WHERE kind = 'reply' ORDER BY id"


async def test_the_last_try_leaves_doubt_where_its_answer_was_lost(tmp_path: Path) -> None:
    """What was looked for in vain may still arrive: the thread does not say that it did not, Retry looks first."""
    async with one_ticket(tmp_path / "db", schedule=Schedule(retries=(1,))) as (sim, shop, discord, slack):
        await asyncio.sleep(60)
        shop.lag = timedelta(seconds=60)
        sim.fate.planned["main", "reply"] = [Trouble.REFUSED, Trouble.ANSWER_LOST]
        written = discord.writes(THREAD, "t1 answer")
        await sim.advance_until(lambda: discord.reactions[written.id] == {Mark.FAILED})
        await sim.advance_until(lambda: len(discord.texts("1.1")) > 1)
        assert discord.texts("1.1")[1] == (
            "❌ It is not clear whether your message reached the customer. Its answer was lost. "
            "Your message is kept here; “Retry” checks first and sends it only if it is missing."
        )
        await asyncio.sleep(120)
        for row in sim.rows(_REPLIES):
            await sim.press(Verb.RETRY, row["id"])
        await asyncio.sleep(120)
        assert shop.ours(T1) == ["t1 answer"]
        assert slack.texts("1.1").count("t1 answer") == 1
        assert discord.reactions[written.id] == {Mark.DELIVERED}


async def test_what_certainly_did_not_arrive_is_given_up_after_hours(tmp_path: Path) -> None:
    """In both chats the thread says so, and why; what was written later has its own hours; Retry sends both."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.fate.planned["main", "reply"] = [Trouble.REFUSED] * 1000
        first, second = discord.writes(THREAD, "t1 first"), slack.writes(THREAD, "t1 second")
        await sim.passes(86_400)
        for room, written in ((discord, first), (slack, second)):
            assert room.reactions[written.id] == {Mark.FAILED}
            own = [text for text in room.texts("1.1") if " by Ann " not in text]
            assert own[-1] == ("❌ Your message did not reach the customer. It answers 503. Your message is kept here.")
            assert [button.verb for button in room.shown["1.1"][-1].post.buttons] == [Verb.RETRY]
            assert len(own) == 3  # what the customer wrote, that it waits, that it failed
        sim.fate.planned.clear()
        for row in sim.rows(_REPLIES):
            await sim.press(Verb.RETRY, row["id"])
        await sim.advance_until(lambda: sorted(shop.ours(T1)) == ["t1 first", "t1 second"])


async def test_what_was_dropped_while_it_was_looked_for_stays_dropped(tmp_path: Path) -> None:
    """A reply that somebody drops is no failure afterwards, even if its ticket turns out to be gone meanwhile."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, _slack):
        looking, answer = asyncio.Event(), asyncio.Event()

        async def gone(ticket: TicketId) -> Conversation:
            looking.set()
            await answer.wait()
            raise Gone("It is not there.")

        read = shop.ticket
        shop.ticket = gone  # type: ignore[method-assign]
        sim.fate.planned["main", "reply"] = [Trouble.LOST_ON_THE_WAY]
        written = discord.writes(THREAD, "t1 answer")
        await sim.advance_until(looking.is_set)
        (row,) = sim.rows(_REPLIES)
        await sim.database.write(drop, DeliveryId(row["id"]), sim.clock.now())
        sim.discarded.append(written)
        answer.set()
        await asyncio.sleep(60)
        shop.ticket = read  # type: ignore[method-assign]
        assert [reply["state"] for reply in sim.rows(_REPLIES)] == ["dropped"]
        assert discord.reactions[written.id] == set()
        assert [text for text in discord.texts("1.1") if "❌" in text] == []
        shop.customer_writes("t1", "t1 And now?")


async def test_one_answer_that_the_ticket_is_gone_fails_nothing(tmp_path: Path) -> None:
    """A vendor may be wrong for a moment: the reply is sent, and the ticket closed, at the next try."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["reply"] = [Gone("It is not there.")]
        bridge.vendor.fail["set_status"] = [Gone("It is not there.")]
        await bridge.says(bridge.discord, "m1", "On its way.")
        await until(lambda: bridge.vendor.texts("t1") == ["On its way."], seconds=60)
        await bridge.asks(bridge.discord, Verb.CLOSE)
        await until(lambda: bridge.vendor.tickets[T1].status is Status.CLOSED, seconds=60)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["On its way."]
        assert not [text for text in bridge.discord.texts(bridge.thread(bridge.discord)) if "❌" in text]


async def test_one_answer_that_the_ticket_is_gone_ends_no_search(tmp_path: Path) -> None:
    """The reply had arrived, only its answer was lost: it is found after all, and its author is not left in doubt."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        bridge.vendor.lose.add("reply")
        bridge.vendor.fail["ticket"] = [Gone("It is not there.")]
        await bridge.says(bridge.discord, "m1", "On its way.")
        message = ChatMessageId("m1")
        await until(lambda: bridge.discord.marks.get(message) is Mark.DELIVERED, seconds=120)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["On its way."]
        assert not [text for text in bridge.discord.texts(bridge.thread(bridge.discord)) if "❌" in text]


async def test_a_reply_to_a_ticket_that_is_gone_fails_within_seconds(tmp_path: Path) -> None:
    """Said twice, it is believed, and the thread reads why."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
        bridge.vendor.fail["reply"] = [Gone("It is not there.")] * 2
        await bridge.says(bridge.discord, "m1", "On its way.")
        thread = bridge.thread(bridge.discord)
        await until(lambda: any("It is not there." in text for text in bridge.discord.texts(thread)), seconds=60)
        assert bridge.vendor.texts("t1") == []


# ---------------------------------------------------------------- what its vendor does not take as it is


@asynccontextmanager
async def brief_vendor(path: Path) -> AsyncIterator[tuple[Simulation, Shop, Room, Room]]:
    """As `one_ticket`, with a vendor that takes ten characters."""
    async with one_ticket(path) as (sim, shop, discord, slack):
        shop.capabilities = replace(shop.capabilities, reply_length=10)
        sim.kill()
        await sim.advance_until(lambda: sim.processes == 2 and not discord.waiting() and not slack.waiting())
        yield sim, shop, discord, slack


_TOO_LONG = (
    "❌ Your message did not reach the customer. This reply is 3 characters too long for Memory. "
    "Please send it in parts. Your message is kept here."
)


@pytest.mark.parametrize("where", ["discord", "slack"])
async def test_a_reply_that_is_too_long_failed_for_good(tmp_path: Path, where: str) -> None:
    """Marked, reported with the reason and Retry, kept; Retry tells the same again, shorter it is sent by itself."""
    async with brief_vendor(tmp_path / "db") as (sim, shop, _discord, _slack):
        room = sim.rooms[where]
        written = room.writes(THREAD, "t1 is too long")
        await sim.advance_until(lambda: len(room.texts("1.1")) == 2)
        await asyncio.sleep(1)
        assert room.reactions[written.id] == {Mark.FAILED}
        line = room.shown["1.1"][1].post
        assert line.text == _TOO_LONG.replace("3 characters", "4 characters")
        assert [button.verb for button in line.buttons] == [Verb.RETRY]
        (reply,) = sim.rows(_REPLIES)
        assert (reply["state"], reply["in_doubt"]) == ("failed", 0)
        await sim.press(Verb.RETRY, reply["id"])
        await sim.advance_until(lambda: len(room.texts("1.1")) == 3)
        assert room.texts("1.1")[2] == line.text
        room.edits(written, "t1 too long 2")
        await sim.advance_until(lambda: len(room.texts("1.1")) == 4)
        assert room.texts("1.1")[3] == _TOO_LONG
        room.edits(written, "t1 short", times=3)
        await sim.advance_until(lambda: room.reactions[written.id] == {Mark.DELIVERED})
        assert shop.ours(T1) == ["t1 short"]
        assert len(room.texts("1.1")) == 4


async def test_a_reply_that_is_too_long_waits_for_no_other(tmp_path: Path) -> None:
    """While its store is away nothing says that it will be sent: it failed at once, and the others wait."""
    async with brief_vendor(tmp_path / "db") as (sim, _shop, discord, _slack):
        sim.fate.down = {"main"}
        first = discord.writes(THREAD, "t1 first")
        second = discord.writes(THREAD, "t1 is too long")
        await asyncio.sleep(20)
        assert discord.reactions[first.id] == {Mark.WAITING}
        assert discord.reactions[second.id] == {Mark.FAILED}
        sim.fate.down.clear()
        discord.deletes(second)
        await sim.advance_until(lambda: discord.reactions[first.id] == {Mark.DELIVERED})
        assert discord.reactions[second.id] == set()


async def test_a_reply_that_holds_nothing_failed_for_good(tmp_path: Path) -> None:
    """A sticker alone is marked and reported with the reason; so is a message that an edit has emptied."""
    async with running(tmp_path / "real.db", undo=0.2) as bridge:
        await bridge.ticket_arrives()
        thread = bridge.thread(bridge.slack)
        await bridge.says(bridge.slack, "m1", "", unsupported=("a sticker",))
        await until(lambda: bridge.slack.reactions[ChatMessageId("m1")] == {Mark.FAILED})
        await bridge.says(bridge.slack, "m2", "something")
        await bridge.edits(bridge.slack, "m2", "  ")
        await until(lambda: bridge.slack.reactions[ChatMessageId("m2")] == {Mark.FAILED})
        await bridge.at_rest(State.FAILED)
        assert bridge.slack.texts(thread)[1:] == [
            "❌ Your message did not reach the customer. Memory does not accept a sticker. Your message is kept here.",
            "❌ Your message did not reach the customer. It contains nothing to send. Your message is kept here.",
        ]
        assert [row["state"] for row in await bridge.rows("unfinished_deliveries")] == ["failed", "failed"]
        assert bridge.vendor.texts("t1") == []


@pytest.mark.parametrize("text", ["\u200b", "\u3164 \u2800", "\ufeff\n\u2060"])
async def test_a_reply_in_which_nobody_sees_anything_is_not_sent(tmp_path: Path, text: str) -> None:
    """The customer would get an empty message; a note of that kind is refused in its form."""
    async with running(tmp_path / "real.db") as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.slack, "m1", text)
        await until(lambda: bridge.slack.reactions[ChatMessageId("m1")] == {Mark.FAILED})
        await bridge.asks(bridge.slack, Verb.NOTE, words=text)
        await bridge.at_rest(State.FAILED)
        assert bridge.vendor.texts("t1") == []
        assert len(bridge.slack.texts(bridge.thread(bridge.slack))) == 2


async def test_sending_by_hand_what_failed_tries_it_again(tmp_path: Path) -> None:
    """“Send to customer” on a reply that failed is its Retry; on one that is there it says so."""
    async with running(tmp_path / "real.db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["reply"] = [Rejected("Memory did not like it.")]
        said = await bridge.says(bridge.discord, "m1", "grrr")
        await until(lambda: bridge.discord.reactions[said.message] == {Mark.FAILED})
        answer = await bridge.asks(bridge.discord, Verb.SEND, message=said)
        assert answer.text == "That message is on its way to the customer."
        await until(lambda: bridge.discord.reactions[said.message] == {Mark.DELIVERED})
        answer = await bridge.asks(bridge.discord, Verb.SEND, message=said)
        assert answer.text == answers.already_sent()
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["grrr"]
