"""A customer's first message stands once in a thread: on the card alone if it is short, else below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.errors import Gone, Rejected
from bot.model import (
    Attachment,
    Author,
    Card,
    ChatMessageId,
    Deleted,
    DeliveryKey,
    Form,
    Message,
    MessageId,
    Place,
    State,
    Status,
    TicketId,
    Voice,
)
from bot.tickets import erasure
from bot.tickets.from_vendors.snapshot import TicketSnapshot
from bot.tickets.from_vendors.sync import record
from bot.wording.cards import CUSTOMER_WROTE
from tests.support.memory.bridge import MAIN, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

LONG = "My key does not work. " * 30
T1 = TicketId("t1")
FILE = Attachment(name="a.png", url="https://files.example/a.png")
REFUSED = Rejected("The filter refuses it.", plainer_may_pass=True)


def on_card(bridge: Bridge, chat: MemoryChat) -> str:
    """What the card in the chat's latest thread says of the first message, without the words that say whose it is."""
    return chat.cards[chat.threads()[-1]][-1].opening.removeprefix(CUSTOMER_WROTE)


def posted(bridge: Bridge, chat: MemoryChat) -> list[str]:
    """The customer's words that are posts in the chat's first thread, and not on the card."""
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
        bridge.vendor.set("t1", Status.CLOSED)
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert chat.cards[bridge.thread(chat)][-1].status is Status.CLOSED
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
            assert on_card(bridge, chat).endswith("…" if beginning else "")
            shown = on_card(bridge, chat).removeprefix("The first message begins:\n")
            assert shown.startswith(beginning)
            assert len(shown) <= 200


@pytest.mark.parametrize(
    "first",
    [
        {"text": "See the picture", "attachments": (FILE,)},
        {"text": "Here", "author_name": "Somebody else"},
        {"text": "From whom?", "author": Author.UNKNOWN},
        {"text": "Half a message", "malformed": True},
        {"text": "For the team", "is_public": False},
        {"text": ""},
        {"text": " \u200b\n"},
    ],
    ids=["a file", "another author", "an unknown author", "malformed", "internal", "empty", "nothing to see"],
)
async def test_what_a_card_cannot_show_is_posted(tmp_path: Path, first: dict[str, object]) -> None:
    """A card has no files, no other author than the ticket's customer, and no word for what shows nothing."""
    async with running(tmp_path / "db") as bridge:
        values: dict[str, object] = {"id": MessageId("m1"), "author": Author.CUSTOMER, "written_at": now(), **first}
        bridge.vendor.customer_writes("t1", "")
        bridge.vendor.said[T1] = [Message(**values)]  # type: ignore[arg-type]
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert on_card(bridge, chat) == ""
            said = [each.post for each in chat.shown[bridge.thread(chat)] if each.post.voice is not Voice.BELL]
            assert [post.text for post in said] == [first["text"]]


async def test_of_many_messages_only_the_first_stands_on_the_card(tmp_path: Path) -> None:
    """As when a store is first read: the others are posted in their order."""
    async with running(tmp_path / "db") as bridge:
        for number in range(6):
            bridge.vendor.customer_writes("t1", f"Message {number}")
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert on_card(bridge, chat) == "Message 0"
            assert posted(bridge, chat) == [f"Message {number}" for number in range(1, 6)]


async def test_a_first_message_that_comes_after_its_threads_is_posted(tmp_path: Path) -> None:
    """The vendor shows the ticket without any message at first. What is read later is posted, and not on the card."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        hidden = bridge.vendor.said.pop(T1)
        await bridge.at_rest()
        bridge.vendor.said[T1] = hidden
        await bridge.at_rest()
        bridge.vendor.set("t1", Status.CLOSED)
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert posted(bridge, chat) == ["Hello?"]
            assert on_card(bridge, chat) == ""


async def test_an_earlier_message_that_is_read_later_changes_no_card(tmp_path: Path) -> None:
    """The card keeps the message that stands nowhere else; the one that was missing is posted."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        bridge.vendor.customer_writes("t1", "Anybody?")
        missing = bridge.vendor.said[T1].pop(0)
        await bridge.at_rest()
        bridge.vendor.said[T1].insert(0, missing)
        await bridge.at_rest()
        bridge.vendor.set("t1", Status.CLOSED)
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert on_card(bridge, chat) == "Anybody?"
            assert posted(bridge, chat) == ["Hello?"]


