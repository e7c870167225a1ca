"""Next Commerce: between its wire and the model, who wrote, cursors, uploads, webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from io import BytesIO
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from adapters.vendors.client.html import rich_text
from adapters.vendors.nextcommerce.people import UNKNOWN_USER, WireUser, author_from_ticket, author_from_type
from adapters.vendors.nextcommerce.reading import (
    WireComment,
    WireTicket,
    cursor_of,
    fingerprint,
    message_of,
    new_message_id,
    nudge_of,
    ticket_of,
    uploaded_ids,
)
from adapters.vendors.nextcommerce.settings import NextcommerceSettings
from adapters.vendors.nextcommerce.vendor import Nextcommerce
from bot.errors import Rejected, Unavailable, Uncertain
from bot.model import (
    Attachment,
    Author,
    Change,
    Customer,
    Fact,
    FactKey,
    File,
    Nudge,
    Status,
    Ticket,
    TicketId,
)
from bot.text.plain import plain
from bot.text.tree import Paragraph, Style, Words
from tests.support.vendors.client import Server, tools
from tests.support.vendors.remembered import Remembered

COMMENT: dict[str, Any] = {
    "attachments": [{"file": "http://example.com/a.png", "file_name": "a.png", "id": 3}], "author": 5, "body": "string",
    "created_at": "2019-08-24T14:15:22Z", "from_email": None, "id": 11, "is_public": True,
}  # fmt: skip
TICKET: dict[str, Any] = {
    "assignee": 0, "channel": "customer_account", "comments": [COMMENT], "created_at": "2019-08-24T14:15:22Z",
    "from_email": "user@example.com", "id": 41, "order": "1001", "priority": "high", "products": [7, 8],
    "requester": 4, "status": "new", "subject": "string", "tags": ["vip", "late"], "ticket_type": 0,
    "updated_at": "2021-12-17T14:52:53.715787+07:00",
}  # fmt: skip


def wire(**fields: Any) -> WireTicket:
    return WireTicket.model_validate(TICKET | fields)


def test_the_documented_example() -> None:
    """The example of the documentation is read whole."""
    ticket = ticket_of(wire(), WireUser(email="jane@x.example", first_name="Jane", last_name="Doe"))
    assert (ticket.id, ticket.status, ticket.status_word) == ("41", Status.OPEN, "new")
    assert ticket.customer == Customer(name="Jane Doe", email="jane@x.example")
    assert ticket.facts == (
        Fact("Order", "1001", FactKey.ORDER_NUMBER),
        Fact("Products", "#7, #8"), Fact("Priority", "high"), Fact("Tags", "vip, late"),
        Fact("Channel", "customer account"),
    )  # fmt: skip
    assert ticket_of(wire(requester=None), UNKNOWN_USER).customer == Customer(email="user@example.com")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", Status.OPEN),
        ("open", Status.OPEN),
        ("pending", Status.OPEN),
        ("solved", Status.CLOSED),
        ("closed", Status.CLOSED),
        ("on_hold", Status.OPEN),
        (None, None),
    ],
)
def test_status_words(word: str | None, status: Status | None) -> None:
    """A word that is not documented is shown and means that the ticket is not closed."""
    ticket = ticket_of(wire(status=word), UNKNOWN_USER)
    assert (ticket.status, ticket.status_word) == (status, word)


@pytest.mark.parametrize(
    ("author", "from_email", "public", "staff", "expected"),
    [
        ("4", None, True, None, Author.CUSTOMER),
        ("9", None, True, 9, Author.STAFF),
        ("9", None, True, None, None),
        (None, "jane@x.example", True, None, Author.CUSTOMER),
        (None, None, False, None, Author.STAFF),
        (None, None, True, 9, Author.UNKNOWN),
    ],
)
def test_who_wrote(
    author: str | None, from_email: str | None, public: bool, staff: int | None, expected: Author | None
) -> None:
    """The requester is the customer, our own user is staff, anybody else must be asked for."""
    found = author_from_ticket(author=author, from_email=from_email, public=public, requester="4", staff=staff)
    assert found is expected


def test_who_users_are() -> None:
    """The type of a user says who they are; one that is not documented says nothing."""
    types = {None: "unknown", "dashboard": "staff", "customer": "customer", "lead": "customer", "robot": "unknown"}
    assert {key: author_from_type(WireUser(user_type=key)).value for key in types} == types


def test_comments() -> None:
    """HTML becomes text, files are named and linked, notes are not public."""
    comment = WireComment.model_validate(COMMENT | {"body": "<p>Hi<br>there</p>", "is_public": False})
    message = message_of(comment, Author.STAFF, "Sam", rich_text(comment.body or ""))
    assert (message.text, message.is_public, message.author_name) == ("Hi\nthere", False, "Sam")
    assert message.attachments == (Attachment(name="a.png", url="http://example.com/a.png"),)
    odd = WireComment.model_validate({"id": 1, "attachments": [{"id": 2, "file": "javascript:x", "file_name": None}]})
    assert message_of(odd, Author.STAFF, None, ()).attachments == (Attachment(name="file"),)


def test_fingerprints() -> None:
    """A fingerprint moves with everything that is shown, and with every comment."""
    base = fingerprint(wire())
    others: list[dict[str, Any]] = [
        {"status": "open"}, {"updated_at": "2021-12-18"}, {"tags": []}, {"priority": "low"}, {"comments": []},
        {"comments": [COMMENT | {"body": "edited"}]}, {"comments": [COMMENT, COMMENT | {"id": 12}]},
    ]  # fmt: skip
    assert base not in {fingerprint(wire(**fields)) for fields in others}
    assert fingerprint(wire(assignee=7)) == base


@pytest.mark.parametrize(
    ("following", "cursor"),
    [
        ('http://api.example.org/accounts/?cursor=cD00ODY%3D"', 'cD00ODY="'),
        ("https://evil.example/?status=new&cursor=abc", "abc"),
        ("https://x.example/?page=2", None),
        ("http://[broken", None),
    ],
)
def test_cursors(following: str, cursor: str | None) -> None:
    """Of the next page's address only the cursor counts."""
    assert cursor_of(following) == cursor


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"id": 12, "body": "string"}, "12"),
        (TICKET, "11"),
        (TICKET | {"comments": []}, None),
        (TICKET | {"comments": [COMMENT | {"is_public": False}]}, None),
        (TICKET | {"comments": [COMMENT, COMMENT | {"id": 13, "created_at": "2020-01-01T00:00:00Z"}]}, "13"),
        (TICKET | {"comments": [COMMENT | {"body": "<p>string</p>"}]}, "11"),
        (TICKET | {"comments": [COMMENT | {"body": "else"}]}, None),
        ({"body": "string"}, None),
        (None, None),
    ],
)
def test_the_id_of_a_reply(value: Any, found: str | None) -> None:
    """A ticket's newest comment is the reply if it says the same; without one the reply counts as sent all the same."""
    assert new_message_id(value, "string", public=True) == found


