"""A ticket's card in Discord: it always fits, its key is found and seen by nobody, and nothing in it pings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chats.discord.card import card_message, embed_length, has_key, shows_card, thread_name
from bot.model import (
    Button,
    Card,
    Customer,
    DeliveryKey,
    Fact,
    Form,
    Moment,
    OtherTicket,
    Standing,
    Status,
    TicketNumber,
    Verb,
)
from bot.sandbox.discord.message_requests import read_message_request
from bot.text import clean, units
from bot.wording.cards import CUSTOMER_WROTE
from bot.wording.plainer_cards import plainer_card

KEY = DeliveryKey("a1b2c3-77-0")
OURS = {"author": {"id": "1", "bot": True}}
NUMBER = TicketNumber(1042)
CLOSE = Button(verb=Verb.CLOSE, label="Close", ticket=NUMBER)
CARD = Card(
    number=NUMBER,
    title="#1042 · Jane · Key *not* working",
    names=("#1042 · Jane · Key *not* working", "#1042 · Jane", "#1042"),
    store="Main · Sellgate",
    customer=Customer(name="Jane", email="jane_d@example.com"),
    status=Status.OPEN,
    status_text="Open",
    standing=Standing.NEXT_ANSWER,
    moment=Moment("Waiting for us since", datetime(2026, 1, 5, 9, tzinfo=UTC)),
    opening="Hello, @everyone",
    facts=(Fact("Order", "ord_1"),),
    hint="Reply here to answer. Start with // for a note.",
    url="https://dash.example/1042",
    buttons=(CLOSE,),
)


def embed(message: dict[str, Any]) -> dict[str, Any]:
    (only,) = message["embeds"]
    assert isinstance(only, dict)
    return only


TEXTS = st.text(
    st.one_of(st.sampled_from("*_`<>[]()@#-\\\n |~:/.é😀"), st.characters(codec="utf-8")), max_size=3000
).map(clean)


LONGEST = ["*" * 500, "\N{GRINNING FACE}" * 500, "`\\|" * 166, "1. \n" * 12, "a." * 250, "https://" + "a.b/" * 123]
"""As long as a first message may be that stands on the card alone, and of signs that take the most room."""


class TestCard:
    @pytest.mark.parametrize("text", LONGEST)
    @pytest.mark.parametrize("form", [Form.FULL, Form.PLAIN])
    def test_a_first_message_stands_there_whole(self, text: str, form: Form) -> None:
        """Nothing of it is cut, whatever it is escaped or defused to: it stands nowhere else."""
        card = plainer_card(replace(CARD, opening=CUSTOMER_WROTE + text), form)
        shown = embed(card_message(card, KEY))["description"]
        assert "…" not in shown
        assert card.opening.count("a") == text.count("a") + CUSTOMER_WROTE.count("a")
        assert units(shown) < 4096

    def test_it_shows_the_ticket(self) -> None:
        """Store, title, the customer's words, the facts, the status, the hint and the dashboard are all there."""
        shown = embed(card_message(CARD, KEY))
        assert shown["author"]["name"] == "Main · Sellgate"
        assert shown["description"] == "**#1042 · Jane · Key \\*not\\* working**\n\nHello, \\@everyone"
        assert [field["name"] for field in shown["fields"]] == ["Customer", "Status", "Order"]
        assert shown["fields"][0]["value"] == "Jane\njane\\_d@example.com"
        assert shown["footer"]["text"] == CARD.hint
        (row,) = card_message(CARD, KEY)["components"]
        assert [button["label"] for button in row["components"]] == ["Close", "Open in the dashboard"]

    def test_open_and_closed_are_distinguished_by_colour(self) -> None:
        """The bar at the embed's side changes with the status."""
        closed = replace(CARD, status=Status.CLOSED)
        assert embed(card_message(CARD))["color"] != embed(card_message(closed))["color"]

    def test_its_key_is_found_and_seen_by_nobody(self) -> None:
        """The key stands in the address of an embed that has no title to link from; an edit leaves it out."""
        posted = card_message(CARD, KEY) | OURS
        assert has_key(posted, KEY, "1")
        assert not has_key(posted, DeliveryKey("a1b2c3-77-1"), "1")
        assert "title" not in embed(posted)
        assert not has_key(card_message(CARD) | OURS, KEY, "1")

    @pytest.mark.parametrize("form", Form)
    @pytest.mark.parametrize(
        "author",
        [
            {"author": {"id": "2"}},
            {"author": {"id": "2", "bot": True}},
            {"author": {"id": "2", "bot": True}, "webhook_id": "2"},
            {"author": {"id": "1", "bot": True}, "webhook_id": "1"},
            {"author": None},
            {},
        ],
    )
    def test_a_key_that_somebody_else_wrote_counts_for_nothing(self, author: dict[str, Any], form: Form) -> None:
        """Keys can be read and guessed, and a webhook or another bot can write whatever we can."""
        copied = card_message(replace(CARD, form=form), KEY)
        assert has_key(copied | OURS, KEY, "1")
        assert not has_key(copied | author, KEY, "1")

    def test_nothing_in_it_pings(self) -> None:
        """Every request says so; an edit that did not would ping after all."""
        assert card_message(CARD)["allowed_mentions"] == {"parse": []}

    def test_what_is_shown_already_is_known(self) -> None:
        """A card as Discord returns it, with all that Discord adds, is seen to be up to date."""
        returned: dict[str, Any] = card_message(CARD, KEY)
        embed(returned)["type"] = "rich"
        returned["components"][0]["id"] = 1
        assert shows_card(returned, CARD)
        assert not shows_card(returned, replace(CARD, status_text="Open · waiting for the customer"))
        assert not shows_card(returned, replace(CARD, buttons=()))

    @given(TEXTS, TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=40))
    def test_it_always_fits(self, title: str, opening: str, facts: list[tuple[str, str]]) -> None:
        """Whatever a ticket holds, its card stays within every limit that the practice Discord knows."""
        card = replace(CARD, title=title, opening=opening, facts=tuple(Fact(*fact) for fact in facts))
        message = card_message(card, KEY)
        assert embed_length(embed(message)) <= 6000
        read_message_request(message)

    @given(TEXTS)
    def test_a_threads_name_keeps_the_number(self, subject: str) -> None:
        """A long title is cut at its end."""
        name = thread_name(replace(CARD, title=f"#1042 · Jane · {subject}"))
        assert name.startswith("#1042 · Jane")
        assert 1 <= units(name) <= 100


