"""A customer's first message stands once in a thread: on the card alone if it is short, else below it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import Rejected
from bot.model import Form, TicketId, Voice
from bot.tickets import erasure
from bot.wording.cards import CUSTOMER_WROTE
from tests.support.memory.bridge import Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.loop import now

pytestmark = pytest.mark.simulated

LONG = "My key does not work. " * 30


def on_card(bridge: Bridge, chat: MemoryChat) -> str:
    return chat.cards[bridge.thread(chat)][-1].opening.removeprefix(CUSTOMER_WROTE)


def posted(bridge: Bridge, chat: MemoryChat) -> list[str]:
    """The customer's words that are posts, and not on the card."""
    card = chat.headed[0].opened.card
    thread = bridge.thread(chat)
    return [each.post.text for each in chat.shown[thread] if each.id != card and each.post.voice is Voice.CUSTOMER]


@pytest.mark.parametrize("text", ["Hello?", "x" * 500, "\n".join("abcdefghijkl")])
async def test_a_short_first_message_stands_on_the_card_alone(tmp_path: Path, text: str) -> None:
    """In both chats; what follows is posted, and after each change of the card the message still stands there."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives(text=text)
        bridge.vendor.customer_writes("t1", "And more.")
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert on_card(bridge, chat) == text
            assert posted(bridge, chat) == ["And more."]


@pytest.mark.parametrize(
    ("text", "beginning"),
    [("Write to jane@example.com", ""), ("\n".join("abcdefghijklm"), ""), (LONG, LONG[:150])],
    ids=["an address", "many lines", "long"],
)
async def test_other_first_messages_are_posted_once(tmp_path: Path, text: str, beginning: str) -> None:
    """The card has the beginning of a long one, which ends in dots; of a short one nothing."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.customer_writes("t1", text)
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert posted(bridge, chat) == [text]
            assert on_card(bridge, chat).startswith(beginning)
            assert on_card(bridge, chat).endswith("…" if beginning else "")
            assert len(on_card(bridge, chat)) <= 201


async def test_a_colleagues_first_message_is_posted(tmp_path: Path) -> None:
    """Only a customer's stands on the card."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        bridge.vendor.colleague_writes("t1", "We have a question.")
        bridge.vendor.said[TicketId("t1")].reverse()
        await bridge.at_rest()
        assert [each.post.text for each in bridge.discord.shown[bridge.thread(bridge.discord)]] == [
            "We have a question.",
            "Hello?",
        ]


async def test_a_card_that_must_leave_it_out_has_it_posted(tmp_path: Path) -> None:
    """A chat refuses the card with it in every form: the words are posted below; the other chat's card keeps them."""
    async with running(tmp_path / "db") as bridge:
        bridge.discord.fail["open_thread"] = [Rejected("The filter refuses it.", plainer_may_pass=True)] * Form.DEFUSED
        bridge.vendor.customer_writes("t1", "Hello?")
        await bridge.at_rest()
        assert on_card(bridge, bridge.discord) == ""
        assert posted(bridge, bridge.discord) == ["Hello?"]
        assert on_card(bridge, bridge.slack) == "Hello?"
        assert posted(bridge, bridge.slack) == []


async def test_a_forgotten_customers_words_leave_the_card(tmp_path: Path) -> None:
    """They stand nowhere else, so erasing the card erases them; what is written later is posted."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives(text="My key is 1234")
        await bridge.drained()
        tickets = await bridge.database.read(erasure.find_tickets, "jane@example.com")
        await bridge.database.write(erasure.forget, tickets, now(), in_chats=True)
        bridge.app.outbox.wake()
        await bridge.drained()
        for chat in (bridge.discord, bridge.slack):
            assert on_card(bridge, chat) == ""
        bridge.vendor.customer_writes("t1", "It is me again")
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert on_card(bridge, chat) == ""
            assert posted(bridge, chat) == ["It is me again"]