@pytest.mark.parametrize("value", [{"id": 41}, {"comments": None}, {"ok": True}, {}, [], "ok", True])
def test_a_reply_is_in_doubt_after_an_answer_of_another_shape(value: Any) -> None:
    """The answer is a comment or a ticket; whatever else says 200 may not be Next Commerce."""
    with pytest.raises(Uncertain):
        new_message_id(value, "string", public=True)


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ([{"id": 7, "file": "https://f.example/a"}, {"id": 8, "file_name": "b"}], [7, 8]),
        ({"id": 7, "file_name": "a"}, [7]),
        ({"attachments": [{"id": 7, "file": "https://f.example/a"}]}, [7]),
        ({"results": [{"id": "7", "file_name": "a"}]}, [7]),
        ({"id": 7, "subject": "A ticket", "status": "open"}, []),
        ([{"id": 7}], []),
        ({"id": "9" * 5000, "file_name": "a"}, []),
        ([{"name": "x"}], []),
        ({}, []),
        (None, []),
    ],
)
def test_uploads(value: Any, numbers: list[int]) -> None:
    """However an upload is answered, the files' numbers are found, or none: a ticket's number is no file's."""
    assert uploaded_ids(value) == numbers


def store(server: Server, **settings: str) -> Nextcommerce:
    given = {"api_key": "k", "store_id": "practice", **settings}
    return Nextcommerce(NextcommerceSettings.model_validate(given), tools(server))


def sent(request: httpx.Request) -> Any:
    return json.loads(request.content)


@pytest.mark.parametrize("ticket", ["-5", "12.0", "T-9", "1e3", "٣", "../1", " 1"])
async def test_a_ticket_without_an_address_is_not_gone(ticket: str) -> None:
    """Nobody is asked, so nobody has said that it does not exist: it is told as a ticket that cannot be read."""
    vendor = store(lambda _request: httpx.Response(404))
    with pytest.raises(Rejected):
        await vendor.ticket(TicketId(ticket))
    with pytest.raises(Rejected):
        await vendor.reply(TicketId(ticket), "Hello")
    await vendor.aclose()


LARGE: dict[str, Any] = TICKET | {"id": 42, "comments": [COMMENT | {"body": "x" * 11_000_000}]}


