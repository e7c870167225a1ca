from __future__ import annotations

import hashlib
import hmac
from typing import Any

import httpx
import pytest
from aiohttp import web

from bot.sandbox.loopback_server import LoopbackServer
from bot.sandbox.vendors import PracticeStore
from bot.sandbox.vendors.sellapp import KEY, SLUG, PracticeSellapp
from bot.sandbox.vendors.sellapp_variants import SellappVariant
from tests.support.practice.vendors import asking

HEADERS = {"Authorization": f"Bearer {KEY}", "Accept": "application/json", "X-STORE": SLUG}


def variant(**fields: Any) -> SellappVariant:
    return SellappVariant(name="test", **fields)


async def test_a_v1_ticket_has_the_documented_fields(store: PracticeStore) -> None:
    """With the reading of the pages, list and get show exactly what the pages show."""
    vendor = PracticeSellapp(store, variant(customer_ids="uuids"))
    ticket = store.customer_writes("acquisition.", "do you accept doge?", email="e@x.com")

    async with asking(vendor, HEADERS) as client:
        read = (await client.get(f"/v1/tickets/{ticket}")).json()
        customer = read["data"]["customer"].pop("id")
        assert read == {
            "data": {
                "id": int(ticket),
                "title": "acquisition.",
                "status": "OPEN",
                "customer": {"email": "e@x.com"},
                "reference": [],
                "created_at": "2026-03-01T12:00:00.000000Z",
                "updated_at": "2026-03-01T12:00:00.000000Z",
                "store_id": 1,
                "read_by": 1,
                "archived": 0,
            }
        }
        assert len(customer) == 36
        listed = (await client.get("/v1/tickets")).json()
        assert set(listed) == {"data", "links", "meta"}
        assert listed["data"][0]["id"] == int(ticket)


async def test_a_v2_ticket_counts_its_messages_and_refers_to_its_order(store: PracticeStore) -> None:
    """A v2 ticket has the thirteen fields that the SDK wants."""
    vendor = PracticeSellapp(store)
    ticket = store.customer_writes("help", "It broke", order_id=77, reason="refund")

    async with asking(vendor, HEADERS) as client:
        read = (await client.get(f"/v2/tickets/{ticket}")).json()["data"]
        assert (read["order_id"], read["reason"], read["message_count"]) == (77, "refund", 1)
        assert read["reference"] == {"type": "order", "id": 77}
        assert read["read_status"] == {"customer": True, "store": False}
        assert len(read) == 13


async def test_messages_are_paged_and_written(store: PracticeStore) -> None:
    """Messages come fifteen at a time; a reply is the store's, without a sender."""
    vendor = PracticeSellapp(store, variant(reply_wrapped=False))
    ticket = store.customer_writes("help", "0")
    for number in range(1, 16):
        store.customer_replies(ticket, str(number))
    path = f"/v1/tickets/{ticket}/messages"

    async with asking(vendor, HEADERS) as client:
        reply = await client.post(path, json={"content": "We do not."})
        assert reply.status_code == 201
        said = reply.json()
        assert (said["author"], said["sender"], said["content"]) == ("STORE", None, "We do not.")
        assert said["ticket_id"] == int(ticket)
        first = (await client.get(path)).json()
        assert [message["content"] for message in first["data"]] == [str(number) for number in range(15)]
        assert (first["data"][0]["author"], first["data"][0]["sender"]) == ("CUSTOMER", "jane@example.com")
        assert (first["meta"]["total"], first["meta"]["last_page"], first["meta"]["per_page"]) == (17, 2, 15)
        assert first["links"]["next"] == f"{vendor.base_url}{path}?page=2"
        second = (await client.get(path, params={"page": 2})).json()
        assert [message["id"] for message in second["data"]][-1] == said["id"]
        assert (second["links"]["next"], second["meta"]["from"], second["meta"]["to"]) == (None, 16, 17)
        assert (await client.get(f"{path}/{said['id']}")).json() == {"data": said}
        assert (await client.get(f"{path}/1")).status_code == 404


async def test_v2_closes_reopens_and_archives(store: PracticeStore) -> None:
    """PATCH closes, reopens and archives; closing what is closed notifies nobody again."""
    vendor = PracticeSellapp(store)
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:

        async def patch(**body: Any) -> Any:
            return (await client.patch(f"/v2/tickets/{ticket}", json=body)).json()["data"]

        assert (await patch(status="CLOSED"))["status"] == "CLOSED"
        assert (await patch(status="CLOSED"))["status"] == "CLOSED"
        assert (store.ticket(ticket).closed, vendor.notified) == (True, [ticket])
        assert (await patch(status="OPEN", archived=True))["archived"] == 1
        assert not store.ticket(ticket).closed
        assert (await patch(archived=False))["archived"] == 0


