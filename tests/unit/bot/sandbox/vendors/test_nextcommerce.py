from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from aiohttp import web

from bot.sandbox.loopback_server import Exchange, LoopbackServer
from bot.sandbox.vendors import PracticeStore
from bot.sandbox.vendors.nextcommerce import API, KEY, PracticeNextcommerce
from bot.sandbox.vendors.nextcommerce_variants import NextcommerceVariant
from tests.support.openapi.nextcommerce import Mismatch, check_event, check_exchange, check_request
from tests.support.practice.vendors import asking

HEADERS = {"Authorization": f"Bearer {KEY}", "X-29next-API-Version": "2024-04-01"}


def variant(**fields: Any) -> NextcommerceVariant:
    return NextcommerceVariant(name="test", **fields)


def plain(store: PracticeStore, **fields: Any) -> PracticeNextcommerce:
    """A practice Next Commerce without a quota, every exchange of which must be as the OpenAPI file describes it."""
    vendor = PracticeNextcommerce(store, variant(**fields), quotas=())
    vendor.http_server.observers.append(check_exchange)
    return vendor


async def test_a_ticket_embeds_its_comments_as_described(store: PracticeStore) -> None:
    """List and get show a ticket with its comments, valid by the vendor's own OpenAPI file."""
    vendor = plain(store)
    ticket = store.customer_writes("help", "It broke", order="10034", products=[7], tags=["vip"], priority="high")

    async with asking(vendor, HEADERS) as client:
        read = (await client.get(f"tickets/{ticket}/")).json()
        assert (read["id"], read["status"], read["priority"], read["order"]) == (int(ticket), "new", "high", "10034")
        assert (read["products"], read["tags"], read["channel"]) == ([7], ["vip"], "customer_account")
        assert (read["from_email"], read["created_at"]) == (None, "2026-03-01T12:00:00.000000Z")
        comment = read["comments"][0]
        assert (comment["author"], comment["body"], comment["is_public"]) == (read["requester"], "It broke", True)
        listed = (await client.get("tickets/")).json()
        assert listed == {"next": None, "previous": None, "results": [read]}
        user = (await client.get(f"users/{read['requester']}/")).json()
        assert (user["email"], user["user_type"]) == ("jane@example.com", "lead")
    assert vendor.http_server.observer_errors == []


async def test_replies_and_notes_are_comments(store: PracticeStore) -> None:
    """A comment is public or a note, its author the token's user unless another is named; both are as described."""
    vendor = plain(store)
    ticket = store.customer_writes("help", "It broke")
    store.staff_replies(ticket, "A moment", email="sam@store.example")

    async with asking(vendor, HEADERS) as client:

        async def say(**body: Any) -> Any:
            return (await client.post(f"tickets/{ticket}/comments/", json=body)).json()["comments"][-1]

        sam = (await client.get(f"tickets/{ticket}/")).json()["comments"][1]["author"]
        said = await say(body="Try again", is_public=True)
        assert (said["author"], said["is_public"]) == (vendor.api_user, True)
        note = await say(body="Looks odd", is_public=False, author=sam)
        assert (note["author"], note["is_public"]) == (sam, False)
        assert (await client.get(f"users/{sam}/")).json()["user_type"] == "dashboard"
        assert len((await client.get(f"tickets/{ticket}/comments/")).json()["comments"]) == 4
    assert vendor.http_server.observer_errors == []
    assert [message.public for message in store.ticket(ticket).messages] == [True, True, True, False]


async def test_a_patch_closes_reopens_and_comments(store: PracticeStore) -> None:
    """PATCH changes the status, other fields, and adds a comment in one request."""
    vendor = plain(store)
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:

        async def patch(**body: Any) -> Any:
            return (await client.patch(f"tickets/{ticket}/", json=body)).json()

        assert (await patch(status="solved"))["status"] == "solved"
        assert store.ticket(ticket).closed
        assert (await patch(status="solved"))["status"] == "solved"
        assert (await patch(status="open"))["status"] == "open"
        assert not store.ticket(ticket).closed
        comment = {"body": "Shipped today.", "is_public": True}
        read = await patch(status="pending", comment=comment, priority="high", tags=["sent"])
        assert (read["status"], read["priority"], read["tags"]) == ("pending", "high", ["sent"])
        assert read["comments"][-1]["body"] == "Shipped today."
        store.customer_replies(ticket, "Thanks, but …")
        assert (await client.get(f"tickets/{ticket}/")).json()["status"] == "open"
    assert vendor.http_server.observer_errors == []


