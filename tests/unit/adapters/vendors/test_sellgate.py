"""Sellgate: between its wire and the model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.vendors.sellgate.reading import (
    WireList,
    WireTicket,
    counts_of,
    credible_total,
    fingerprint,
    message_of,
    new_message_id,
    page_of,
    ticket_of,
)
from bot.errors import Unavailable
from bot.model import Author, Awaiting, Counts, Fact, FactKey, Status, TicketId

LISTED: dict[str, Any] = {
    "id": "tkt_abc123", "subject": "help", "status": "open", "awaiting_response_from": "owner",
    "customer_email": "customer@example.com", "order_id": "ord_xyz789", "invoice_id": "INV-12345",
    "product_name": "Premium License", "order_amount": "29.99", "order_currency": "USD", "message_count": 3,
    "has_owner_reply": False, "created_at": "2025-01-20T10:00:00Z", "updated_at": "2025-01-20T12:30:00Z",
    "closed_at": None,
}  # fmt: skip
LIST: dict[str, Any] = {
    "data": [LISTED],
    "stats": {"total": 25, "open": 12, "closed": 13, "needsResponse": 8},
    "meta": {"total": 25, "limit": 25, "offset": 0},
}


def wire(**fields: Any) -> WireTicket:
    return WireTicket.model_validate(LISTED | fields)


def test_the_documented_example() -> None:
    """The example of the documentation is read whole."""
    (change,) = page_of(LIST, only_open=True).changes
    ticket = change.ticket
    assert (ticket.id, ticket.subject, ticket.status, ticket.status_word) == ("tkt_abc123", "help", Status.OPEN, "open")
    assert ticket.customer.email == "customer@example.com"
    assert ticket.facts == (
        Fact("Order", "ord_xyz789", FactKey.ORDER_NUMBER),
        Fact("Invoice", "INV-12345"),
        Fact("Product", "Premium License"),
        Fact("Amount", "29.99 USD"),
    )
    assert ticket.created_at == datetime(2025, 1, 20, 10, tzinfo=UTC)
    assert ticket.awaiting is Awaiting.US
    assert counts_of(LIST) == Counts(total=25, open=12, closed=13, waiting_for_us=8)


@pytest.mark.parametrize(
    ("word", "status"), [("closed", Status.CLOSED), ("CLOSED", Status.CLOSED), ("on_hold", Status.OPEN), (None, None)]
)
def test_status_words(word: str | None, status: Status | None) -> None:
    """A word that is not documented is shown and means that the ticket is not closed."""
    ticket = ticket_of(wire(status=word))
    assert (ticket.status, ticket.status_word) == (status, word)


def test_an_answer_without_context_says_nothing_about_it() -> None:
    """None: what was known before stays."""
    ticket = ticket_of(WireTicket.model_validate({"id": "t"}))
    assert (ticket.facts, ticket.subject, ticket.status, ticket.customer.email) == (None, None, None, None)


def test_fingerprints() -> None:
    """A fingerprint moves with status, time and count; where one is missing, with all else that tells."""
    base = fingerprint(wire())
    for fields in ({"status": "closed"}, {"updated_at": "2025-01-20T12:30:01Z"}, {"message_count": 4}):
        assert fingerprint(wire(**fields)) != base
    assert fingerprint(wire(has_owner_reply=True)) == base
    poor = fingerprint(wire(message_count=None))
    telling: list[dict[str, Any]] = [
        {"has_owner_reply": True},
        {"awaiting_response_from": "customer"},
        {"closed_at": "2025-01-21"},
    ]
    for told in telling:
        assert fingerprint(wire(message_count=None, **told)) != poor


@pytest.mark.parametrize(
    ("stats", "meta", "narrowed", "total"),
    [
        ({"total": 25, "open": 12}, {"total": 12}, True, 12),
        ({"total": 25, "open": 12}, {"total": 25}, True, 12),
        ({"total": 12, "open": 12}, {"total": 12}, True, 12),
        ({"total": 25, "open": 12}, {"total": 25}, False, 25),
        ({"total": 25, "open": 12}, {"total": 99}, True, None),
        ({"total": 25, "open": 12}, None, True, 12),
        (None, {"total": 25}, True, 25),
        (None, None, True, None),
        ("rubbish", [], True, None),
    ],
)
def test_which_total_is_believed(stats: Any, meta: Any, narrowed: bool, total: int | None) -> None:
    """Whether or not figures follow the filter, the number of tickets in the list comes out, or none."""
    around = WireList.model_validate({"stats": stats, "meta": meta})
    assert credible_total(around, only_open=narrowed) == total


def test_counts_that_are_missing_are_trouble() -> None:
    """No figures are not figures of nought."""
    with pytest.raises(Unavailable):
        counts_of({"data": []})


MESSAGES = [
    {"id": "msg_2", "sender": "seller", "message": "Done ", "created_at": "2025-01-20T12:30:00Z"},
    {"id": "msg_1", "sender": "customer", "message": "Done", "created_at": "2025-01-20T10:00:00Z"},
]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"data": {"id": "msg_2", "sender": "seller", "message": "Done"}}, "msg_2"),
        ({"id": "msg_2", "message": "Done"}, "msg_2"),
        ({"success": True, "id": "msg_2"}, "msg_2"),
        ({"data": {"id": "tkt_1", "messages": MESSAGES}}, "msg_2"),
        ({"id": "tkt_1", "subject": "Help", "messages": MESSAGES[:1]}, "msg_2"),
        ({"id": "tkt_1", "messages": MESSAGES[1:]}, None),
        ({"id": "tkt_1", "messages": [{"message": "Done"}, 7, None]}, None),
        ({"id": "tkt_1"}, None),
        ({"id": "other", "subject": "Help"}, None),
        ({"success": True}, None),
        ({"id": False}, None),
        (None, None),
        ([], None),
        ("ok", None),
    ],
)
def test_the_id_of_a_reply(answer: Any, found: str | None) -> None:
    """Whatever a reply answers, its id is found or not claimed; nothing raises after the reply has left."""
    assert new_message_id(answer, TicketId("tkt_1"), "Done") == found


def test_messages() -> None:
    """Both words for staff are staff; a word that is not documented is shown as a name."""
    words = ("customer", "seller", "owner", "bot", None)
    read = wire(messages=[{"id": number, "sender": word} for number, word in enumerate(words)])
    from_wire = [(message.author, message.author_name) for message in map(message_of, read.messages or ())]
    assert from_wire == [
        (Author.CUSTOMER, None),
        (Author.STAFF, None),
        (Author.STAFF, None),
        (Author.UNKNOWN, "bot"),
        (Author.UNKNOWN, None),
    ]
