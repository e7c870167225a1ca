"""A ticket's card as Block Kit: verbatim, harmless, within Slack's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from adapters.chats.slack.card import card_blocks, card_fallback
from bot.model import (
    Button,
    Card,
    Customer,
    Fact,
    Form,
    Moment,
    OtherTicket,
    Standing,
    Status,
    TicketNumber,
    Verb,
)
from bot.wording.plainer_cards import plainer_card
from tests.support.block_kit import NASTY, accepted, kinds, texts

CARD = Card(
    number=TicketNumber(1042),
    title="#1042 · Jane · Key not working",
    names=("#1042 · Jane · Key not working", "#1042 · Jane", "#1042"),
    store="Main · Sellgate",
    customer=Customer(name="Jane", email="jane@x.example"),
    status=Status.OPEN,
    status_text="Open",
    standing=Standing.NEXT_ANSWER,
    moment=Moment("Waiting for us since", datetime(2026, 1, 5, 9, tzinfo=UTC)),
    opening="My key does not work",
    facts=(Fact("Order", "ord_xyz_789"), Fact("Paid", "10.00 EUR")),
    hint="Reply in this thread to answer.",
    url="https://shop.example/tickets/1",
    buttons=(Button(verb=Verb.CLOSE, label="Close", ticket=TicketNumber(1042)),),
)


def test_a_card_shows_all_it_knows() -> None:
    """Title, store, state, customer, facts, link, opening, buttons and hint all stand on it."""
    shown = accepted(card_blocks(CARD))
    everything = "\n".join(texts(shown))
    for part in ("#1042 · Jane", "Main · Sellgate", "Open · Waiting for us since ", "Jane (jane@x.example)"):
        assert part in everything
    for part in (
        "ord_xyz_789",
        "https://shop.example/tickets/1",
        "My key does not work",
        "Close",
        "Reply in this thread",
    ):
        assert part in everything
    assert [block["type"] for block in shown] == ["header", "context", "rich_text", "actions", "context"]


def test_a_notification_has_the_first_message() -> None:
    """It stands on the card alone, so that its post notifies nobody; what is escaped there pings nobody."""
    assert card_fallback(replace(CARD, opening="Help!\n<!here>")).endswith(
        "Open · Waiting for us since 2026-01-05 09:00 UTC · Help! &lt;!here&gt;"
    )


def test_a_closed_card_is_known_by_its_title() -> None:
    """Slack archives no thread, so the headline says it, and the number survives any length."""
    shown = accepted(card_blocks(replace(CARD, status=Status.CLOSED, title="#1042 · " + "x" * 300)))
    title = shown[0]["text"]["text"]
    assert title.startswith("✅ #1042 · ")
    assert len(title) <= 150


def test_a_bare_card_is_still_a_card() -> None:
    """Without customer, opening, facts, link, hint and buttons there is no empty block."""
    bare = replace(
        CARD, customer=Customer(), opening="", facts=(Fact("Empty", ""),), hint="", url=None, buttons=(), status_text=""
    )
    shown = accepted(card_blocks(bare))
    assert [block["type"] for block in shown] == ["header", "context", "rich_text"]


def test_a_card_of_nasty_texts_is_harmless() -> None:
    """Whatever a customer or a vendor wrote stands in elements that Slack never parses."""
    nasty = replace(
        CARD,
        title=NASTY,
        store=NASTY,
        customer=Customer(name=NASTY, email=NASTY),
        opening=NASTY,
        facts=tuple(Fact(NASTY, NASTY) for _ in range(60)),
        hint=NASTY,
    )
    shown = accepted(card_blocks(nasty))
    assert not kinds(shown) & {"mrkdwn", "user", "broadcast", "usergroup", "channel"}
    assert "<" not in card_fallback(nasty)


OTHERS = (OtherTicket(TicketNumber(1039), "https://t.slack.com/archives/C1/p39"), OtherTicket(TicketNumber(1040), ""))


def test_the_customers_other_tickets_are_links_to_their_threads() -> None:
    """One whose thread is not open yet is named only; those that have no room are counted."""
    shown = json.dumps(accepted(card_blocks(replace(CARD, others=OTHERS, others_left_out=3))))
    assert '{"type": "link", "url": "https://t.slack.com/archives/C1/p39", "text": "#1039"}' in shown
    assert '"text": "#1040"}, {"type": "text", "text": " and 3 more"' in shown
    assert "Other tickets" not in json.dumps(card_blocks(CARD))


def test_a_plainer_card_has_no_links_to_other_tickets() -> None:
    """What Slack refused may be a link."""
    shown = json.dumps(accepted(card_blocks(plainer_card(replace(CARD, others=OTHERS), Form.PLAIN))))
    assert "Other tickets" in shown
    assert "#1039" in shown
    assert "archives/C1/p39" not in shown
