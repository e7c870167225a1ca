"""A line with buttons shows what was decided in their place, and by whom: nobody presses what does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Forbidden, Rejected, Unavailable, Uncertain
from bot.model import Agent, AgentId, Attachment, DeliveryId, Mark, Said, State, ThreadId, TicketId, TicketNumber, Verb
from bot.outbound.retry import Schedule
from bot.tickets.erasure import forget
from bot.tickets.replies.outcomes import drop, retry
from tests.support.memory.bridge import Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.fate import Trouble
from tests.support.simulation.loop import now
from tests.support.simulation.one_ticket import one_ticket
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

BOB = Agent(id=AgentId("u2"), name="bob@shop.example", is_full_member=True)
HELD = "This looks like a command to shopbell (“clos”)"
EDITED = "➡️ Its author has edited it, so the new text counts."
DELETED = "➡️ Its author has deleted it, so it is not sent."
ERASED = "➡️ Its words were erased, so it is not sent."


def last(chat: MemoryChat) -> tuple[str, list[str]]:
    """The last line in the chat's first thread: its last row, and what its buttons say."""
    post = chat.shown[chat.threads()[0]][-1].post
    return post.text.rsplit("\n", 1)[-1], [button.label for button in post.buttons]


async def asked(bridge: Bridge, chat: MemoryChat) -> DeliveryId:
    """Ann has written what looks like a command: she is asked about it. Returns the reply."""
    await bridge.says(chat, "m1", "!clos")
    await until(lambda: last(chat)[1] == ["Send", "Discard"])
    (row,) = [row for row in await bridge.rows("unfinished_deliveries") if row["state"] == "held"]
    return DeliveryId(int(str(row["id"])))


async def failed(bridge: Bridge, chat: MemoryChat) -> DeliveryId:
    """A reply of Ann's has failed for good. Returns it."""
    bridge.vendor.fail["reply"] = [Rejected("The store refuses it.")]
    await bridge.says(chat, "m1", "On its way.")
    await until(lambda: last(chat)[1] == ["Retry"])
    (row,) = [row for row in await bridge.rows("unfinished_deliveries") if row["state"] == "failed"]
    return DeliveryId(int(str(row["id"])))


async def sends(bridge: Bridge, chat: MemoryChat, reply: DeliveryId) -> None:
    await bridge.asks(chat, Verb.RETRY, delivery=reply, agent=BOB)


async def discards(bridge: Bridge, chat: MemoryChat, reply: DeliveryId) -> None:
    await bridge.asks(chat, Verb.DISCARD, delivery=reply, agent=BOB)


async def sends_by_menu(bridge: Bridge, chat: MemoryChat, _reply: DeliveryId) -> None:
    await bridge.asks(chat, Verb.SEND, message=said(bridge, chat), agent=BOB)


async def keeps(bridge: Bridge, chat: MemoryChat, _reply: DeliveryId) -> None:
    await bridge.asks(chat, Verb.KEEP, message=said(bridge, chat), agent=BOB)


async def edits(bridge: Bridge, chat: MemoryChat, _reply: DeliveryId) -> None:
    await bridge.edits(chat, "m1", "// She is a reseller.")


async def deletes(bridge: Bridge, chat: MemoryChat, _reply: DeliveryId) -> None:
    await bridge.deletes(chat, "m1")


async def operator_sends(bridge: Bridge, _chat: MemoryChat, reply: DeliveryId) -> None:
    await bridge.database.write(lambda tx, at: retry(tx, reply, at), now())


async def operator_drops(bridge: Bridge, _chat: MemoryChat, reply: DeliveryId) -> None:
    await bridge.database.write(lambda tx, at: drop(tx, reply, at), now())


def said(bridge: Bridge, chat: MemoryChat) -> Said:
    return bridge.said(chat, "m1", "!clos")


Ending = Callable[[Bridge, MemoryChat, DeliveryId], Awaitable[None]]
ENDINGS: list[tuple[Ending, str]] = [
    (sends, "➡️ b…@shop.example chose “Send”."),
    (discards, "➡️ b…@shop.example chose “Discard”."),
    (sends_by_menu, "➡️ b…@shop.example chose “Send”."),
    (keeps, "➡️ b…@shop.example keeps it as a note."),
    (edits, EDITED),
    (deletes, DELETED),
    (operator_sends, "➡️ The operator chose “Send”."),
    (operator_drops, "➡️ The operator chose “Discard”."),
]


