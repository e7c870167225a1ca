"""Lightspeed eCom: between its wire and the model, its quota and its oddities."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from adapters.vendors.lightspeed.people import WireCustomer, customer_of
from adapters.vendors.lightspeed.reading import (
    WireTicket,
    error_status,
    fingerprint,
    has_note,
    id_number,
    new_message_id,
    page_of,
    ticket_of,
    with_note,
)
from adapters.vendors.lightspeed.settings import LightspeedSettings
from adapters.vendors.lightspeed.vendor import Lightspeed
from bot.errors import AuthFailed, RateLimited, Uncertain
from bot.model import Customer, Fact, Nudge, Status, TicketId
from tests.support.clocks import ManualClock
from tests.support.vendors.client import Server, tools

EXAMPLE: dict[str, Any] = {
    "id": 2546, "createdAt": "2018-01-25T18:21:47+00:00", "updatedAt": "2018-01-25T18:21:47+00:00",
    "isAnswered": False, "isClosed": False, "isTodo": False, "subject": "test ticket", "memo": "",
    "doNotifyAnswered": False, "language": {"id": 18, "code": "us", "locale": "en_US", "title": "English (US)"},
    "customer": {"resource": {"id": 1118417, "url": "customers/1118417", "link": "https://evil.example/1118417.json"}},
    "messages": {"resource": {"id": False, "url": "tickets/2546/messages", "link": "https://evil.example/x.json"}},
}  # fmt: skip
CREATED = datetime(2018, 1, 25, 18, 21, 47, tzinfo=UTC)


def wire(**fields: Any) -> WireTicket:
    return WireTicket.model_validate(EXAMPLE | fields)


def store(server: Server, clock: ManualClock | None = None) -> Lightspeed:
    settings = LightspeedSettings.model_validate({"api_key": "key", "api_secret": "secret"})
    return Lightspeed(settings, tools(server, clock))


def test_the_documented_example() -> None:
    """The example of the documentation is read whole; its links are not even looked at."""
    ticket = ticket_of(wire())
    assert (ticket.id, ticket.subject, ticket.status, ticket.status_word) == ("2546", "test ticket", Status.OPEN, None)
    assert (ticket.created_at, ticket.facts) == (CREATED, None)
    assert wire().customer_id == "1118417"


@pytest.mark.parametrize("nobody", [False, None, [], "", {"resource": False}, {"resource": {"id": False}}])
def test_a_guest_has_no_customer_to_ask_for(nobody: Any) -> None:
    """However a missing customer is written, there is none."""
    assert wire(customer=nobody).customer_id is None


@pytest.mark.parametrize(
    ("flags", "status", "word"),
    [
        ({"isClosed": True, "isAnswered": True}, Status.CLOSED, "closed"),
        ({"isTodo": True, "isAnswered": True}, Status.OPEN, "to do"),
        ({"isAnswered": "true"}, Status.OPEN, "answered"),
        ({"isClosed": None}, None, None),
    ],
)
def test_flags(flags: dict[str, Any], status: Status | None, word: str | None) -> None:
    """Flags are a status and a word for it; one that is missing says nothing."""
    ticket = ticket_of(wire(**flags))
    assert (ticket.status, ticket.status_word) == (status, word)


def test_a_memo_is_shown() -> None:
    """What colleagues noted in the back office stands on the card."""
    assert ticket_of(wire(memo="Ring her\nback")).facts == (Fact("Memo", "Ring her back"),)


def test_fingerprints() -> None:
    """A fingerprint moves with the time of update and every flag."""
    base = fingerprint(wire())
    for fields in ({"isClosed": True}, {"isAnswered": True}, {"isTodo": True}, {"updatedAt": False}):
        assert fingerprint(wire(**fields)) != base


def test_a_page_has_no_total() -> None:
    """Nothing in a list says how long it is."""
    page = page_of({"tickets": [EXAMPLE]})
    assert (page.total, page.last, len(page.changes)) == (None, None, 1)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ({"ticket": {}}, None),
        ({"error": {"code": 404, "message": "no"}}, 404),
        ({"error": {"code": 200}}, 400),
        ({"error": {}}, 400),
        ({"error": False}, None),
        ([], None),
        (None, None),
    ],
)
def test_errors_within_200(value: Any, status: int | None) -> None:
    """An `error` in a 2xx is one, by its own code."""
    assert error_status(value) == status


def test_numbers() -> None:
    """An id that is no number stands before all."""
    assert [id_number(TicketId(text)) for text in ("17", "x", "", "²", "-1")] == [17, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("given", "customer"),
    [
        ({"firstname": "Jane", "lastname": "Doe", "email": "j@x.it"}, Customer(name="Jane Doe", email="j@x.it")),
        ({"firstName": "Jane", "middlename": "de", "lastName": "Wit"}, Customer(name="Jane de Wit")),
        ({"firstname": False, "lastname": False, "email": False}, Customer()),
    ],
)
def test_customers(given: dict[str, Any], customer: Customer) -> None:
    """A name is put together from what is there."""
    assert customer_of(WireCustomer.model_validate(given)) == customer


def test_notes_stand_in_the_memo() -> None:
    """A note is added under what is there, in its agent's name, and found again however the memo was trimmed."""
    memo = with_note(" Ring her back \n", "Sam", "She prefers\nmornings")
    assert memo == "Ring her back\nSam: She prefers\nmornings"
    assert with_note(None, "Sam", "x") == "Sam: x"
    assert has_note(memo.replace("\n", " "), "Sam", "She prefers\nmornings")
    assert not has_note("Sam: y", "Sam", "x")
    assert not has_note(None, "Sam", "x")