async def test_closed_is_final_and_replies_to_it_follow_up(store: PracticeStore) -> None:
    """A closed ticket takes nothing more; what the customer writes then is a ticket of its own."""
    vendor = plain(store)
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        path = f"tickets/{ticket}/"
        assert (await client.patch(path, json={"status": "closed"})).status_code == 200
        assert (await client.patch(path, json={"status": "closed"})).status_code == 200
        refused = await client.patch(path, json={"status": "open"})
        assert (refused.status_code, refused.json()) == (400, {"status": ["A closed ticket cannot be changed."]})
        assert (await client.post(f"{path}comments/", json={"body": "Hello?"})).status_code == 400
        follow_up = store.customer_replies(ticket, "Still broken")
        assert follow_up != ticket
        read = (await client.get(f"tickets/{follow_up}/")).json()
        assert (read["channel"], read["status"], read["subject"]) == ("follow_up", "new", "help")
    assert vendor.http_server.observer_errors == []

    fresh = PracticeStore(store.now)
    lenient = plain(fresh, closed_is_final=False)
    other = fresh.customer_writes("help", "It broke")
    async with asking(lenient, HEADERS) as client:
        await client.patch(f"tickets/{other}/", json={"status": "closed"})
        assert (await client.patch(f"tickets/{other}/", json={"status": "open"})).json()["status"] == "open"


async def test_the_list_is_filtered(store: PracticeStore, clock: Any) -> None:
    """Each documented filter narrows the list; statuses can be several."""
    vendor = plain(store)
    first = int(store.customer_writes("refund", "text", email="a@example.com", order="1", priority="low", products=[3]))
    second = int(store.customer_writes("parcel", "text", email="b@example.com", channel="email", tags=["5"]))
    store.close(str(second))
    clock.advance(24 * 60 * 60)
    third = int(store.customer_writes("parcel again", "text", email="b@example.com"))
    store.staff_replies(str(third), "text")
    queries: list[tuple[str, list[int]]] = [
        ("status=new", [first]),
        ("status=new&status=open&status=pending", [first, third]),
        ("status=solved", [second]),
        ("filter_text=parcel", [second, third]),
        ("filter_text=a@example", [first]),
        (f"id={third}", [third]),
        ("subject=refund", [first]),
        ("order_number=1", [first]),
        ("priority=low", [first]),
        ("product=3", [first]),
        ("tags=5", [second]),
        ("channel=email", [second]),
        ("created_from=2026-03-02", [third]),
        ("created_to=2026-03-01", [first, second]),
    ]

    async with asking(vendor, HEADERS) as client:
        for query, wanted in queries:
            read = (await client.get(f"tickets/?{query}")).json()["results"]
            assert [ticket["id"] for ticket in read] == wanted, query
        requester = (await client.get(f"tickets/{third}/")).json()["requester"]
        assert len((await client.get(f"tickets/?requester={requester}")).json()["results"]) == 2
    assert vendor.http_server.observer_errors == []


@pytest.mark.parametrize("order", ["ascending", "descending", "recent", "scattered"])
async def test_pages_follow_the_cursor_both_ways(order: Any, store: PracticeStore, clock: Any) -> None:
    """`next` leads through all tickets once, keeping the filters; `previous` leads back."""
    vendor = plain(store, order=order, page_cap=2)
    for number in range(5):
        store.customer_writes(f"ticket {number}", "text")
        clock.advance(1)

    async with asking(vendor, HEADERS) as client:

        async def read(address: str) -> tuple[list[int], dict[str, Any]]:
            page = (await client.get(address)).json()
            return [ticket["id"] for ticket in page["results"]], page

        first, page = await read("tickets/?status=new")
        second, page = await read(page["next"])
        third, page = await read(page["next"])
        assert "status=new" in page["previous"]
        assert page["next"] is None
        assert [len(first), len(second), len(third)] == [2, 2, 1]
        assert [*first, *second, *third] == [int(ticket.id) for ticket in vendor.see_all()]
        back, page = await read(page["previous"])
        assert back == second
    assert vendor.http_server.observer_errors == []