def rows_of(chat: MemoryChat) -> list[tuple[str, list[str]]]:
    """Of each line of shopbell's own in the first thread: its last row, and what its buttons say."""
    own = [shown.post for shown in chat.shown[chat.threads()[0]][1:]]
    return [(post.text.rsplit("\n", 1)[-1], [button.label for button in post.buttons]) for post in own]


@pytest.mark.parametrize("where", ["discord", "slack"])
@pytest.mark.parametrize(("ends", "decision"), ENDINGS, ids=lambda value: getattr(value, "__name__", ""))
async def test_a_question_shows_what_was_decided(tmp_path: Path, ends: Ending, decision: str, where: str) -> None:
    """However the waiting ends, its question says so, without buttons; names are masked as everywhere."""
    async with running(tmp_path / "db", masks_emails=True) as bridge:
        await bridge.ticket_arrives()
        chat = bridge.discord if where == "discord" else bridge.slack
        reply = await asked(bridge, chat)
        await ends(bridge, chat, reply)
        await until(lambda: (decision, []) in rows_of(chat))
        await bridge.at_rest()
        assert rows_of(chat).count((decision, [])) == 1
        assert all(not labels for _, labels in rows_of(chat))


LINKED = Attachment(name="key.txt", url="https://files.example.com/key.txt", size=3, lasting=True)


@pytest.mark.parametrize(("files", "words"), [((), ["!clsoe"]), ((LINKED,), ["!clsoe"]), ((LINKED,), [])])
async def test_a_question_that_does_not_fit_any_more(
    tmp_path: Path, files: tuple[Attachment, ...], words: list[str]
) -> None:
    """What looked like a command and is edited into an answer is sent like one; into another such word, asked anew."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        chat = bridge.discord
        await bridge.says(chat, "m1", "!clos", attachments=files)
        await until(lambda: last(chat)[1] == ["Send", "Discard"])
        for word in words:
            await bridge.edits(chat, "m1", word)
            await until(lambda: len(rows_of(chat)) == 2 and last(chat)[1] == ["Send", "Discard"])
        await bridge.edits(chat, "m1", "It is on its way.")
        await bridge.at_rest()
        assert rows_of(chat) == [(EDITED, [])] * (1 + len(words))
        text = "It is on its way." + ("\nkey.txt: https://files.example.com/key.txt" if files else "")
        assert bridge.vendor.texts("t1") == [text]


async def test_a_question_about_somebody_else_stays(tmp_path: Path) -> None:
    """A reply that crosses another one still does with other words: it is sent only if somebody chooses so."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.slack, "m0", "Try the other key.", agent=BOB)
        await until(lambda: bridge.vendor.texts("t1") == ["Try the other key."])
        await bridge.says(bridge.discord, "m1", "It is on its way.")
        await until(lambda: last(bridge.discord)[1] == ["Send", "Discard"])
        await bridge.edits(bridge.discord, "m1", "It is on its way, Jane.")
        await bridge.at_rest(State.HELD)
        assert bridge.vendor.texts("t1") == ["Try the other key."]


@pytest.mark.parametrize("undecided", [False, True])
async def test_a_report_shows_who_tried_again(tmp_path: Path, *, undecided: bool) -> None:
    """One that fails again has a report of its own, with a button; the first one keeps what was decided."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        reply = await failed(bridge, bridge.slack)
        bridge.vendor.fail["reply"] = [Rejected("The store refuses it.")] if undecided else []
        await sends(bridge, bridge.slack, reply)
        await until(lambda: len(rows_of(bridge.slack)) == 1 + undecided)
        await bridge.at_rest(State.FAILED)
        chosen: tuple[str, list[str]] = ("➡️ bob@shop.example chose “Retry”.", [])
        assert rows_of(bridge.slack)[0] == chosen
        assert [labels for _, labels in rows_of(bridge.slack)[1:]] == [["Retry"]] * undecided


async def test_every_thread_shows_who_tried_a_status_again(tmp_path: Path) -> None:
    """A ticket that could not be closed is reported in all threads, and none of them keeps the button."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        bridge.vendor.fail["set_status"] = [Rejected("The store refuses it.")]
        await bridge.asks(bridge.discord, Verb.CLOSE)
        for chat in (bridge.discord, bridge.slack):
            await until(lambda: last(chat)[1] == ["Retry"])  # noqa: B023
        (row,) = await bridge.rows("unfinished_deliveries")
        await sends(bridge, bridge.slack, DeliveryId(int(str(row["id"]))))
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert rows_of(chat)[0] == ("➡️ bob@shop.example chose “Retry”.", [])


