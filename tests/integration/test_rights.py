"""The right to act, asked by the core at its doors: with a chat that cannot tell, and with made-up numbers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Rejected, Unavailable
from bot.model import Agent, AgentId, ChannelId, ChatMessageId, DeliveryId, Door, Edited, Place, ThreadId, Verb
from tests.support.memory.bridge import DISCORD, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ANN, CHANNEL = AgentId("u1"), ChannelId("1")


def shut_out(chat: MemoryChat) -> None:
    """From now on Ann cannot write in the channel."""
    chat.shut_out.add((ANN, CHANNEL))


async def failed_delivery(bridge: Bridge) -> DeliveryId:
    await until(lambda: bridge.vendor.calls.count("reply") > 0)
    rows = await bridge.rows("unfinished_deliveries")
    return DeliveryId(next(int(str(row["id"])) for row in rows if row["kind"] == "reply"))


async def test_an_edit_without_the_right_takes_back_what_waits(tmp_path: Path) -> None:
    """Neither the new words nor the old ones reach the customer; the same for a note and the other chat."""
    async with running(tmp_path / "db", undo=0.5) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "a reply")
        await bridge.says(bridge.discord, "m2", "// a note")
        shut_out(bridge.discord)
        await bridge.edits(bridge.discord, "m1", "another reply")
        await bridge.edits(bridge.discord, "m2", "// another note")
        await bridge.edits(bridge.discord, "m2", "and now to everybody")
        await bridge.drained()
        assert bridge.vendor.texts("t1") == []
        shown = bridge.slack.texts(bridge.thread(bridge.slack))
        assert not [text for text in shown if "another" in text or "everybody" in text]
        assert bridge.app.health.refused == {(DISCORD, Door.EDIT): 3}
        assert len(bridge.discord.told) == 1


async def test_what_a_note_became_without_the_right_is_quoted_nowhere(tmp_path: Path) -> None:
    """Deleted afterwards, it is reported in the other thread as it stood there: one's own note, and a guest's."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        ann, guest = bridge.said(bridge.discord, "m1", "x").agent, Agent(id=AgentId("u9"), name="Guest")
        await bridge.says(bridge.discord, "m1", "// of an agent")
        kept = await bridge.says(bridge.discord, "m2", "of a guest", agent=guest)
        await bridge.asks(bridge.discord, Verb.KEEP, message=kept)
        await bridge.drained()
        shut_out(bridge.discord)
        assert bridge.discord.intake is not None
        for message, author in (("m1", ann), ("m2", guest)):
            edited = Edited(place=kept.place, message=ChatMessageId(message), agent=author, text="// to be read there")
            await bridge.discord.intake.edited(edited)
            await bridge.deletes(bridge.discord, message)
        await bridge.drained()
        shown = bridge.slack.texts(bridge.thread(bridge.slack))
        assert not [text for text in shown if "to be read there" in text]
        assert [text for text in shown if "was deleted" in text] == [
            "🗑️ The note “of an agent” by Ann was deleted.",
            "🗑️ The note “of a guest” by Guest was deleted.",
        ]


async def test_deleting_needs_no_right(tmp_path: Path) -> None:
    """Whoever lost the right can still take back what they wrote."""
    async with running(tmp_path / "db", undo=0.5) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "a reply")
        shut_out(bridge.discord)
        await bridge.deletes(bridge.discord, "m1")
        await bridge.drained()
        assert bridge.vendor.texts("t1") == []


async def test_an_edit_that_was_missed_needs_the_right_too(tmp_path: Path) -> None:
    """What is read again before it is sent, and has other words by somebody who lost the right, stays inside."""
    async with running(tmp_path / "db", undo=0.6) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "as it was")
        await bridge.says(bridge.discord, "m2", "as it is")
        shut_out(bridge.discord)
        bridge.discord.wordings[ChatMessageId("m1")] = "changed unseen"
        assert bridge.discord.intake is not None
        bridge.discord.intake.gap_possible(DISCORD)
        await bridge.discord.intake.connected(DISCORD)
        await until(lambda: bridge.vendor.texts("t1"))
        await bridge.drained()
        assert bridge.vendor.texts("t1") == ["as it is"]


async def test_what_is_found_after_a_gap_is_judged_by_the_right_of_now(tmp_path: Path) -> None:
    """A message that was written while nobody listened, by somebody who lost the right since, stays inside."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.discord.history = [bridge.said(bridge.discord, "m1", "unheard")]
        shut_out(bridge.discord)
        assert bridge.discord.intake is not None
        bridge.discord.intake.gap_possible(DISCORD)
        before = bridge.discord.missed_calls
        await bridge.discord.intake.connected(DISCORD)
        await until(lambda: bridge.discord.missed_calls > before)
        await bridge.says(bridge.slack, "m9", "from Slack")
        await until(lambda: bridge.vendor.texts("t1") == ["from Slack"])
        await bridge.drained()
        assert bridge.vendor.texts("t1") == ["from Slack"]


async def test_while_a_chat_cannot_tell_who_may_nobody_may(tmp_path: Path) -> None:
    """A command is answered with what is wrong; a message's event fails, so that the chat brings it again."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.discord.fail["writable"] = [Unavailable("Discord cannot be reached.")] * 2
        answer = await bridge.asks(bridge.discord, Verb.CLOSE)
        assert answer.text == "Discord cannot be reached."
        with pytest.raises(Unavailable):
            await bridge.says(bridge.discord, "m1", "hello")
        await bridge.drained()
        assert bridge.vendor.texts("t1") == []


