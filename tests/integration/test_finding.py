"""Finding tickets from a chat: who may find what, in pages, kept true by everything that happens to a ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Unavailable
from bot.model import Agent, AgentId, Answer, ChannelId, Door, TicketId, Verb
from tests.support.memory.bridge import Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ANN = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
GUEST = Agent(id=AgentId("u3"), name="Guest")
PROGRAM = Agent(id=AgentId("u4"), name="Program", is_full_member=True, is_active=False)


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", "Where is my umbrella?", name="Violet")
        yield bridge


async def finds(bridge: Bridge, chat: MemoryChat, words: str, **rest: Any) -> Answer:
    """Asks in the channel, where there is no thread."""
    place = replace(bridge.place(chat), thread=None)
    return await bridge.asks(chat, Verb.FIND, place=place, words=words, **rest)


def shown(answer: Answer) -> list[tuple[str, str, str]]:
    assert answer.listing is not None
    return [(row.title, row.address, *row.cells) for row in answer.listing.rows]  # type: ignore[misc]


async def test_it_is_found_in_both_chats(bridge: Bridge) -> None:
    """With its thread in that chat and the line; in a thread as in the channel."""
    for chat in (bridge.discord, bridge.slack):
        for place in (bridge.place(chat), replace(bridge.place(chat), thread=None)):
            answer = await bridge.asks(chat, Verb.FIND, place=place, words="umbr viol")
            thread = f"https://{chat.name}.example/{bridge.thread(chat)}"
            assert shown(answer) == [("#1001 · Violet · Key not working", thread, "Where is my umbrella?")]
            assert answer.text == "“umbr viol”: ticket 1 of 1."
            assert answer.buttons == ()


@pytest.mark.parametrize("agent", [GUEST, PROGRAM])
async def test_who_may_not_act_finds_nothing(bridge: Bridge, agent: Agent) -> None:
    """Whoever is no agent does not learn whether there is such a ticket, and it is counted."""
    for words in ("umbrella", "nothing", "1001", ""):
        answer = await finds(bridge, bridge.slack, words, agent=agent)
        assert answer.text.startswith("Only the team's agents can do that")
        assert answer.listing is None
    assert bridge.app.health.refused == {(bridge.slack.name, Door.COMMAND): 4}


async def test_who_cannot_see_the_channel_finds_nothing(bridge: Bridge) -> None:
    """In that chat; in the other one they still do."""
    bridge.slack.shut_out.add((ANN.id, ChannelId("1")))
    assert (await finds(bridge, bridge.slack, "umbrella")).listing is None
    assert (await finds(bridge, bridge.discord, "umbrella")).listing is not None


async def test_a_chat_that_cannot_tell_is_said(bridge: Bridge) -> None:
    """The asker reads why, and sees no list that may be of what they may not see."""
    bridge.slack.fail["writable"] = [Unavailable("Slack is down.")]
    assert await finds(bridge, bridge.slack, "umbrella") == Answer(text="Slack is down.")


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ("", "What are you looking for?"),
        (" \n", "What are you looking for?"),
        ("*", "“*” has no letter and no digit, and other signs are not looked for. Give a ticket's number"),
        ("😀 ?!", "“😀 ?!” has no letter and no digit"),
        ("NEAR(", "No ticket has “NEAR”. Try fewer words"),
        ("umbrella parasol", "No ticket has “umbrella parasol”. Try fewer words"),
        ("99999999999999999999", "No ticket has “99999999999999999999”."),
        ("x" * 10_000, f"No ticket has “{'x' * 60}”."),
    ],
)
async def test_what_is_not_found_says_what_to_try(bridge: Bridge, words: str, begins: str) -> None:
    """Each kind of search that finds nothing has its own advice, and no list."""
    answer = await finds(bridge, bridge.discord, words)
    assert answer.text.startswith(begins)
    assert (answer.listing, answer.buttons) == (None, ())


async def test_words_that_were_left_out_are_said(bridge: Bridge) -> None:
    """Whoever typed more words than are looked for sees which ones were."""
    answer = await finds(bridge, bridge.discord, "umbrella " + "violet " * 3 + "y" * 70)
    assert answer.text.startswith("“umbrella violet”: ticket 1 of 1. That is only the beginning of what you typed")
    answer = await finds(bridge, bridge.discord, "x" * 500)
    assert answer.text.endswith("That is only the beginning of what you typed: the rest was too long to be looked for.")


async def test_pages_by_their_buttons(bridge: Bridge) -> None:
    """A button carries the words and the page; a page that is not there any more says so, and leads back."""
    for number in range(2, 24):
        bridge.vendor.customer_writes(f"t{number}", "Another umbrella", name=f"Guest {number}")
    bridge.app.nudge(bridge.store.name)
    await until(lambda: len(bridge.slack.threads()) == 23, "all have threads")
    first = await finds(bridge, bridge.slack, "Umbrella")
    assert first.text == "“Umbrella”: tickets 1 to 10, and there are more."
    (following,) = first.buttons
    assert (following.label, following.verb, following.words, following.page) == ("Next", Verb.FIND, "Umbrella", 1)
    second = await finds(bridge, bridge.slack, following.words, page=following.page, door=Door.BUTTON)
    assert [(button.label, button.page) for button in second.buttons] == [("Back", 0), ("Next", 2)]
    third = await finds(bridge, bridge.slack, "Umbrella", page=2)
    assert third.text == "“Umbrella”: tickets 21 to 23 of 23."
    assert [(button.label, button.page) for button in third.buttons] == [("Back", 1)]
    titles = [row[0] for page in (first, second, third) for row in shown(page)]
    assert len(set(titles)) == 23
    for page in (3, 4000):
        beyond = await finds(bridge, bridge.slack, "Umbrella", page=page)
        assert beyond.text == "There are no more tickets with “Umbrella”."
        assert [(button.label, button.page) for button in beyond.buttons] == [("Back", page - 1)]


async def test_what_happens_is_found_at_once(bridge: Bridge) -> None:
    """A reply, a note, one that is edited, one that is deleted, a new subject: each when it is on disk."""
    await bridge.says(bridge.discord, "m1", "It is on platypus road")
    await bridge.says(bridge.discord, "m2", "// ask the walrus")
    await bridge.drained()
    assert shown(await finds(bridge, bridge.slack, "platypus"))[0][2] == "It is on platypus road"
    assert shown(await finds(bridge, bridge.slack, "walrus"))[0][2] == "🔒 ask the walrus"
    await bridge.edits(bridge.discord, "m2", "// ask the penguin")
    assert (await finds(bridge, bridge.slack, "walrus")).listing is None
    assert (await finds(bridge, bridge.slack, "penguin")).listing is not None
    await bridge.deletes(bridge.discord, "m2")
    assert (await finds(bridge, bridge.slack, "penguin")).listing is None
    bridge.vendor.tickets[TicketId("t1")] = replace(bridge.vendor.tickets[TicketId("t1")], subject="A lost flamingo")
    bridge.vendor.customer_writes("t1", "And a second one", name="Violet")
    bridge.app.nudge(bridge.store.name)
    await bridge.at_rest()
    assert shown(await finds(bridge, bridge.slack, "flamingo"))[0][0] == "#1001 · Violet · A lost flamingo"


async def test_masked_addresses(tmp_path: Path) -> None:
    """Nothing is found by what is not shown, and what is shown is masked: by /find and in the pickers alike."""
    email = "violet@spoon.example"
    async with running(tmp_path / "db", masks_emails=True) as bridge:
        await bridge.ticket_arrives("t1", f"Write to {email}, please", name=email)
        for words in (email, "violet"):
            assert (await finds(bridge, bridge.slack, words)).listing is None
            assert await offered(bridge, Verb.CLOSE, words) == []
        answer = await finds(bridge, bridge.slack, "please")
        assert shown(answer)[0][0] == "#1001 · v…@spoon.example · Key not working"
        assert "violet" not in repr(answer)
        assert await offered(bridge, Verb.CLOSE, "spoon") == [1001]


async def offered(bridge: Bridge, verb: Verb, typed: str) -> list[int]:
    assert bridge.discord.intake is not None
    return [each.number for each in await bridge.discord.intake.choices(verb, typed, bridge.place(bridge.discord), ANN)]


async def test_the_pickers_find_by_the_same_words(bridge: Bridge) -> None:
    """Numbers, names and texts; only what the command is for, and for `why` all; here first, then by number."""
    await bridge.ticket_arrives("t2", "About order 1001", name="Jane")
    bridge.vendor.customer_writes("t3", "umbrella 1", name="Bob")
    bridge.app.nudge(bridge.store.name)
    await bridge.at_rest()
    assert await offered(bridge, Verb.CLOSE, "umbrella") == [1001, 1003]
    assert await offered(bridge, Verb.CLOSE, "UMBRELLA bob") == [1003]
    assert await offered(bridge, Verb.CLOSE, "#1001") == [1001, 1002]
    assert await offered(bridge, Verb.CLOSE, "mbrella") == []
    assert await offered(bridge, Verb.CLOSE, "%") == []
    assert await offered(bridge, Verb.CLOSE, "") == [1001, 1003, 1002]
    await bridge.asks(bridge.discord, Verb.CLOSE, ticket="1003")
    await bridge.at_rest()
    assert await offered(bridge, Verb.CLOSE, "umbrella") == [1001]
    assert await offered(bridge, Verb.REOPEN, "umbrella") == [1003]
    assert await offered(bridge, Verb.WHY, "umbrella") == [1001, 1003]
    assert await offered(bridge, Verb.STATS, "umbrella") == []
