"""Notes by command or form, from anywhere: in all threads, at vendors that keep notes, never at the customer, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import Rejected
from bot.model import Agent, AgentId, Answer, ChannelId, MessageId, Modal, Place, TextField, TicketId, Verb, Voice
from bot.wording import form_answers
from tests.support.memory.bridge import Bridge, running
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now

pytestmark = pytest.mark.simulated

GUEST = Agent(id=AgentId("u3"), name="Guest")
NOTED = Answer(text="Noted in #1001. The team sees it there, the customer does not.")


@dataclass
class Noting(MemoryVendor):
    """A vendor that keeps notes."""

    notes: list[str] = field(default_factory=list)

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        await self._before("note")
        self.notes.append(f"{agent}: {text}")
        return None

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        return f"{agent}: {text}" in self.notes


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    async with running(tmp_path / "db", vendor=Noting(now=now)) as bridge:
        await bridge.ticket_arrives()
        yield bridge


def notes(bridge: Bridge) -> list[str]:
    assert isinstance(bridge.vendor, Noting)
    return bridge.vendor.notes


def posts(bridge: Bridge) -> list[list[tuple[Voice, str, str]]]:
    """What stands below the first message in each thread."""
    return [
        [(shown.post.voice, shown.post.name, shown.post.text) for shown in chat.shown[bridge.thread(chat)][1:]]
        for chat in (bridge.discord, bridge.slack)
    ]


async def test_a_note_from_anywhere(bridge: Bridge) -> None:
    """By its number from the channel: both threads and the vendor have it once, the customer has nothing."""
    channel = Place(chat=bridge.slack.name, channel=ChannelId("1"))
    assert await bridge.asks(bridge.slack, Verb.NOTE, place=channel, ticket="1001", words=" Call her. ") == NOTED
    await bridge.at_rest()
    assert posts(bridge) == [[(Voice.NOTE, "Ann", "Call her.")]] * 2
    assert notes(bridge) == ["Ann: Call her."]
    assert bridge.vendor.texts("t1") == []


async def test_a_note_in_a_form(bridge: Bridge) -> None:
    """It begins with what was typed; sent twice it is one note; an empty one is refused in the form."""
    form = await bridge.form(
        bridge.discord, Verb.NOTE, words="So far", agent=Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
    )
    assert isinstance(form, Modal)
    (text,) = form.fields
    assert isinstance(text, TextField)
    assert (form.title, text.value) == ("Note in #1001", "So far")

    async def sent(entered: str) -> Answer:
        return await bridge.asks(
            bridge.discord, Verb.NOTE, ticket=str(form.ticket), words=form.words, entered={text.name: entered}
        )

    assert (await sent(" ")).fault == text.name
    assert await sent("So far, so good.") == NOTED
    assert await sent("So far, so good.") == Answer(text=form_answers.form_sent_already())
    assert await sent("Again") == Answer(text=form_answers.form_sent_already(), kept="Again")
    await bridge.at_rest()
    assert notes(bridge) == ["Ann: So far, so good."]
    assert posts(bridge) == [[(Voice.NOTE, "Ann", "So far, so good.")]] * 2


async def test_what_is_no_note(bridge: Bridge) -> None:
    """Nothing, from nobody, or for nothing."""
    empty = await bridge.asks(bridge.discord, Verb.NOTE, words=" ")
    assert empty.text == "What shall be noted? Write it behind the command, or in the form."
    guest = await bridge.asks(bridge.discord, Verb.NOTE, words="x", agent=GUEST)
    assert guest.text.startswith("Only the team's agents")
    missing = await bridge.asks(bridge.discord, Verb.NOTE, words="x", ticket="77")
    assert missing.text.startswith("There is no ticket #77.")
    forged = await bridge.asks(bridge.discord, Verb.NOTE, words="zz", entered={"note": "x"})
    assert (forged.text, forged.kept) == ("This form is not complete, or too old. Open it again.", "x")
    await bridge.at_rest()
    assert (notes(bridge), posts(bridge)) == ([], [[], []])


async def test_a_note_that_its_vendor_refuses(bridge: Bridge) -> None:
    """The team has it all the same, and its author's thread says so."""
    bridge.vendor.fail["note"] = [Rejected("No.")]
    await bridge.asks(bridge.slack, Verb.NOTE, words="Call her.")
    await bridge.sweeps(3)
    line = "❌ Your note was not saved at the vendor. No. The team still sees it here."
    assert [[text for _, _, text in thread] for thread in posts(bridge)] == [["Call her."], ["Call her.", line]]