@pytest.mark.parametrize("text", [None, "Hello there?"], ids=["deleted", "edited"])
async def test_what_becomes_of_it_at_the_vendor_changes_no_card(tmp_path: Path, text: str | None) -> None:
    """As with posts: what was shown once stays, and nothing is posted for it."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives(text="Hello?")
        first = bridge.vendor.said[T1].pop(0)
        if text is not None:
            bridge.vendor.said[T1].append(replace(first, text=text))
        bridge.vendor.customer_writes("t1", "Anybody?")
        bridge.vendor.said[T1][-1] = replace(bridge.vendor.said[T1][-1], id=MessageId("m9"))
        bridge.vendor.set("t1", Status.CLOSED)
        await bridge.at_rest()
        bridge.vendor.set("t1", Status.OPEN)
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert on_card(bridge, chat) == "Hello?"
            assert posted(bridge, chat) == ["Anybody?"]


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


@pytest.mark.parametrize("form", [Form.DEFUSED, Form.BARE])
async def test_a_card_that_must_leave_it_out_has_it_posted(tmp_path: Path, form: Form) -> None:
    """
    A chat refuses the card with it in every form: the words are posted below; the other chat's card keeps them.

    Later cards there may be accepted in full, and do not have them twice.
    """
    async with running(tmp_path / "db") as bridge:
        bridge.discord.fail["open_thread"] = [REFUSED] * form
        bridge.vendor.customer_writes("t1", "Hello?")
        await bridge.at_rest()
        assert on_card(bridge, bridge.discord) == ""
        assert posted(bridge, bridge.discord) == ["Hello?"]
        assert on_card(bridge, bridge.slack) == "Hello?"
        assert posted(bridge, bridge.slack) == []
        bridge.vendor.set("t1", Status.CLOSED)
        await bridge.at_rest()
        assert bridge.discord.cards[bridge.thread(bridge.discord)][-1].form is Form.FULL
        assert on_card(bridge, bridge.discord) == ""
        assert posted(bridge, bridge.discord) == ["Hello?"]


async def test_a_plainer_card_keeps_it(tmp_path: Path) -> None:
    """Only forms without the customer's words have it posted."""
    async with running(tmp_path / "db") as bridge:
        bridge.discord.fail["open_thread"] = [REFUSED] * Form.PLAIN
        bridge.vendor.customer_writes("t1", "Hello?")
        await bridge.at_rest()
        assert on_card(bridge, bridge.discord) == "Hello?"
        assert posted(bridge, bridge.discord) == []


async def test_a_later_card_that_leaves_it_out_has_it_posted(tmp_path: Path) -> None:
    """The first card was accepted; after a change it is refused with the same words: they are posted, once."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives(text="Hello?")
        await bridge.at_rest()
        for status in (Status.CLOSED, Status.OPEN):
            bridge.slack.fail["render_card"] = [REFUSED] * Form.DEFUSED
            bridge.vendor.set("t1", status)
            await bridge.at_rest()
            assert Form.DEFUSED in {card.form for card in bridge.slack.cards[bridge.thread(bridge.slack)]}
            assert on_card(bridge, bridge.slack) == ""
            assert posted(bridge, bridge.slack) == ["Hello?"]
            assert posted(bridge, bridge.discord) == []


@pytest.mark.parametrize("refusals", [0, Form.DEFUSED])
async def test_a_new_card_in_the_same_thread_shows_it_again(tmp_path: Path, refusals: int) -> None:
    """Its first card was deleted, and with it the message; if the new one is refused, the message is posted."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives(text="Hello?")
        await bridge.at_rest()
        card = ChatMessageId(f"card-{bridge.thread(bridge.slack)}")
        bridge.slack.gone.add(card)
        assert bridge.slack.intake is not None
        refuse = bridge.slack.post_card

        async def post_card(place: Place, card: Card, key: DeliveryKey) -> ChatMessageId:
            if card.form < refusals:
                raise REFUSED
            return await refuse(place, card, key)

        bridge.slack.post_card = post_card  # type: ignore[method-assign]
        await bridge.slack.intake.deleted(Deleted(place=bridge.place(bridge.slack), message=card))
        await bridge.at_rest()
        assert posted(bridge, bridge.slack) == (["Hello?"] if refusals else [])
        assert on_card(bridge, bridge.slack) == ("" if refusals else "Hello?")


