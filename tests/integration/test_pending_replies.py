"""A reply that waits shows in the ticket's other threads at once, and later shows what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Rejected, Uncertain
from bot.model import Agent, AgentId, Attachment, ChatMessageId, Form, Mark, State, Verb, Voice
from tests.support.memory.bridge import SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat, Shown
from tests.support.simulation.fate import Always, Trouble
from tests.support.simulation.one_ticket import one_ticket
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

BOB = Agent(id=AgentId("u2"), name="Bob", is_full_member=True)
PENDING = "⏳ Ann is about to send: One."


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket; replies wait for five seconds."""
    async with running(tmp_path / "db", undo=5.0) as bridge:
        await bridge.ticket_arrives()
        yield bridge


def elsewhere(bridge: Bridge) -> list[Shown]:
    """What stands below the card in the thread of the chat where nobody writes."""
    return bridge.slack.shown[bridge.thread(bridge.slack)][1:]


def texts(bridge: Bridge) -> list[str]:
    return [shown.post.text for shown in elsewhere(bridge)]


async def shows(bridge: Bridge, *expected: str) -> None:
    await until(lambda: texts(bridge) == list(expected), f"{expected} stands there")


async def stays(bridge: Bridge, *expected: str) -> None:
    await bridge.at_rest(State.HELD, State.FAILED)
    assert texts(bridge) == list(expected)


async def test_it_is_announced_and_then_shown_in_the_same_place(bridge: Bridge) -> None:
    """One message in the other chat, changed once; nothing more in its own."""
    await bridge.says(bridge.discord, "d1", "One.")
    await shows(bridge, PENDING)
    (announced,) = elsewhere(bridge)
    assert announced.post.voice is Voice.BELL
    assert bridge.vendor.texts("t1") == []
    await stays(bridge, "One.")
    (shown,) = elsewhere(bridge)
    assert (shown.id, shown.key) == (announced.id, announced.key)
    assert (shown.post.voice, shown.post.name) == (Voice.STAFF, "Ann")
    assert bridge.discord.texts(bridge.thread(bridge.discord)) == ["Hello?"]


@pytest.mark.parametrize(("undo", "posts"), [(0.0, 1), (2.5, 1), (3.0, 2)])
async def test_what_leaves_at_once_is_not_announced(tmp_path: Path, undo: float, posts: int) -> None:
    """Nobody could read it, and a chat would have to show a message twice."""
    seen: list[str] = []

    class Watched(MemoryChat):
        async def post(self, *rest: object, **more: object) -> ChatMessageId:
            seen.append(rest[1].text)  # type: ignore[attr-defined]
            return await super().post(*rest, **more)  # type: ignore[arg-type]

        async def edit_post(self, *rest: object, **more: object) -> None:
            seen.append(rest[2].text)  # type: ignore[attr-defined]
            await super().edit_post(*rest, **more)  # type: ignore[arg-type]

    async with running(tmp_path / "db", undo=undo, slack=Watched(name=SLACK)) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "One.")
        await stays(bridge, "One.")
        assert seen == [PENDING, "One."][2 - posts :]


async def test_an_edit_shows(bridge: Bridge) -> None:
    """While it waits; what is sent is shown as it was sent, whatever its author changes after that."""
    await bridge.says(bridge.discord, "d1", "Noe.")
    await shows(bridge, "⏳ Ann is about to send: Noe.")
    await bridge.edits(bridge.discord, "d1", "One.")
    await shows(bridge, PENDING)
    await shows(bridge, "One.")
    await bridge.edits(bridge.discord, "d1", "Two.")
    await stays(bridge, "One.")


async def test_what_is_taken_back_leaves_no_words(bridge: Bridge) -> None:
    """Only that there was something, for whoever has seen it."""
    await bridge.says(bridge.discord, "d1", "One.")
    await shows(bridge, PENDING)
    await bridge.deletes(bridge.discord, "d1")
    await stays(bridge, "Ann did not send a message after all.")
    assert bridge.vendor.texts("t1") == []