async def test_attachments_are_uploaded_and_hang_on_a_comment(store: PracticeStore) -> None:
    """A file is uploaded, named by its id in a comment, and can be fetched without credentials."""
    vendor = plain(store)
    ticket = store.customer_writes("help", "It broke", files={"photo.png": b"\x89PNG"})

    async with asking(vendor, HEADERS) as client:
        upload = await client.post(
            "tickets/attachments/", files={"files": ("label.pdf", b"%PDF-1\xff\x00", "application/pdf")}
        )
        (file,) = upload.json()
        assert file["file_name"] == "label.pdf"
        body = {"body": "", "is_public": True, "attachments": [file["id"]]}
        read = (await client.post(f"tickets/{ticket}/comments/", json=body)).json()
        assert read["comments"][1]["attachments"] == [file]
        async with httpx.AsyncClient() as stranger:
            assert (await stranger.get(file["file"])).content == b"%PDF-1\xff\x00"
            photo = read["comments"][0]["attachments"][0]["file"]
            assert (await stranger.get(photo)).content == b"\x89PNG"
    assert vendor.http_server.observer_errors == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Token {KEY}"}, 401),
        ({"X-29next-API-Version": ""}, 400),
        ({"X-29next-API-Version": "2020-01-01"}, 400),
    ],
)
async def test_headers_that_are_wrong_are_refused(headers: dict[str, str], status: int, store: PracticeStore) -> None:
    """A wrong token, and no version or one that never was."""
    async with asking(PracticeNextcommerce(store), HEADERS) as client:
        answer = await client.get("tickets/", headers=headers)
        assert answer.status_code == status
        assert answer.json()["detail"]
        assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_a_missing_scope_is_refused(store: PracticeStore) -> None:
    """Each call wants its scope: 403 where the token lacks it, and nothing happens."""
    vendor = PracticeNextcommerce(store, quotas=())
    vendor.withheld = frozenset({"tickets:write", "users:read"})
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        assert (await client.get("tickets/")).status_code == 200
        assert (await client.get(f"users/{vendor.api_user}/")).status_code == 403
        assert (await client.patch(f"tickets/{ticket}/", json={"status": "solved"})).status_code == 403
    assert not store.ticket(ticket).closed


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "carts/", {}, 404),
        ("GET", "tickets/1/", {}, 404),
        ("GET", "users/1/", {}, 404),
        ("POST", "tickets/1/comments/", {"json": {"body": "text"}}, 404),
        ("PATCH", "tickets/1/", {"json": {"status": "open"}}, 404),
        ("GET", "tickets", {}, 301),
        ("GET", "tickets/{id}", {}, 301),
        ("DELETE", "tickets/{id}/", {}, 405),
        ("POST", "tickets/{id}/", {"json": {}}, 405),
        ("GET", "tickets/?status=on_hold", {}, 400),
        ("GET", "tickets/?priority=urgent", {}, 400),
        ("GET", "tickets/?created_from=yesterday", {}, 400),
        ("GET", "tickets/?id=x", {}, 400),
        ("GET", "tickets/?cursor=nonsense", {}, 404),
        ("PATCH", "tickets/{id}/", {"json": {"status": "shut"}}, 400),
        ("PATCH", "tickets/{id}/", {"json": {"priority": "urgent"}}, 400),
        ("PATCH", "tickets/{id}/", {"json": {"assignee": "Sam"}}, 400),
        ("PATCH", "tickets/{id}/", {"json": {"subject": ""}}, 400),
        ("PATCH", "tickets/{id}/", {"json": {"tags": "vip"}}, 400),
        ("PATCH", "tickets/{id}/", {"json": {"comment": "text"}}, 400),
        ("PATCH", "tickets/{id}/", {"json": {"status": "solved", "comment": {"body": ""}}}, 400),
        ("POST", "tickets/{id}/comments/", {"json": {"body": " "}}, 400),
        ("POST", "tickets/{id}/comments/", {"json": {"body": None}}, 400),
        ("POST", "tickets/{id}/comments/", {"json": {"body": 7}}, 400),
        ("POST", "tickets/{id}/comments/", {"json": {"body": "text", "author": 1}}, 400),
        ("POST", "tickets/{id}/comments/", {"json": {"body": "text", "is_public": "no"}}, 400),
        ("POST", "tickets/{id}/comments/", {"json": {"body": "text", "attachments": [1]}}, 400),
        ("POST", "tickets/{id}/comments/", {"content": "text"}, 415),
        ("POST", "tickets/attachments/", {"json": {}}, 400),
        ("POST", "tickets/attachments/", {"files": {"file": ("a.txt", b"a")}}, 400),
    ],
)
async def test_what_the_api_does_not_offer_is_refused(
    method: str, path: str, options: dict[str, Any], status: int, store: PracticeStore
) -> None:
    """Unknown paths, wrong methods and wrong bodies are refused in Django REST framework's form, and change nothing."""
    vendor = PracticeNextcommerce(store)
    ticket = store.customer_writes("help", "It broke")
    before = store.ticket(ticket)

    async with asking(vendor, HEADERS) as client:
        answer = await client.request(method, path.format(id=ticket), **options)
        assert answer.status_code == status
        if status == 301:
            assert answer.headers["location"] == f"{API}/{path.format(id=ticket)}/"
        else:
            assert all(told for told in answer.json().values())
    assert store.tickets() == (before,)