@pytest.mark.parametrize(("idempotent", "notified"), [(True, 1), (False, 2)])
async def test_an_idempotency_key_is_honoured_or_not(idempotent: bool, notified: int, store: PracticeStore) -> None:
    """The same key with the same body does it once; with another body it is a conflict; the variant ignores keys."""
    vendor = PracticeSellapp(store, variant(idempotent=idempotent))
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:

        async def patch(status: str) -> httpx.Response:
            headers = {"Idempotency-Key": "one"}
            return await client.patch(f"/v2/tickets/{ticket}", json={"status": status}, headers=headers)

        assert (await patch("CLOSED")).status_code == 200
        store.reopen(ticket)
        second = await patch("CLOSED")
        assert second.status_code == 200
        assert store.ticket(ticket).closed == (not idempotent)
        assert (await patch("OPEN")).status_code == (409 if idempotent else 200)
    assert len(vendor.notified) == notified


@pytest.mark.parametrize(("v2", "status"), [("missing", 404), ("forbidden", 403)])
async def test_an_account_can_be_without_v2(v2: Any, status: int, store: PracticeStore) -> None:
    """Without v2 there is no way to close; v1 works as ever."""
    vendor = PracticeSellapp(store, variant(v2=v2))
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        assert (await client.patch(f"/v2/tickets/{ticket}", json={"status": "CLOSED"})).status_code == status
        assert (await client.get("/v2/tickets")).status_code == status
        assert (await client.patch(f"/v1/tickets/{ticket}", json={"status": "CLOSED"})).status_code == 405
        assert (await client.get("/v1/tickets")).status_code == 200
    assert not store.ticket(ticket).closed


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": ""}, 401),
        ({"X-STORE": "other"}, 400),
        ({"Accept": "*/*"}, 302),
        ({"Accept": "text/html"}, 302),
    ],
)
async def test_headers_that_are_wrong_are_refused(headers: dict[str, str], status: int, store: PracticeStore) -> None:
    """A wrong key, a wrong store, and no `Accept: application/json`, which leads to the log-in page."""
    vendor = PracticeSellapp(store)

    async with asking(vendor, HEADERS) as client:
        answer = await client.get("/v1/tickets", headers=headers)
        assert answer.status_code == status
        if status == 302:
            assert answer.headers["location"] == f"{vendor.base_url}/login"
            assert answer.headers["content-type"].startswith("text/html")
        else:
            assert (answer.json()["status"], answer.json()["message"] != "") == (status, True)
        assert answer.headers["x-request-id"]


async def test_the_store_can_be_left_out_where_the_account_has_one(store: PracticeStore) -> None:
    """`X-STORE` is required, or only has to be right where it is there."""
    headers = {name: value for name, value in HEADERS.items() if name != "X-STORE"}
    for required, status in ((True, 400), (False, 200)):
        async with asking(
            PracticeSellapp(PracticeStore(store.now), variant(store_required=required)), headers
        ) as client:
            assert (await client.get("/v1/tickets")).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/tickets", {}, 404),
        ("GET", "/v3/tickets", {}, 404),
        ("GET", "/v1/tickets/1", {}, 404),
        ("POST", "/v1/tickets/1/messages", {"json": {"content": "text"}}, 404),
        ("PATCH", "/v2/tickets/1", {"json": {"status": "CLOSED"}}, 404),
        ("DELETE", "/v1/tickets/{id}", {}, 405),
        ("PUT", "/v2/tickets/{id}", {"json": {"status": "CLOSED"}}, 405),
        ("GET", "/v1/tickets?limit=101", {}, 422),
        ("GET", "/v1/tickets?limit=0", {}, 422),
        ("GET", "/v1/tickets?page=0", {}, 422),
        ("POST", "/v1/tickets/{id}/messages", {"json": {"content": "  "}}, 422),
        ("POST", "/v1/tickets/{id}/messages", {"json": {"message": "text"}}, 422),
        ("POST", "/v1/tickets/{id}/messages", {"data": {"content": "text"}}, 415),
        ("PATCH", "/v2/tickets/{id}", {"json": {"status": "closed"}}, 422),
        ("PATCH", "/v2/tickets/{id}", {"json": {"archived": 1}}, 422),
        ("PATCH", "/v2/tickets/{id}", {"json": {}}, 422),
    ],
)
async def test_what_the_api_does_not_offer_is_refused(
    method: str, path: str, options: dict[str, Any], status: int, store: PracticeStore
) -> None:
    """Unknown paths, wrong methods and wrong bodies are refused with the structured error, and change nothing."""
    vendor = PracticeSellapp(store)
    ticket = store.customer_writes("help", "It broke")
    before = store.ticket(ticket)

    async with asking(vendor, HEADERS) as client:
        answer = await client.request(method, path.format(id=ticket), **options)
        assert answer.status_code == status
        body = answer.json()
        assert set(body) - {"errors"} == {"message", "type", "code", "status", "param", "request_id", "docs_url"}
        assert ("errors" in body) == (status == 422)
    assert store.tickets() == (before,)