@pytest.mark.parametrize(
    ("headers", "body", "nudge"),
    [
        ({"x-event": "tickets/created"}, b'{"ticket": {"id": 7}}', Nudge(ticket=TicketId("7"))),
        ({"x-event": "tickets/answered", "x-tickets-id": "8"}, b"{}", Nudge(ticket=TicketId("8"))),
        ({"x-event": "tickets/updated"}, b"{}", Nudge()),
        ({"x-event": "orders/created"}, b'{"order": {"id": 7}}', Nudge(is_about_tickets=False)),
        ({"x-event": "tickets/created"}, b"<x>", None),
    ],
)
async def test_webhooks(headers: dict[str, str], body: bytes, nudge: Nudge | None) -> None:
    """A webhook about tickets is a hint, to one ticket where it names it."""
    vendor = store(lambda _request: httpx.Response(500))
    assert vendor.webhook(headers, body, "secret") == nudge
    await vendor.aclose()


def answers(by_path: dict[str, Any], requests: list[httpx.Request]) -> Server:
    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        status, body = by_path.get(request.url.path, (404, {"error": {"code": 404}}))
        return httpx.Response(status, content=json.dumps(body).encode())

    return serve


async def test_a_ticket_is_three_requests_and_then_two() -> None:
    """A ticket, its messages and its customer; who the customer is stays known for a while."""
    requests: list[httpx.Request] = []
    clock = ManualClock()
    message = {"id": 1, "from": "customer", "message": "Hi"}
    server = answers(
        {
            "/en/tickets/2546.json": (200, {"ticket": EXAMPLE}),
            "/en/tickets/2546/messages.json": (200, {"ticketMessages": [message]}),
            "/en/customers/1118417.json": (200, {"customer": {"firstname": "Jane", "email": "j@x.example"}}),
        },
        requests,
    )

    vendor = store(server, clock)
    for _ in range(2):
        conversation = await vendor.ticket(TicketId("2546"))
        assert conversation.ticket.customer == Customer(name="Jane", email="j@x.example")
        assert [message.text for message in conversation.messages] == ["Hi"]
    assert len(requests) == 5
    clock.advance(7_200)
    await vendor.ticket(TicketId("2546"))
    assert len(requests) == 8
    await vendor.aclose()
    assert {request.url.host for request in requests} == {"api.shoplightspeed.com"}
    basic = "Basic " + b64encode(b"key:secret").decode()
    assert {request.headers["Authorization"] for request in requests} == {basic}


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500])
async def test_a_customer_that_cannot_be_read_costs_no_ticket(status: int) -> None:
    """A key without the customers' permission still brings tickets, without the name."""
    server = answers(
        {
            "/en/tickets/2546.json": (200, {"ticket": EXAMPLE}),
            "/en/tickets/2546/messages.json": (200, {"ticketMessages": []}),
            "/en/customers/1118417.json": (status, {}),
        },
        [],
    )

    vendor = store(server)
    assert (await vendor.ticket(TicketId("2546"))).ticket.customer == Customer()
    await vendor.aclose()