async def test_one_large_ticket_hides_no_other_of_its_page() -> None:
    """The page is read all the same; the large one comes without messages, to be read alone, which fails by itself."""

    def serve(request: httpx.Request) -> httpx.Response:
        if "users" in request.url.path:
            return httpx.Response(404)
        alone = request.url.path.endswith("/42/")
        return httpx.Response(
            200, json=LARGE if alone else {"next": None, "results": [TICKET, LARGE, TICKET | {"id": 43}]}
        )

    vendor = store(serve)
    found = [change async for change in vendor.changes(Remembered(full=True))]
    changes = {change.ticket.id: change for change in found if isinstance(change, Change)}
    assert set(changes) == {"41", "42", "43"}
    assert [change.messages is None for change in changes.values()] == [False, True, False]
    assert changes[TicketId("42")].ticket.subject == "string"
    with pytest.raises(Unavailable, match="too large"):
        await vendor.ticket(TicketId("42"))


async def test_a_change_of_a_large_ticket_is_seen() -> None:
    """By what stands for its comments."""
    other = LARGE | {"comments": [COMMENT | {"body": "y" * 11_000_000}]}
    prints = set()
    for ticket in (LARGE, LARGE, other):
        vendor = store(lambda _request, ticket=ticket: httpx.Response(200, json={"next": None, "results": [ticket]}))  # type: ignore[misc]
        (change,) = [change async for change in vendor.changes(Remembered(seen=False))]
        assert isinstance(change, Change)
        prints.add(change.fingerprint)
    assert len(prints) == 2


async def test_nobody_is_asked_for_where_nobody_will_see_them() -> None:
    """A thousand tickets of the past that get no thread cost the requests of their list, not one for each person."""
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        results = [TICKET | {"id": number, "requester": 10_000 + number} for number in range(1, 1001)]
        return httpx.Response(200, json={"next": None, "results": results})

    found = [change async for change in store(serve).changes(Remembered(full=True, seen=False))]
    assert len(found) == 1000
    assert all(isinstance(change, Change) and change.messages is None for change in found)
    assert len(asked) == 1


async def test_replies_and_notes_say_who_may_read_them() -> None:
    """`is_public` is always said; the author where it is set; HTML where it is wanted."""
    requests: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    plain = store(serve)
    await plain.reply(TicketId("41"), "a\nb")
    await plain.note(TicketId("41"), "Sam", "a")
    marked = store(serve, staff_user_id="9", reply_format="html", closing_status="closed")
    await marked.reply(TicketId("41"), "a\nb")
    await marked.set_status(TicketId("41"), Status.CLOSED)
    await plain.set_status(TicketId("41"), Status.CLOSED)
    await plain.aclose()
    await marked.aclose()
    assert [sent(request) for request in requests] == [
        {"body": "a\nb", "is_public": True},
        {"body": "Sam: a", "is_public": False},
        {"body": "a<br>\nb", "is_public": True, "author": 9},
        {"status": "closed"},
        {"status": "solved"},
    ]
    assert requests[0].url == "https://practice.29next.store/api/admin/tickets/41/comments/"
    assert requests[0].headers["X-29next-API-Version"] == "2024-04-01"


@pytest.mark.parametrize(
    ("reply_format", "body"),
    [("html", "<p>Use <strong>this</strong> key &lt;now&gt;</p>"), ("text", "Use this key <now>")],
)
async def test_a_formatted_reply_has_its_files(reply_format: str, body: str) -> None:
    """Where the store takes HTML it is formatted, else it is its plain text; the files are uploaded before it."""
    requests: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(
            201,
            json={"id": 8, "file_name": "a.txt"}
            if request.url.path.endswith("/attachments/")
            else {"id": 12, "body": "x"},
        )

    text = (Paragraph((Words("Use "), Words("this", Style(bold=True)), Words(" key <now>"))),)
    vendor = store(serve, reply_format=reply_format)
    await vendor.reply_formatted(TicketId("41"), plain(text), text, [File(name="a.txt", content=BytesIO(b"a"))])
    await vendor.aclose()
    upload, comment = requests
    assert b'filename="a.txt"' in upload.content
    assert sent(comment) == {"body": body, "is_public": True, "attachments": [8]}


async def test_a_reply_can_be_somebodys_own() -> None:
    """The others keep the store's author; an id that is no number is refused."""
    requests: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    general = store(serve, staff_user_id="9")
    await general.writing_as("17").reply(TicketId("41"), "mine")
    await general.writing_as("17").note(TicketId("41"), "Ann", "mine")
    await general.reply(TicketId("41"), "ours")
    await general.aclose()
    assert [sent(request)["author"] for request in requests] == [17, 17, 9]
    with pytest.raises(ValueError, match="invalid literal"):
        general.writing_as("ann")