async def test_no_chat_is_asked_about_edits_that_are_nobodys_concern(tmp_path: Path) -> None:
    """Of a message that is in no ticket's thread: anybody can edit many of them, and each question costs a limit."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.discord.fail["writable"] = [Unavailable("Discord cannot be reached.")]
        await bridge.edits(bridge.discord, "m9", "never recorded")
        assert len(bridge.discord.fail["writable"]) == 1


@pytest.mark.parametrize("verb", [Verb.RETRY, Verb.DISCARD])
async def test_a_delivery_is_found_only_where_it_belongs(tmp_path: Path, verb: Verb) -> None:
    """In another ticket's thread, under a number that is none, or without a right to its ticket: nothing happens."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["reply"] = [Rejected("No.")]
        await bridge.says(bridge.discord, "m1", "refused")
        delivery = await failed_delivery(bridge)
        await bridge.ticket_arrives("t2", "Me too?")
        other = Place(chat=DISCORD, channel=CHANNEL, thread=ThreadId(bridge.thread(bridge.discord, 1)))
        lobby = Place(chat=DISCORD, channel=ChannelId("9"))
        nothing = "There is nothing to do"
        before = await bridge.rows("unfinished_deliveries")
        assert nothing in (await bridge.asks(bridge.discord, verb, delivery=delivery, place=other)).text
        assert nothing in (await bridge.asks(bridge.discord, verb, delivery=DeliveryId(10**9))).text
        assert nothing in (await bridge.asks(bridge.discord, verb)).text
        shut_out(bridge.discord)
        assert nothing in (await bridge.asks(bridge.discord, verb, delivery=delivery, place=lobby)).text
        assert "Only the team's agents" in (await bridge.asks(bridge.discord, verb, delivery=delivery)).text
        assert await bridge.rows("unfinished_deliveries") == before


async def test_only_a_reply_can_be_discarded(tmp_path: Path) -> None:
    """A made-up number of the same ticket throws away none of the customer's words: no button to discard has it."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.slack.fail["post"] = [Unavailable("Slack cannot be reached.")] * 3
        bridge.vendor.customer_writes("t1", "Are you there?")
        await until(lambda: "Are you there?" in bridge.discord.texts(bridge.thread(bridge.discord)))
        posts = [row["id"] for row in await bridge.rows("unfinished_deliveries") if row["kind"] == "post"]
        assert len(posts) == 1
        answer = await bridge.asks(bridge.discord, Verb.DISCARD, delivery=DeliveryId(int(str(posts[0]))))
        assert "There is nothing to do" in answer.text
        await until(lambda: "Are you there?" in bridge.slack.texts(bridge.thread(bridge.slack)))


async def test_a_number_that_one_may_not_see_is_one_that_does_not_exist(tmp_path: Path) -> None:
    """Outside its thread the answer about somebody else's ticket is word for word that about none."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        lobby = Place(chat=DISCORD, channel=ChannelId("9"))
        shut_out(bridge.discord)
        there = await bridge.asks(bridge.discord, Verb.CLOSE, ticket="1001", place=lobby)
        nowhere = await bridge.asks(bridge.discord, Verb.CLOSE, ticket="1002", place=lobby)
        assert there.text.replace("1001", "N") == nowhere.text.replace("1002", "N")


async def test_whoever_sends_a_message_answers_for_it(tmp_path: Path) -> None:
    """An agent sends what a guest wrote; a guest cannot send what an agent wrote."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        guest = bridge.said(bridge.discord, "m1", "x").agent
        guest = type(guest)(id=AgentId("u9"), name="Guest")
        said = await bridge.says(bridge.discord, "m1", "what the guest knows", agent=guest)
        assert "Only the team's agents" in (await bridge.asks(bridge.discord, Verb.SEND, may=False, message=said)).text
        old = now() - timedelta(minutes=1)
        unheard = bridge.said(bridge.discord, "m2", "what nobody heard", agent=guest, said_at=old)
        for message in (said, unheard):
            assert "on its way" in (await bridge.asks(bridge.discord, Verb.SEND, message=message)).text
        await until(lambda: len(bridge.vendor.texts("t1")) == 2)
        assert sorted(bridge.vendor.texts("t1")) == ["what nobody heard", "what the guest knows"]


async def test_a_refused_word_is_told_once_a_day(tmp_path: Path) -> None:
    """However often somebody without the right writes one, and whichever: nobody is flooded by that, and no limit."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        shut_out(bridge.discord)
        for index, word in enumerate(("!close", "!take", "!stats", "@shopbell close", "a reply")):
            await bridge.says(bridge.discord, f"m{index}", word)
        await bridge.drained()
        assert len(bridge.discord.told) == 1
        assert bridge.app.health.refused == {(DISCORD, Door.WORD): 4, (DISCORD, Door.MESSAGE): 1}
        assert bridge.vendor.texts("t1") == []


async def test_what_is_refused_later_is_told_too(tmp_path: Path) -> None:
    """Written while we were away, by somebody who may not act now: counted, and told once, however much it is."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        assert bridge.discord.intake is not None
        bridge.discord.intake.gap_possible(DISCORD)
        bridge.discord.history += [bridge.said(bridge.discord, f"m{index}", "an answer") for index in range(3)]
        shut_out(bridge.discord)
        await bridge.discord.intake.connected(DISCORD)
        await until(lambda: bridge.app.health.refused == {(DISCORD, Door.MESSAGE): 3})
        await bridge.drained()
        assert [agent for agent, _ in bridge.discord.told] == [ANN]
        assert bridge.vendor.texts("t1") == []