async def test_a_budget_of_our_own_ends_before_theirs() -> None:
    """Whoever asks without end is stopped here, and the vendor never sees more than it allows."""
    clock = ManualClock()
    moments: list[float] = []

    def serve(_request: httpx.Request) -> httpx.Response:
        moments.append(clock.seconds)
        return httpx.Response(200, json={"count": 1})

    vendor = store(serve, clock)
    while clock.seconds < 1000 + 2 * 3_600:
        try:
            await vendor.counts()
        except RateLimited as limited:
            await clock.sleep(limited.retry_after or 0)
    await vendor.aclose()
    for requests, seconds in ((20, 1), (300, 300), (3_000, 3_600)):
        spans = [later - earlier for earlier, later in zip(moments, moments[requests:], strict=False)]
        assert min(spans) >= seconds - 1e-6


async def test_refused_credentials_name_both_settings() -> None:
    """Key and secret belong together."""
    vendor = store(lambda _request: httpx.Response(401))
    with pytest.raises(AuthFailed, match="API_SECRET"):
        await vendor.ticket(TicketId("1"))
    await vendor.aclose()


@pytest.mark.parametrize(
    ("given_", "base"),
    [
        ({}, "https://api.shoplightspeed.com/en"),
        ({"cluster": "eu1", "language": "nl"}, "https://api.webshopapp.com/nl"),
        ({"base_url": "http://127.0.0.1:9/", "cluster": "eu1"}, "http://127.0.0.1:9/en"),
    ],
)
def test_lightspeeds_address(given_: dict[str, str], base: str) -> None:
    """The cluster says where, the language comes after it, and an address of one's own goes before both."""
    assert LightspeedSettings.model_validate({"api_key": "k", "api_secret": "s", **given_}).base == base


@pytest.mark.parametrize("language", ["", "../x", "en/nl", "e n"])
def test_a_language_is_one_part_of_an_address(language: str) -> None:
    """A language cannot lead elsewhere."""
    with pytest.raises(ValidationError):
        LightspeedSettings.model_validate({"api_key": "k", "api_secret": "s", "language": language})


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"ticketMessage": {"id": 7, "message": "Done"}}, "7"),
        ({"id": 7, "message": "Done"}, "7"),
        ({"ticketMessage": {"id": 7}}, "7"),
        ({"ticketMessage": {"id": False, "message": "Done"}}, None),
        (None, None),
    ],
)
def test_the_id_of_a_reply(answer: Any, found: str | None) -> None:
    """The answer is the message, wrapped or bare; without an id, or without a body (204), it is sent all the same."""
    assert new_message_id(answer) == found


@pytest.mark.parametrize(
    "answer", [{"ticketMessage": None}, {"ticketMessage": {}}, {"ok": True, "success": True}, {}, [], "ok", True]
)
def test_a_reply_is_in_doubt_after_an_answer_of_another_shape(answer: Any) -> None:
    """Whatever else says 200 may not be Lightspeed: the reply is looked for before it is sent again."""
    with pytest.raises(Uncertain):
        new_message_id(answer)
