"""A message kept as a note, a reason behind `/close`, and `/help`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.chats.slack import manifest
from bot.model import Agent, AgentId, ChannelId, Mark, Place, Said, State, Status, TicketId, TicketNumber, Verb, Voice
from bot.tickets.erasure import erase
from bot.wording import answers
from tests.integration.test_written_notes import Noting
from tests.support.memory.bridge import Bridge, running
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

NOTED = "Noted in #1001. The team sees it there, the customer does not."
ANN = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
GUEST = Agent(id=AgentId("u3"), name="Guest")


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    async with running(tmp_path / "db", vendor=Noting(now=now), undo=30.0) as bridge:
        await bridge.ticket_arrives()
        yield bridge


def notes(bridge: Bridge) -> list[str]:
    assert isinstance(bridge.vendor, Noting)
    return bridge.vendor.notes


def elsewhere(bridge: Bridge) -> list[tuple[Voice, str]]:
    """What Slack's thread shows below the customer's message."""
    return [(shown.post.voice, shown.post.text) for shown in bridge.slack.shown[bridge.thread(bridge.slack)][1:]]


async def kept(bridge: Bridge, said: Said, agent: Agent = ANN) -> str:
    return (await bridge.asks(bridge.discord, Verb.KEEP, message=said, agent=agent)).text


async def test_a_reply_that_waits_becomes_a_note(bridge: Bridge) -> None:
    """The customer never gets it; the other thread shows the note in place of what was announced."""
    said = await bridge.says(bridge.discord, "m1", "He is lying.")
    await until(lambda: any("about to send" in text for _, text in elsewhere(bridge)), "it is announced")
    assert await kept(bridge, said) == NOTED
    assert await kept(bridge, said) == answers.note_already()
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == []
    assert notes(bridge) == ["Ann: He is lying."]
    assert elsewhere(bridge) == [(Voice.NOTE, "He is lying.")]
    assert bridge.discord.marks[said.message] is Mark.NOTE


async def test_what_has_left_stays_a_reply(bridge: Bridge) -> None:
    """Nobody is told that the customer does not see what they have read."""
    said = await bridge.says(bridge.discord, "m1", "An answer")
    await until(lambda: bridge.vendor.texts("t1") == ["An answer"], "it has left")
    assert "already" in await kept(bridge, said)
    await bridge.at_rest()
    assert notes(bridge) == []


async def test_a_held_message_becomes_a_note(bridge: Bridge) -> None:
    """What looks like a command is held; as a note it is asked about no more."""
    said = await bridge.says(bridge.discord, "m1", "!closee")
    await bridge.at_rest(State.HELD)
    assert await kept(bridge, said) == NOTED
    await bridge.at_rest()
    assert (bridge.vendor.texts("t1"), notes(bridge)) == ([], ["Ann: !closee"])


async def test_a_note_loses_its_prefix_only(bridge: Bridge) -> None:
    """A message that begins like a note is one already."""
    said = await bridge.says(bridge.discord, "m1", "// call her")
    await bridge.at_rest()
    assert await kept(bridge, said) == answers.note_already()
    assert notes(bridge) == ["Ann: call her"]


async def test_who_wrote_it_is_told_nothing_of_an_edit_without_a_change(bridge: Bridge) -> None:
    """Chats send an edit when a link's preview appears, too; of a true one the author is told that it stays a note."""
    said = await bridge.says(bridge.discord, "m1", "See https://shop.example/1")
    assert await kept(bridge, said) == NOTED
    await bridge.edits(bridge.discord, "m1", "See https://shop.example/1")
    await bridge.at_rest()
    assert bridge.discord.told == []
    await bridge.edits(bridge.discord, "m1", "See https://shop.example/2")
    await until(lambda: len(bridge.discord.told) == 1, "Ann is told that it is a note all the same")
    await bridge.edits(bridge.discord, "m1", "See https://shop.example/2")
    await bridge.at_rest()
    assert len(bridge.discord.told) == 1


@pytest.mark.parametrize("verb", [Verb.KEEP, Verb.SEND])
async def test_what_is_erased_comes_back_by_no_menu(bridge: Bridge, verb: Verb) -> None:
    """The menu still shows its words to whoever sees the thread; they are not recorded again."""
    said = await bridge.says(bridge.discord, "m1", "// An elephant")
    await bridge.at_rest()

    await bridge.database.write(erase, TicketNumber(1001), now())
    answer = await bridge.asks(bridge.discord, verb, message=said)
    assert answer.text == "This message was erased."
    rows = await bridge.database.read(lambda tx: [dict(row) for row in tx.all("unsent_messages", ticket=1001)])
    assert rows == []
    assert bridge.vendor.texts("t1") == []