async def test_what_is_taken_back_before_anybody_saw_it_is_not_mentioned(tmp_path: Path) -> None:
    """Its announcement was still on its way to a chat that is slow."""
    async with running(tmp_path / "db", undo=5.0) as bridge:
        await bridge.ticket_arrives()
        gate = asyncio.Event()
        post = bridge.slack.post

        async def slow(*rest: object, **more: object) -> ChatMessageId:
            await gate.wait()
            return await post(*rest, **more)  # type: ignore[arg-type]

        bridge.slack.post = slow  # type: ignore[method-assign]
        await bridge.says(bridge.discord, "d0", "// A note is posted there first.")
        await bridge.says(bridge.discord, "d1", "One.")
        await bridge.deletes(bridge.discord, "d1")
        gate.set()
        await stays(bridge, "A note is posted there first.")


async def test_what_becomes_a_note_is_shown_as_one(bridge: Bridge) -> None:
    """In the place where it was announced."""
    await bridge.says(bridge.discord, "d1", "One.")
    await shows(bridge, PENDING)
    await bridge.edits(bridge.discord, "d1", "// One.")
    await stays(bridge, "One.")
    assert elsewhere(bridge)[0].post.voice is Voice.NOTE


async def test_what_is_taken_back_and_sent_by_hand_is_shown(bridge: Bridge) -> None:
    """Once it is at the customer, it stands in both chats."""
    said = await bridge.says(bridge.discord, "d1", "One.")
    await shows(bridge, PENDING)
    await bridge.edits(bridge.discord, "d1", "!take")
    await shows(bridge, "Ann did not send a message after all.")
    await bridge.asks(bridge.discord, Verb.SEND, message=said)
    await stays(bridge, "One.")
    assert bridge.vendor.texts("t1") == ["One."]


async def test_what_is_not_delivered_says_so(bridge: Bridge) -> None:
    """Until somebody tries it again, and it is; then it is shown as what it is."""
    bridge.vendor.fail["reply"] = [Rejected("No.")]
    await bridge.says(bridge.discord, "d1", "One.")
    await shows(bridge, PENDING)
    await stays(bridge, "❌ A message by Ann did not reach the customer: One.")
    (button,) = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons
    await bridge.asks(bridge.discord, Verb.RETRY, delivery=button.delivery)
    await stays(bridge, "One.")
    assert bridge.discord.marks[ChatMessageId("d1")] is Mark.DELIVERED


async def test_what_failed_and_is_given_up_was_not_sent(bridge: Bridge) -> None:
    """Its words go, as those of what was taken back."""
    bridge.vendor.fail["reply"] = [Rejected("No.")]
    await bridge.says(bridge.discord, "d1", "One.")
    await stays(bridge, "❌ A message by Ann did not reach the customer: One.")
    (button,) = bridge.discord.shown[bridge.thread(bridge.discord)][-1].post.buttons
    await bridge.asks(bridge.discord, Verb.DISCARD, delivery=button.delivery)
    await stays(bridge, "Ann did not send a message after all.")