@pytest.mark.parametrize("text", ["Hello?", "Write to jane@example.com"])
async def test_a_card_in_a_new_thread_shows_what_stood_in_the_old_one(tmp_path: Path, text: str) -> None:
    """Posts of a deleted thread are not posted again, so the new card shows the first message whole, every time."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives(text=text)
        await bridge.at_rest()
        bridge.discord.fail["post"] = [Gone("It was deleted.")]
        bridge.vendor.customer_writes("t1", "Anybody?")
        await bridge.at_rest()
        assert len(bridge.discord.threads()) == 2
        assert on_card(bridge, bridge.discord) == text
        bridge.vendor.set("t1", Status.CLOSED)
        await bridge.at_rest()
        assert on_card(bridge, bridge.discord) == text


async def test_a_card_shows_a_first_message_from_before_its_threads(tmp_path: Path) -> None:
    """A closed ticket that was read once has no threads until its customer writes again; only that is posted."""
    async with running(tmp_path / "db") as bridge:
        bridge.vendor.customer_writes("t1", "Hello?")
        message = insert_before_follow(bridge)
        await bridge.database.write(message)
        bridge.vendor.customer_writes("t1", "It is me again")
        await bridge.at_rest()
        for chat in (bridge.discord, bridge.slack):
            assert on_card(bridge, chat) == "Hello?"
            assert posted(bridge, chat) == ["It is me again"]


def insert_before_follow(bridge: Bridge) -> Callable[[Transaction], None]:
    """The ticket as it is now, recorded without threads."""

    def work(tx: Transaction) -> None:
        snapshot = TicketSnapshot(
            ticket=bridge.vendor.tickets[T1],
            messages=tuple(bridge.vendor.said[T1]),
            fingerprint="",
            read_at=now(),
            follow=False,
        )
        record(tx, bridge.store, snapshot, now())

    return work


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


async def test_a_ticket_that_one_chat_refuses_in_every_form_is_told_of_in_the_other(tmp_path: Path) -> None:
    """Its thread there names the reason and where to read it; nothing is said of the channel, where others open."""
    async with running(tmp_path / "db") as bridge:
        bridge.slack.fail["open_thread"] = [REFUSED] * len(Form)
        bridge.vendor.customer_writes("t1", "Hello?")
        bridge.app.nudge(MAIN)
        await until(lambda: any("has no thread in" in text for text in _lines(bridge.discord)))
        await bridge.at_rest(State.FAILED)
        (line,) = [text for text in _lines(bridge.discord) if "has no thread in" in text]
        assert line.startswith("❌ The ticket #")
        assert "The filter refuses it." in line
        assert bridge.slack.threads() == []
        assert bridge.slack.texts("1") == bridge.discord.texts("1") == []


async def test_a_ticket_that_every_chat_refuses_is_told_of_in_a_channel(tmp_path: Path) -> None:
    """It has no thread at all. What the chat that failed first has to say in the other's thread waits for that."""
    async with running(tmp_path / "db") as bridge:
        for chat in (bridge.discord, bridge.slack):
            chat.fail["open_thread"] = [REFUSED] * len(Form)
        bridge.vendor.customer_writes("t1", "Hello?")
        bridge.app.nudge(MAIN)
        await until(lambda: [*bridge.discord.texts("1"), *bridge.slack.texts("1")])
        await bridge.at_rest(State.FAILED, State.WAITING)
        (said,) = [*bridge.discord.texts("1"), *bridge.slack.texts("1")]
        assert said.startswith("❌ The ticket #")
        assert "The filter refuses it." in said
        assert bridge.discord.threads() == bridge.slack.threads() == []


def _lines(chat: MemoryChat) -> list[str]:
    """Everything in the chat's threads."""
    return [text for thread in chat.threads() for text in chat.texts(thread)]