async def test_a_question_that_was_deleted(tmp_path: Path) -> None:
    """There is nothing to show any more, and nothing is posted in its place, tried again or reported."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        reply = await asked(bridge, bridge.discord)
        thread = bridge.thread(bridge.discord)
        question = bridge.discord.shown[thread].pop()
        bridge.discord.gone.add(question.id)
        await discards(bridge, bridge.discord, reply)
        await bridge.at_rest()
        assert bridge.discord.texts(thread) == ["Hello?"]
        assert bridge.discord.threads() == [thread]


@pytest.mark.parametrize("error", [Unavailable("Down."), Uncertain("Lost."), Forbidden("Not allowed.")])
async def test_an_edit_that_fails_is_tried_again(tmp_path: Path, error: Exception) -> None:
    """The chat may be down when somebody decides."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        reply = await asked(bridge, bridge.discord)
        bridge.discord.fail["edit_post"] = [error]  # type: ignore[list-item]
        await discards(bridge, bridge.discord, reply)
        await until(lambda: not last(bridge.discord)[1])
        await bridge.at_rest()
        assert len(rows_of(bridge.discord)) == 1


async def test_a_chat_that_refuses_every_edit(tmp_path: Path) -> None:
    """Slack can forbid edits after some minutes: then the buttons stay, and nothing waits or is reported."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        reply = await asked(bridge, bridge.slack)
        bridge.slack.fail["edit_post"] = [Rejected("It cannot be edited.")]
        await discards(bridge, bridge.slack, reply)
        await bridge.at_rest()
        assert last(bridge.slack)[1] == ["Send", "Discard"]
        assert await bridge.rows("unfinished_deliveries") == []


async def test_a_decision_outlives_the_process(tmp_path: Path) -> None:
    """It was written down with the press: the next process shows it."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        reply = await asked(bridge, bridge.slack)
        bridge.slack.fail["edit_post"] = [Unavailable("Down.")] * 1000
        await discards(bridge, bridge.slack, reply)
        assert last(bridge.slack)[1] == ["Send", "Discard"]
    bridge.slack.fail.clear()
    async with running(tmp_path / "db", vendor=bridge.vendor, discord=bridge.discord, slack=bridge.slack) as bridge:
        await until(lambda: last(bridge.slack) == ("➡️ bob@shop.example chose “Discard”.", []))
        await bridge.at_rest()


@pytest.mark.parametrize("is_posted", [False, True])
async def test_what_is_decided_while_it_is_being_posted(tmp_path: Path, *, is_posted: bool) -> None:
    """A question that may stand there is looked for and changed; one that does not is not asked any more."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        if is_posted:
            bridge.discord.lose.add("post")
        else:
            bridge.discord.fail["post"] = [Unavailable("Down.", retry_after=60)]
        bridge.discord.fail["find_post"] = [Unavailable("Down.", retry_after=60)]
        await bridge.says(bridge.discord, "m1", "!clos")
        await asyncio.sleep(5)
        await bridge.deletes(bridge.discord, "m1")
        await bridge.at_rest()
        assert rows_of(bridge.discord) == [(DELETED, [])] * is_posted


async def test_a_question_about_what_was_erased(tmp_path: Path) -> None:
    """A customer is forgotten: the question of a reply that waits has no words and no buttons any more."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        await asked(bridge, bridge.discord)
        await bridge.database.write(lambda tx, at: forget(tx, [TicketNumber(1001)], at, in_chats=False), now())
        await until(lambda: rows_of(bridge.discord) == [(ERASED, [])])
        assert HELD not in bridge.discord.texts(bridge.thread(bridge.discord))[-1]


async def test_a_doubtful_reply_that_arrives_after_all(tmp_path: Path) -> None:
    """Retry is not needed any more once the store shows the message."""
    async with one_ticket(tmp_path / "db", schedule=Schedule(retries=(1,))) as (sim, shop, discord, _slack):
        await asyncio.sleep(60)
        shop.lag = timedelta(seconds=60)
        sim.fate.planned["main", "reply"] = [Trouble.REFUSED, Trouble.ANSWER_LOST]
        written = discord.writes(ThreadId("1.1"), "t1 answer")
        await sim.advance_until(lambda: discord.reactions[written.id] == {Mark.DELIVERED})
        await sim.advance_until(lambda: "➡️ It has reached the store after all." in discord.texts("1.1")[1])
        assert shop.ours(TicketId("t1")) == ["t1 answer"]
        assert not discord.shown["1.1"][1].post.buttons