async def test_a_reply_of_an_unknown_user_names_the_setting() -> None:
    """The vendor's own words say nothing of which setting holds the number; other refusals stay as they are."""
    refusals = [{"author": ['Invalid pk "17" - object does not exist.']}, {"body": ["This field may not be blank."]}]
    general = store(lambda _: httpx.Response(400, json=refusals[0]), staff_user_id="9", api_key="secret")
    with pytest.raises(Rejected, match=r"no replies of the user 17\. .* correct nextcommerce:17 in the settings"):
        await general.writing_as("17").reply(TicketId("41"), "mine")
    with pytest.raises(Rejected, match=r"no replies of the user 9\. .* correct STORES__.*__STAFF_USER_ID"):
        await general.reply(TicketId("41"), "ours")
    del refusals[0]
    with pytest.raises(Rejected, match="may not be blank"):
        await general.reply(TicketId("41"), " ")
    await general.aclose()


@pytest.mark.parametrize(
    ("status", "user", "unfit"),
    [
        (200, {"user_type": "dashboard"}, None),
        (200, {"user_type": "something new"}, None),
        (200, {"user_type": "customer"}, "The user 17 is a customer at Next Commerce"),
        (200, {"user_type": "lead"}, "The user 17 is a customer at Next Commerce"),
        (404, {"detail": "Not found."}, "Next Commerce has no user 17."),
        (403, {"detail": "No."}, None),
    ],
)
async def test_whether_replies_can_be_a_users(status: int, user: dict[str, str], unfit: str | None) -> None:
    """Asked of the vendor; where the token does not show users, nothing is said."""
    general = store(
        lambda asked: (
            httpx.Response(status, json=user)
            if "/users/17/" in asked.url.path
            else httpx.Response(200, json={"count": 0, "next": None, "previous": None, "results": []})
        ),
        staff_user_id="17",
    )
    found, checked = await general.unfit_author("17"), await general.check()
    await general.aclose()
    assert (found or "").startswith(unfit or "")
    assert (found is None, checked.ok) == (unfit is None, unfit is None)
    assert ("STAFF_USER_ID" in checked.remedy) == (unfit is not None)


@pytest.mark.parametrize(("status", "error"), [(500, Unavailable), (200, Rejected)])
async def test_a_file_that_did_not_arrive_is_no_doubt(status: int, error: type[Exception]) -> None:
    """The customer sees nothing before the comment: an upload that failed can be tried again, or was refused."""
    requests: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, json={})

    vendor = store(serve)
    with pytest.raises(error):
        await vendor.reply_with(TicketId("41"), "Hi", [File(name="a.txt", content=BytesIO(b"a"))])
    await vendor.aclose()
    assert len(requests) == 1


async def test_a_next_page_without_a_cursor_makes_no_sense() -> None:
    """A list that says it goes on, and not how, is not taken for whole."""

    class Known:
        full = True

        async def fingerprints(self, _ids: Any) -> dict[TicketId, str]:
            return {}

        async def follows(self, _ticket: Ticket) -> bool:
            return True

        async def open_ids(self) -> list[TicketId]:
            return []

    vendor = store(lambda _request: httpx.Response(200, json={"next": "https://x.example/", "results": []}))
    with pytest.raises(Unavailable):
        [found async for found in vendor.changes(Known())]
    await vendor.aclose()


def test_the_subdomain_or_an_address_is_needed() -> None:
    """Without either nobody knows where the store is."""
    with pytest.raises(ValidationError, match="STORE_ID"):
        NextcommerceSettings.model_validate({"api_key": "k"})
    assert (
        NextcommerceSettings.model_validate({"api_key": "k", "base_url": "http://x.example/"}).base
        == "http://x.example"
    )


EVENT = {"object": "ticket", "data": {"id": 41, "subject": "Grüße"}, "event_id": "e-1", "event_type": "ticket.updated"}
RAW = json.dumps(EVENT, ensure_ascii=False, separators=(",", ":")).encode()


def signature(body: bytes, secret: str = "secret") -> dict[str, str]:
    return {"x-29next-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@pytest.mark.parametrize(
    ("headers", "body", "nudge"),
    [
        (signature(json.dumps(EVENT).encode()), RAW, Nudge(ticket=TicketId("41"), event="e-1")),
        (signature(RAW), RAW, Nudge(ticket=TicketId("41"), event="e-1")),
        (signature(RAW, "other"), RAW, None),
        ({}, RAW, None),
        ({"x-29next-signature": "ü"}, RAW, None),
        (signature(b'{"object": "order"}'), b'{"object": "order"}', Nudge(is_about_tickets=False)),
        ({}, b'{"object": "order"}', None),
        (signature(b"[]"), b"[]", Nudge(is_about_tickets=False)),
        (signature(b"x"), b"x", None),
        (signature(b"[" * 100_000), b"[" * 100_000, None),
    ],
)
def test_webhooks(headers: dict[str, str], body: bytes, nudge: Nudge | None) -> None:
    """Only what is signed, over the body or over the body as Python writes it again, is a hint."""
    assert nudge_of(headers, body, "secret") == nudge