OTHERS = (OtherTicket(TicketNumber(1039), "https://discord.com/channels/1/39"), OtherTicket(TicketNumber(1040), ""))


def test_the_customers_other_tickets_are_links_to_their_threads() -> None:
    """One whose thread is not open yet is named only; those that have no room are counted."""
    fields = embed(card_message(replace(CARD, others=OTHERS, others_left_out=3)))["fields"]
    (shown,) = [field["value"] for field in fields if field["name"] == "Other tickets"]
    assert shown == "[#1039](https://discord.com/channels/1/39), #1040 and 3 more"


@pytest.mark.parametrize(("form", "values"), [(Form.PLAIN, ["#1039, #1040"]), (Form.BARE, [])])
def test_plainer_cards_have_no_links_to_other_tickets(form: Form, values: list[str]) -> None:
    """What Discord refused may be a link; the plainest card says nothing of other tickets."""
    message = card_message(plainer_card(replace(CARD, others=OTHERS), form))
    fields = [field for one in message["embeds"] for field in one["fields"]]
    assert [field["value"] for field in fields if field["name"] == "Other tickets"] == values
    assert ("1039" in str(message)) is bool(values)


def test_no_other_tickets_no_field() -> None:
    """Most customers have one ticket."""
    assert "Other tickets" not in str(card_message(CARD))