async def test_what_is_deleted_meanwhile_is_not_kept(bridge: Bridge) -> None:
    """The menu was opened before; the words are gone from the thread, so they come to no note."""
    said = await bridge.says(bridge.discord, "m1", "!closee")
    await bridge.at_rest(State.HELD)
    await bridge.deletes(bridge.discord, "m1")
    assert "deleted" in await kept(bridge, said)
    await bridge.at_rest()
    assert (bridge.vendor.texts("t1"), notes(bridge)) == ([], [])


async def test_a_command_is_kept_as_a_note(bridge: Bridge) -> None:
    """What was never a reply has none to take back."""
    said = await bridge.says(bridge.discord, "m1", "!take")
    await bridge.at_rest()
    assert await kept(bridge, said) == NOTED
    await bridge.at_rest()
    assert (bridge.vendor.texts("t1"), notes(bridge)) == ([], ["Ann: !take"])


async def test_a_message_that_was_edited_into_a_note_is_kept_without_its_prefix(bridge: Bridge) -> None:
    """The menu hands over what stands there by now."""
    said = await bridge.says(bridge.discord, "m1", "!closee")
    await bridge.at_rest(State.HELD)
    assert await kept(bridge, replace(said, text="// He is lying.")) == NOTED
    await bridge.at_rest()
    assert (bridge.vendor.texts("t1"), notes(bridge)) == ([], ["Ann: He is lying."])


async def test_a_note_that_is_sent_after_all_is_told_where_it_was_shown(bridge: Bridge) -> None:
    """Else the other thread says for ever that the customer does not have it. What was shown nowhere needs no word."""
    said = await bridge.says(bridge.discord, "m1", "// Try another browser.")
    await bridge.at_rest()
    assert elsewhere(bridge) == [(Voice.NOTE, "Try another browser.")]
    answer = await bridge.asks(bridge.discord, Verb.SEND, message=said)
    assert answer.text == answers.sending()
    await bridge.at_rest()
    assert bridge.vendor.texts("t1") == ["Try another browser."]
    told = (Voice.BELL, "🔓 Ann sends the note “Try another browser.” to the customer.")
    assert elsewhere(bridge) == [(Voice.NOTE, "Try another browser."), told]
    await bridge.asks(bridge.discord, Verb.SEND, message=said)
    await bridge.at_rest()
    assert elsewhere(bridge).count(told) == 1


async def test_who_may_not_act_keeps_nothing(bridge: Bridge) -> None:
    """The reply leaves as it would have."""
    said = await bridge.says(bridge.discord, "m1", "An answer")
    assert (await kept(bridge, said, agent=GUEST)).startswith("Only the team's agents")
    await bridge.at_rest()
    assert (bridge.vendor.texts("t1"), notes(bridge)) == (["An answer"], [])


async def test_a_reason_is_a_note(bridge: Bridge) -> None:
    """Both threads and the vendor have it; where nothing is closed, nothing is noted, and the reason is shown again."""
    closed = await bridge.asks(bridge.discord, Verb.CLOSE, ticket="1001", words="Sent him a new key")
    assert closed.text == "#1001 is closed."
    await bridge.at_rest()
    assert bridge.vendor.tickets[TicketId("t1")].status is Status.CLOSED
    assert notes(bridge) == ["Ann: Sent him a new key"]
    assert (Voice.NOTE, "Sent him a new key") in elsewhere(bridge)
    again = await bridge.asks(bridge.discord, Verb.CLOSE, ticket="1001", words="Once more")
    assert (again.text, again.kept) == ("#1001 is already closed.", "Once more")
    await bridge.at_rest()
    assert len(notes(bridge)) == 1


async def test_help_says_what_can_be_done(bridge: Bridge) -> None:
    """In a thread about its ticket, in a channel with an example; who may do nothing reads why."""
    here = (await bridge.asks(bridge.discord, Verb.HELP)).text
    assert "For #1001, here in its thread:" in here
    for name in ("/close", "/take", "/snooze", "/snippet", "/note", "/tickets", "/find", "/why", "Keep as note", "//"):
        assert name in here
    channel = Place(chat=bridge.slack.name, channel=ChannelId("1"))
    there = (await bridge.asks(bridge.slack, Verb.HELP, place=channel)).text
    assert "/close 1042" in there
    assert "Slack has no slash commands in threads" in there
    assert "A message that begins with // is a note" in here
    assert "A message that begins with note: is a note" in there, "what begins with / cannot be sent in Slack"
    (menu,) = [line.partition(": ")[2] for line in there.split("\n") if line.startswith("The menu of a message")]
    assert sorted(menu.split(", ")) == sorted(name for _, name, _ in manifest.SHORTCUTS)
    assert "Close ticket" not in here, "Discord has no such menu"
    assert max(len(here), len(there)) < 2_000
    assert (await bridge.asks(bridge.discord, Verb.HELP, agent=GUEST)).text.startswith("Only the team's agents")