async def test_four_requests_a_second(store: PracticeStore, clock: Any) -> None:
    """The documented quota is kept, and reported with `Retry-After: 1`."""
    async with asking(PracticeNextcommerce(store), HEADERS) as client:
        answers = [await client.get("tickets/") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 4 + [429]
        assert answers[-1].headers["retry-after"] == "1"
        assert answers[-1].json() == {"detail": "Request was throttled. Expected available in 1 second."}
        clock.advance(1)
        assert (await client.get("tickets/")).status_code == 200


@pytest.mark.parametrize(("answer", "status"), [("stale", 200), ("comment", 201), ("nothing", 204)])
async def test_a_comment_answers_in_each_form(answer: Any, status: int, store: PracticeStore) -> None:
    """Whatever a comment answers, it was said; the list of comments can be a list."""
    vendor = PracticeNextcommerce(store, variant(comment_answer=answer, comments_answer="list"), quotas=())
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        reply = await client.post(f"tickets/{ticket}/comments/", json={"body": "Try again", "is_public": True})
        assert reply.status_code == status
        if answer == "stale":
            assert len(reply.json()["comments"]) == 1
        if answer == "comment":
            assert reply.json()["body"] == "Try again"
        read = (await client.get(f"tickets/{ticket}/comments/")).json()
        assert [comment["body"] for comment in read] == ["It broke", "Try again"]


@pytest.mark.parametrize("answer", ["object", "wrapped"])
async def test_an_upload_answers_in_each_form(answer: Any, store: PracticeStore) -> None:
    """What an upload answers is not known; each form names the file's id."""
    async with asking(PracticeNextcommerce(store, variant(upload_answer=answer)), HEADERS) as client:
        body = (await client.post("tickets/attachments/", files={"files": ("a.txt", b"a")})).json()
        assert (body if answer == "object" else body["attachments"][0])["file_name"] == "a.txt"


async def test_what_is_not_said_of_a_comment_varies(store: PracticeStore) -> None:
    """A comment without `is_public` can be internal, one without `author` anonymous."""
    vendor = plain(store, public_by_default=False, anonymous=True)
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        said = (await client.post(f"tickets/{ticket}/comments/", json={"body": "text"})).json()["comments"][1]
        assert (said["author"], said["from_email"], said["is_public"]) == (None, None, False)
        by_customer = {"body": "text", "author": (await client.get(f"tickets/{ticket}/")).json()["requester"]}
        await client.post(f"tickets/{ticket}/comments/", json=by_customer)
    assert vendor.http_server.observer_errors == []
    assert store.ticket(ticket).messages[-1].writer == "customer"


async def test_customers_can_be_no_users(store: PracticeStore) -> None:
    """A customer who is no user is known by address only."""
    vendor = plain(store, unregistered=True)
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        read = (await client.get(f"tickets/{ticket}/")).json()
        assert (read["requester"], read["from_email"]) == (None, "jane@example.com")
        comment = read["comments"][0]
        assert (comment["author"], comment["from_email"]) == (None, "jane@example.com")
    assert vendor.http_server.observer_errors == []


async def test_bodies_can_be_html(store: PracticeStore) -> None:
    """People's messages come as HTML with all that mail programs add; what came through the API stays as it came."""
    vendor = plain(store, html=True)
    ticket = store.customer_writes("help", "1 < 2 & see\nhttps://example.com/a?b=1")

    async with asking(vendor, HEADERS) as client:
        said = {"body": "<p>Try again</p>", "is_public": True}
        read = (await client.post(f"tickets/{ticket}/comments/", json=said)).json()["comments"]
        link = '<a href="https://example.com/a?b=1">https://example.com/a?b=1</a>'
        assert f"<p>1 &lt; 2 &amp; see<br>{link}</p>" in read[0]["body"]
        assert "<script>" in read[0]["body"]
        assert "<img src=" in read[0]["body"]
        assert read[1]["body"] == "<p>Try again</p>"
    assert vendor.http_server.observer_errors == []


async def test_odd_words_and_orders_that_are_null(store: PracticeStore) -> None:
    """Words come that nobody documented, even from a list of open tickets, and the order number can be null."""
    vendor = PracticeNextcommerce(store, variant(odd_words=True, no_order=None))
    store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        (read,) = (await client.get("tickets/?status=new&status=open")).json()["results"]
        assert (read["status"], read["channel"], read["order"]) == ("on_hold", "carrier_pigeon", None)


async def test_links_can_lead_elsewhere(store: PracticeStore) -> None:
    """The hostile variant's next page and files are on another host."""
    vendor = PracticeNextcommerce(store, variant(hostile=True, foreign_links=True, page_cap=1))
    store.customer_writes("one", "text", files={"a.txt": b"a"})
    store.customer_writes("two", "text")

    async with asking(vendor, HEADERS) as client:
        page = (await client.get("tickets/")).json()
        assert page["next"].startswith(f"http://localhost:{vendor.trap.port}{API}/tickets/?cursor=")
        file = page["results"][0]["comments"][0]["attachments"][0]["file"]
        assert file.startswith(f"http://localhost:{vendor.trap.port}/media/")


async def test_a_webhook_is_posted_and_signed_over_the_dumped_body(store: PracticeStore) -> None:
    """The event is as described; its signature is not over the bytes sent but over Python's dump of them."""
    vendor = PracticeNextcommerce(store)
    ticket = store.customer_writes("help", "Grüße")
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.read())
        return web.Response(status=202)

    ear = LoopbackServer([web.post("/hooks/main/secret", take)])
    await ear.start()
    try:
        async with vendor:
            url = f"http://{ear.address}/hooks/main/secret"
            sent = [await vendor.send_webhook(url, ticket, "s3cret", event_id="e-1") for _ in range(2)]
            assert sent == [202, 202]
    finally:
        await ear.stop()
    assert bodies[0] == bodies[1]
    check_event(json.loads(bodies[0]))
    with pytest.raises(Mismatch):
        check_event({**json.loads(bodies[0]), "event_type": "ticket.deleted"})
    dumped = json.dumps(json.loads(bodies[0])).encode()
    assert dumped != bodies[0]
    signature = hmac.new(b"s3cret", dumped, hashlib.sha256).hexdigest()
    assert ear.seen[0].headers["X-29Next-Signature"] == signature