async def test_what_is_in_doubt_says_so(tmp_path: Path) -> None:
    """It may have reached the customer."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.fate.planned["main", "reply"] = [Trouble.LOST_ON_THE_WAY]
        sim.fate.planned["main", "ticket"] = Always(Trouble.REFUSED)
        discord.writes(discord.threads()[0], "t1 One.")
        await sim.passes(12 * 3600)
        assert slack.texts("1.1")[1] == "❌ It is not clear whether a message by Ann reached the customer: t1 One."
        sim.fate.planned.clear()
        await sim.settle()
        assert slack.texts("1.1")[1] == "t1 One."
        assert shop.texts("t1") == ["t1 One."]


async def test_what_is_held_while_it_waits_says_so(bridge: Bridge) -> None:
    """Another chat brought an earlier reply. The announcement in the third place changes, too."""
    said = await bridge.says(bridge.discord, "d2", "Two.")
    await shows(bridge, "⏳ Ann is about to send: Two.")
    earlier = said.said_at - timedelta(seconds=1)
    await bridge.says(bridge.slack, "s1", "One.", agent=BOB, said_at=earlier)
    await stays(bridge, "✋ Ann is asked whether to send a message, because somebody else wrote at the same time.")
    (row,) = [row for row in await bridge.rows("unfinished_deliveries") if row["state"] == "held"]
    await bridge.asks(bridge.discord, Verb.RETRY, delivery=row["id"])
    await stays(bridge, "Two.")
    assert bridge.discord.texts(bridge.thread(bridge.discord))[-1] == "One."
    assert bridge.vendor.texts("t1") == ["One.", "Two."]


async def test_what_is_held_from_the_first_is_not_announced(bridge: Bridge) -> None:
    """Nothing is about to be sent."""
    await bridge.says(bridge.discord, "d1", "One.")
    await bridge.says(bridge.discord, "d2", "Two.", agent=BOB)
    await stays(bridge, "One.")


async def test_an_announcement_that_people_delete_is_not_made_again(bridge: Bridge) -> None:
    """Only the reply itself is posted, when it was sent."""
    await bridge.says(bridge.discord, "d1", "One.")
    await shows(bridge, PENDING)
    where = bridge.slack.shown[bridge.thread(bridge.slack)]
    (announced,) = elsewhere(bridge)
    bridge.slack.gone.add(announced.id)
    where.remove(announced)
    await bridge.edits(bridge.discord, "d1", "Two.")
    await shows(bridge, "Two.")
    assert elsewhere(bridge)[0].post.voice is Voice.STAFF
    await stays(bridge, "Two.")


async def test_a_thread_that_is_deleted_meanwhile(bridge: Bridge) -> None:
    """The new one shows the reply when it was sent, and no announcement."""
    await bridge.says(bridge.discord, "d1", "One.")
    await shows(bridge, PENDING)
    thread = bridge.thread(bridge.slack)
    bridge.slack.gone |= {thread, bridge.slack.headed[0].opened.card}
    await bridge.at_rest()
    new = bridge.slack.threads()[-1]
    assert new != thread
    assert bridge.slack.texts(new).count("One.") == 1
    assert PENDING not in bridge.slack.texts(new)


async def test_a_long_reply_is_announced_by_its_beginning(bridge: Bridge) -> None:
    """Then its first part stands in that place, and the others below."""
    text = "So long a text. " * 300
    await bridge.says(bridge.discord, "d1", text)
    await until(lambda: len(elsewhere(bridge)) == 1)
    (announced,) = elsewhere(bridge)
    assert announced.post.text.startswith("⏳ Ann is about to send: So long a text. So long")
    assert len(announced.post.text) < 600
    await bridge.at_rest()
    assert [(shown.part, shown.post.text == text.strip()) for shown in elsewhere(bridge)] == [
        (0, True),
        (1, True),
        (2, True),
    ]
    assert elsewhere(bridge)[0].id == announced.id


async def test_a_change_of_unknown_outcome_is_made_again(bridge: Bridge) -> None:
    """To change it twice does no harm; nothing is posted twice."""
    bridge.slack.lose |= {"post", "edit_post"}
    await bridge.says(bridge.discord, "d1", "One.")
    await stays(bridge, "One.")
    bridge.slack.fail["edit_post"] = [Uncertain("Lost.")]
    await bridge.says(bridge.discord, "d2", "Two.")
    await stays(bridge, "One.", "Two.")


async def test_words_that_a_chat_refuses_are_announced_in_a_plainer_form(tmp_path: Path) -> None:
    """As any post; and the reply itself goes the same way."""
    slack = MemoryChat(name=SLACK, refused_word="evil")
    async with running(tmp_path / "db", undo=5.0, slack=slack) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "It is evil.")
        await shows(bridge, "⏳ Ann is about to send: It is evil.")
        assert elsewhere(bridge)[0].post.form is Form.DEFUSED
        await stays(bridge, "It is evil.")


async def test_a_restart_while_it_waits(tmp_path: Path) -> None:
    """The next process sends it, and shows it where the former one announced it."""
    async with running(tmp_path / "db", undo=15.0) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "d1", "One.")
        await shows(bridge, PENDING)
        chats = {"vendor": bridge.vendor, "discord": bridge.discord, "slack": bridge.slack}
    async with running(tmp_path / "db", undo=15.0, **chats) as bridge:  # type: ignore[arg-type]
        await stays(bridge, "One.")
        assert bridge.vendor.texts("t1") == ["One."]


async def test_a_file_alone_is_announced_as_one(bridge: Bridge) -> None:
    """It has no words."""
    attachments = (Attachment(name="guide.pdf", url="https://files.example/guide.pdf", lasting=True),)
    await bridge.says(bridge.discord, "d1", "", attachments=attachments)
    await until(lambda: len(texts(bridge)) == 1)
    assert texts(bridge)[0].startswith("⏳ Ann is about to send: guide.pdf")
    await bridge.at_rest()
    assert "is about to send" not in str(texts(bridge))
