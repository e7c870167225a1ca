"""SellApp: between its wire and the model, accounts without v2, keys for closing, webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapters.vendors.sellapp.reading import (
    WireMessage,
    WireTicket,
    fingerprint,
    message_of,
    new_message_id,
    nudge_of,
    page_of,
    ticket_of,
)
from adapters.vendors.sellapp.settings import SellappSettings
from adapters.vendors.sellapp.vendor import Sellapp
from bot.errors import AuthFailed, Gone, Unavailable, Uncertain, Unsupported
from bot.model import Author, Fact, FactKey, Nudge, Status, TicketId
from tests.support.clocks import ManualClock
from tests.support.vendors.client import tools

V1: dict[str, Any] = {
    "id": 1, "title": "acquisition.", "status": "OPEN",
    "customer": {"id": "cfbbf27a-0595-3234-953d-5f6629fccc9d", "email": "e@x.com"}, "reference": [],
    "created_at": "2022-12-12T12:12:12.000000Z", "updated_at": "2022-12-12T12:12:12.000000Z",
    "store_id": 1, "read_by": 1, "archived": 0,
}  # fmt: skip
V2: dict[str, Any] = V1 | {
    "customer": {"id": None, "email": "test@example.com"}, "reference": {"type": "product", "id": 7}, "archived": 1,
    "order_id": 9, "reason": "late", "message_count": 2, "read_status": {"customer": True, "store": True},
}  # fmt: skip


def wire(base: dict[str, Any] = V1, **fields: Any) -> WireTicket:
    return WireTicket.model_validate(base | fields)


def test_the_documented_examples() -> None:
    """Tickets of both versions are read whole."""
    one = ticket_of(wire())
    assert (one.id, one.subject, one.status, one.customer.email, one.facts) == (
        "1", "acquisition.", Status.OPEN, "e@x.com", None,
    )  # fmt: skip
    assert ticket_of(wire(V2)).facts == (
        Fact("Order", "9", FactKey.ORDER_NUMBER), Fact("Product", "7"), Fact("Reason", "late"), Fact("Archived", "yes"),
    )  # fmt: skip
    assert ticket_of(wire(reference={"type": "order", "id": 5})).facts == (Fact("Order", "5", FactKey.ORDER_NUMBER),)


@pytest.mark.parametrize(("word", "status"), [("CLOSED", Status.CLOSED), ("IN_REVIEW", Status.OPEN), (None, None)])
def test_status_words(word: str | None, status: Status | None) -> None:
    """A word that is not documented is shown and means that the ticket is not closed."""
    ticket = ticket_of(wire(status=word))
    assert (ticket.status, ticket.status_word) == (status, word)


@pytest.mark.parametrize(
    ("fields", "author", "name"),
    [
        ({"author": "CUSTOMER", "sender": "e@x.com"}, Author.CUSTOMER, "e@x.com"),
        ({"author": "STORE", "sender": None}, Author.STAFF, None),
        ({"author": "STORE", "sender": "bob"}, Author.STAFF, "bob"),
        ({"author": "SYSTEM"}, Author.UNKNOWN, "SYSTEM"),
        ({}, Author.UNKNOWN, None),
    ],
)
def test_messages(fields: dict[str, Any], author: Author, name: str | None) -> None:
    """The author says who, the sender by which name."""
    message = message_of(WireMessage.model_validate({"id": 1, "content": "Hi"} | fields))
    assert (message.author, message.author_name) == (author, name)


def test_fingerprints() -> None:
    """A fingerprint moves with what concerns us, and not with who read the ticket."""
    base = fingerprint(wire())
    assert fingerprint(wire(read_by=2)) == base
    for fields in ({"status": "CLOSED"}, {"updated_at": None}, {"archived": 1}, {"message_count": 1}):
        assert fingerprint(wire(**fields)) != base


@pytest.mark.parametrize(
    ("around", "total", "pages", "last"),
    [
        ({"links": {"next": None}, "meta": {"total": 40, "last_page": 3}}, 40, 3, True),
        ({"links": {"next": "https://evil.example/?page=2"}}, None, None, False),
        ({"links": {}, "meta": {}}, None, None, None),
        ({"links": [], "meta": []}, None, None, None),
        ({}, None, None, None),
    ],
)
def test_what_stands_around_a_list(around: Any, total: int | None, pages: int | None, last: bool | None) -> None:
    """Every figure may be missing; where a link leads to is never looked at."""
    page = page_of({"data": [V1], **around})
    assert (page.total, page.pages, page.last, len(page.changes)) == (total, pages, last, 1)


Answer = Callable[[httpx.Request], int]


def vendor_with(answer: Answer, requests: list[httpx.Request], clock: ManualClock | None = None) -> Sellapp:
    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(answer(request), content=json.dumps({"data": V1}).encode())

    return Sellapp(SellappSettings.model_validate({"api_key": "k", "store_id": "bob"}), tools(serve, clock))


async def keys_of(answers: list[int], wanted: list[Status], *, pause: float = 1.0) -> list[str]:
    """The idempotency keys of changes of status that are answered so."""
    requests: list[httpx.Request] = []
    left = iter(answers)
    clock = ManualClock()

    async def run() -> None:
        vendor = vendor_with(lambda _request: next(left), requests, clock)
        for status in wanted:
            clock.advance(pause)
            try:
                await vendor.set_status(TicketId("1"), status)
            except Uncertain:
                continue
        await vendor.aclose()

    await run()
    assert all(request.headers["X-STORE"] == "bob" for request in requests)
    return [request.headers["Idempotency-Key"] for request in requests]


async def test_a_lost_change_is_tried_again_with_its_key() -> None:
    """The same key after a lost answer, a new one for a new change."""
    closed, opened = Status.CLOSED, Status.OPEN
    first, again = await keys_of([500, 200], [closed, closed])
    assert first == again
    assert len(set(await keys_of([200, 200], [closed, closed]))) == 2
    assert len(set(await keys_of([500, 200, 200], [closed, opened, closed]))) == 3
    assert len(set(await keys_of([500, 200], [closed, closed], pause=700))) == 2


@pytest.mark.parametrize("refusal", [403, 404])
async def test_an_account_without_v2_is_reported(refusal: int) -> None:
    """Where v1 knows the ticket and v2 twice does not, the account has no v2; the key is not blamed."""
    clock = ManualClock()
    vendor = vendor_with(lambda request: refusal if "/v2/" in request.url.path else 200, [], clock)
    for _ in range(2):
        with pytest.raises(Unavailable, match="once more") as unsure:
            await vendor.set_status(TicketId("1"), Status.CLOSED)
    clock.advance(unsure.value.retry_after or 0.0)
    for ticket in ("1", "2"):
        with pytest.raises(Unsupported, match="v2"):
            await vendor.set_status(TicketId(ticket), Status.CLOSED)
    await vendor.aclose()


@pytest.mark.parametrize("refusal", [403, 404])
async def test_one_wrong_refusal_is_tried_again(refusal: int) -> None:
    """A ticket is not closed here only because something in between refused once; the next one needs two again."""
    clock = ManualClock()
    answers = iter([refusal, 200, 200, refusal, 200])
    vendor = vendor_with(lambda _request: next(answers), [], clock)
    with pytest.raises(Unavailable):
        await vendor.set_status(TicketId("1"), Status.CLOSED)
    clock.advance(60)
    await vendor.set_status(TicketId("1"), Status.CLOSED)
    with pytest.raises(Unavailable):
        await vendor.set_status(TicketId("1"), Status.OPEN)
    await vendor.aclose()


@pytest.mark.parametrize(("refusal", "error"), [(404, Gone), (403, AuthFailed)])
async def test_what_v1_does_not_know_either_is_no_matter_of_v2(refusal: int, error: type[Exception]) -> None:
    """A ticket that is gone is gone, and a key that is refused is refused."""
    vendor = vendor_with(lambda _request: refusal, [])
    with pytest.raises(error):
        await vendor.set_status(TicketId("1"), Status.CLOSED)
    await vendor.aclose()


EVENT = json.dumps(
    {"event": "ticket_message.created", "data": {"author": "CUSTOMER", "content": "Hi", "ticket_id": 1337}, "store": 1}
).encode()


def signed(body: bytes, secret: str = "secret") -> dict[str, str]:
    return {"signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@pytest.mark.parametrize(
    ("headers", "body", "nudge"),
    [
        (signed(EVENT), EVENT, Nudge(ticket=TicketId("1337"))),
        ({}, EVENT, Nudge(ticket=TicketId("1337"))),
        (signed(EVENT, "other"), EVENT, None),
        ({"signature": "ü"}, EVENT, None),
        (signed(b'{"event": "order.created"}'), b'{"event": "order.created"}', Nudge(is_about_tickets=False)),
        (signed(b"{}", "other"), b'{"event": "order.created"}', None),
        ({}, b'{"event": "ticket_message.created", "data": []}', Nudge()),
        ({}, b"rubbish", None),
        ({}, b"[]", None),
    ],
)
def test_webhooks(headers: dict[str, str], body: bytes, nudge: Nudge | None) -> None:
    """A signature that is there must be right; what is named is looked at."""
    assert nudge_of(headers, body, "secret") == nudge


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"data": {"id": 7, "content": "Done"}}, "7"),
        ({"id": 7, "content": "Done"}, "7"),
        ({"data": {"id": 7}}, "7"),
        ({"data": {"id": False, "content": "Done"}}, None),
        (None, None),
    ],
)
def test_the_id_of_a_reply(answer: Any, found: str | None) -> None:
    """The answer is the message, wrapped or bare; without an id, or without a body (204), it is sent all the same."""
    assert new_message_id(answer) == found


@pytest.mark.parametrize("answer", [{"data": None}, {"data": {}}, {"ok": True, "success": True}, {}, [], "ok", True])
def test_a_reply_is_in_doubt_after_an_answer_of_another_shape(answer: Any) -> None:
    """Whatever else says 200 may not be SellApp: the reply is looked for before it is sent again."""
    with pytest.raises(Uncertain):
        new_message_id(answer)