COMMENT = Exchange(
    method="POST",
    path=f"{API}/tickets/41/comments/",
    query={},
    headers={"X-29next-API-Version": "2024-04-01", "Content-Type": "application/json"},
    body={"body": "Shipped today.", "is_public": True},
    status=0,
    answer=None,
)


@pytest.mark.parametrize(
    "change",
    [
        {"path": f"{API}/tickets/41/replies/"},
        {"method": "DELETE"},
        {"headers": {"Content-Type": "application/json"}},
        {"headers": {"X-29next-API-Version": "2024-04-01", "Content-Type": "text/plain"}},
        {"body": {"body": "Shipped today.", "public": True}},
        {"body": {"body": "Shipped today.", "is_public": "yes"}},
        {"body": {"body": "Shipped today.", "id": 7}},
        {"body": ["Shipped today."]},
        {"query": {"notify": "1"}},
        {"method": "GET", "path": f"{API}/tickets/", "query": {"status": "shut"}, "body": None},
        {"method": "GET", "path": f"{API}/tickets/"},
        {"method": "PATCH", "path": f"{API}/tickets/41/", "body": {"comment": {"text": "Shipped today."}}},
        {"status": 200, "answer": {"id": 41}},
        {"status": 202, "answer": {}},
        {"status": 400, "answer": ["no"]},
    ],
)
def test_the_check_finds_what_is_not_as_described(change: dict[str, Any]) -> None:
    """The check itself bites: each of these differs from the description in one thing only."""
    check_request(COMMENT)
    with pytest.raises(Mismatch):
        check_exchange(replace(COMMENT, **change))