async def test_lists_can_say_nothing_of_their_pages(store: PracticeStore) -> None:
    """The pages do not show what is in `links` and `meta`: each can be empty, and capped pages say their true size."""
    for paging in ("links", "meta", "none"):
        vendor = PracticeSellapp(PracticeStore(store.now), variant(paging=paging, page_cap=2))
        for number in range(3):
            vendor.store.customer_writes(f"ticket {number}", "text")

        async with asking(vendor, HEADERS) as client:
            body = (await client.get("/v1/tickets?limit=100")).json()
            assert len(body["data"]) == 2
            assert (body["links"] != {}) == (paging == "links")
            assert (body["meta"] != {}) == (paging == "meta")
            assert body["meta"].get("per_page") == (2 if paging == "meta" else None)


async def test_search_filters_and_sorts(store: PracticeStore) -> None:
    """The search that the SDK speaks narrows and orders; a field that is none is refused."""
    vendor = PracticeSellapp(store)
    ids = [int(store.customer_writes(title, "text")) for title in ("a", "b", "c")]
    store.close(str(ids[1]))

    async with asking(vendor, HEADERS) as client:

        async def search(**body: Any) -> list[int]:
            answer = await client.post("/v1/tickets/search", json=body)
            return [row["id"] for row in answer.json()["data"]]

        assert await search(filters=[{"field": "status", "operator": "=", "value": "OPEN"}]) == [ids[0], ids[2]]
        assert await search(filters=[{"field": "id", "operator": ">", "value": ids[0]}]) == ids[1:]
        assert await search(sort=[{"field": "title", "direction": "desc"}]) == ids[::-1]
        assert await search(search={"value": "B", "case_sensitive": False}) == [ids[1]]
        for bad in (
            {"field": "none"},
            {"field": "id", "operator": "~"},
            {"field": "id", "operator": "<", "value": "x"},
        ):
            answer = await client.post("/v1/tickets/search", json={"filters": [bad]})
            assert answer.status_code == 422
        messages = await client.post(f"/v2/tickets/{ids[0]}/messages/search", json={"search": {"value": "text"}})
        assert len(messages.json()["data"]) == 1


async def test_small_things_vary(store: PracticeStore) -> None:
    """Customers without id, references to nothing, user names as senders, newest first, and words nobody documented."""
    wanted = variant(
        customer_ids="null",
        reference="object",
        senders="user name",
        newest_message_first=True,
        odd_words=True,
        customer_touches=False,
    )
    vendor = PracticeSellapp(store, wanted)
    ticket = store.customer_writes("help", "It broke", name="jane_d")

    async with asking(vendor, HEADERS) as client:
        await client.post(f"/v1/tickets/{ticket}/messages", json={"content": "Try again"})
        read = (await client.get(f"/v1/tickets/{ticket}")).json()["data"]
        assert (read["status"], read["customer"]["id"]) == ("IN_REVIEW", None)
        assert read["reference"] == {"type": None, "id": None}
        messages = (await client.get(f"/v1/tickets/{ticket}/messages")).json()["data"]
        assert [(message["author"], message["sender"]) for message in messages] == [
            ("SYSTEM", None),
            ("CUSTOMER", "jane_d"),
        ]


async def test_links_can_lead_elsewhere(store: PracticeStore) -> None:
    """The hostile variant's pages continue on another host."""
    vendor = PracticeSellapp(store, variant(hostile=True, foreign_links=True, page_cap=1))
    store.customer_writes("one", "text")
    store.customer_writes("two", "text")

    async with asking(vendor, HEADERS) as client:
        body = (await client.get("/v1/tickets")).json()
        assert body["links"]["next"] == f"http://localhost:{vendor.trap.port}/v1/tickets?page=2"


@pytest.mark.parametrize("secret", ["practice-signing-secret", None])
async def test_a_webhook_is_posted_and_signed(secret: str | None, store: PracticeStore) -> None:
    """`send_webhook` posts the last message; with a secret, `signature` is the body's HMAC-SHA256 in hex."""
    vendor = PracticeSellapp(store)
    ticket = store.customer_writes("help", "Grüße")
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.read())
        return web.Response(status=202)

    ear = LoopbackServer([web.post("/hooks/main/secret", take)])
    await ear.start()
    try:
        async with vendor:
            assert await vendor.send_webhook(f"http://{ear.address}/hooks/main/secret", ticket, secret) == 202
    finally:
        await ear.stop()
    heard = ear.seen[0]
    assert heard.body["event"] == "ticket_message.created"
    assert (heard.body["data"]["ticket_id"], heard.body["data"]["author"]) == (int(ticket), "CUSTOMER")
    signed = hmac.new(secret.encode(), bodies[0], hashlib.sha256).hexdigest() if secret else None
    assert heard.headers.get("signature") == signed
