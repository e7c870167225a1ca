from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.sandbox.vendors import PracticeStore
from bot.sandbox.vendors.sellgate import KEY, PracticeSellgate
from bot.sandbox.vendors.sellgate_variants import SellgateVariant
from tests.support.practice.vendors import asking

HEADERS = {"Authorization": f"Bearer {KEY}"}


def variant(**fields: Any) -> SellgateVariant:
    return SellgateVariant(name="test", **fields)


async def test_a_list_has_the_documented_fields_stats_and_meta(store: PracticeStore) -> None:
    """A list row has exactly the fields of the documented ticket object, beside stats and meta."""
    vendor = PracticeSellgate(store)
    first = store.customer_writes("help", "It broke", order_id="ord_1", order_amount=29.99, order_currency="USD")
    second = store.customer_writes("more", "It broke too")
    store.close(second)

    async with asking(vendor, HEADERS) as client:
        body = (await client.get("/v1/tickets")).json()
        assert body["data"][0] == {
            "id": first,
            "subject": "help",
            "status": "open",
            "awaiting_response_from": "owner",
            "customer_email": "jane@example.com",
            "order_id": "ord_1",
            "invoice_id": None,
            "product_name": None,
            "order_amount": 29.99,
            "order_currency": "USD",
            "message_count": 1,
            "has_owner_reply": False,
            "created_at": "2026-03-01T12:00:00Z",
            "updated_at": "2026-03-01T12:00:00Z",
            "closed_at": None,
        }
        assert body["stats"] == {"total": 2, "open": 1, "closed": 1, "needsResponse": 1}
        assert body["meta"] == {"total": 2, "limit": 25, "offset": 0}
        closed = (await client.get("/v1/tickets", params={"status": "closed"})).json()
        assert [row["id"] for row in closed["data"]] == [second]
        assert closed["stats"]["total"] == 2
        assert closed["meta"]["total"] == 1


async def test_pages_follow_one_another(store: PracticeStore) -> None:
    """Pages count from one, hold what was asked for, and end."""
    vendor = PracticeSellgate(store)
    ids = [store.customer_writes(f"ticket {number}", "text") for number in range(5)]

    async with asking(vendor, HEADERS) as client:
        pages = [(await client.get("/v1/tickets", params={"limit": 2, "page": page})).json() for page in (1, 2, 3, 4)]
        assert [[row["id"] for row in page["data"]] for page in pages] == [ids[0:2], ids[2:4], ids[4:], []]
        assert [page["meta"]["offset"] for page in pages] == [0, 2, 4, 6]


async def test_a_reply_is_the_sellers_and_closing_and_reopening_work(store: PracticeStore) -> None:
    """A reply through the API becomes a seller's message; PATCH closes and reopens, and doing so twice is no error."""
    vendor = PracticeSellgate(store)
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        reply = await client.post(f"/v1/tickets/{ticket}", json={"message": "Try again"})
        assert reply.status_code == 201
        read = (await client.get(f"/v1/tickets/{ticket}")).json()["data"]
        assert set(read) == {"id", "subject", "status", "customer_email", "order_id", "messages", "created_at"}
        assert [(said["sender"], said["message"]) for said in read["messages"]] == [
            ("customer", "It broke"),
            ("seller", "Try again"),
        ]
        assert reply.json()["data"]["id"] == read["messages"][1]["id"]
        for status in ("closed", "closed", "open", "open"):
            answer = await client.patch(f"/v1/tickets/{ticket}", json={"status": status})
            assert (answer.status_code, answer.json()["data"]["status"]) == (200, status)
            assert store.ticket(ticket).closed == (status == "closed")


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x"])
async def test_a_wrong_key_is_refused(authorization: str, store: PracticeStore) -> None:
    """Whoever does not bring the key gets 401 and nothing else."""
    async with asking(PracticeSellgate(store), {"Authorization": authorization}) as client:
        answer = await client.get("/v1/tickets")
        assert (answer.status_code, answer.json()) == (401, {"error": "Invalid API key"})


async def test_the_bare_key_is_taken_too(store: PracticeStore) -> None:
    """The documentation takes the key without `Bearer` before it."""
    async with asking(PracticeSellgate(store), {"Authorization": KEY}) as client:
        assert (await client.get("/v1/tickets")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/v1/tickets/", {}, 404),
        ("GET", "/tickets", {}, 404),
        ("GET", "/v1/tickets/tkt_none", {}, 404),
        ("POST", "/v1/tickets/tkt_none", {"json": {"message": "text"}}, 404),
        ("PATCH", "/v1/tickets/tkt_none", {"json": {"status": "open"}}, 404),
        ("POST", "/v1/tickets", {"json": {}}, 405),
        ("DELETE", "/v1/tickets/{id}", {}, 405),
        ("PUT", "/v1/tickets/{id}", {"json": {}}, 405),
        ("GET", "/v1/tickets?limit=101", {}, 400),
        ("GET", "/v1/tickets?limit=0", {}, 400),
        ("GET", "/v1/tickets?page=0", {}, 400),
        ("GET", "/v1/tickets?page=two", {}, 400),
        ("GET", "/v1/tickets?status=solved", {}, 400),
        ("POST", "/v1/tickets/{id}", {"json": {"message": " \n"}}, 400),
        ("POST", "/v1/tickets/{id}", {"json": {"content": "text"}}, 400),
        ("POST", "/v1/tickets/{id}", {"json": ["text"]}, 400),
        ("POST", "/v1/tickets/{id}", {"data": {"message": "text"}}, 415),
        ("POST", "/v1/tickets/{id}", {"content": "{", "headers": {"Content-Type": "application/json"}}, 400),
        ("PATCH", "/v1/tickets/{id}", {"json": {"status": "solved"}}, 400),
        ("PATCH", "/v1/tickets/{id}", {"json": {}}, 400),
    ],
)
async def test_what_the_api_does_not_offer_is_refused(
    method: str, path: str, options: dict[str, Any], status: int, store: PracticeStore
) -> None:
    """Unknown paths, wrong methods and wrong bodies are refused, and change nothing."""
    vendor = PracticeSellgate(store)
    ticket = store.customer_writes("help", "It broke")
    before = store.ticket(ticket)

    async with asking(vendor, HEADERS) as client:
        answer = await client.request(method, path.format(id=ticket), **options)
        assert answer.status_code == status
        assert answer.json()["error"]
        assert ("allow" in answer.headers) == (status == 405)
    assert store.tickets() == (before,)


def test_lists_come_in_each_order(store: PracticeStore, clock: Any) -> None:
    """A variant's order is kept from one reading to the next."""
    orders = {"ascending": [0, 1, 2, 3], "descending": [3, 2, 1, 0], "recent": [1, 3, 2, 0]}
    for order, wanted in orders.items():
        fresh = PracticeStore(clock.now)
        vendor = PracticeSellgate(fresh, variant(order=order))
        ids = []
        for number in range(4):
            ids.append(fresh.customer_writes(f"ticket {number}", "text"))
            clock.advance(1)
        fresh.customer_replies(ids[1], "more")
        assert [ticket.id for ticket in vendor.see_all()] == [ids[number] for number in wanted]
    scattered = PracticeSellgate(store, variant(order="scattered"))
    for number in range(20):
        store.customer_writes(f"ticket {number}", "text")
    first = [ticket.number for ticket in scattered.see_all()]
    assert first == [ticket.number for ticket in scattered.see_all()]
    assert first not in (sorted(first), sorted(first, reverse=True))


async def test_a_smaller_page_than_asked_for_says_so(store: PracticeStore) -> None:
    """With capped pages, `meta.limit` and `meta.offset` tell the true size."""
    vendor = PracticeSellgate(store, variant(page_cap=2))
    for number in range(3):
        store.customer_writes(f"ticket {number}", "text")

    async with asking(vendor, HEADERS) as client:
        body = (await client.get("/v1/tickets", params={"limit": 100, "page": 2})).json()
        assert body["meta"] == {"total": 3, "limit": 2, "offset": 2}
        assert len(body["data"]) == 1


async def test_figures_follow_the_filter_or_not(store: PracticeStore) -> None:
    """Both readings of what `stats` and `meta.total` count can be had, and a list without `meta`."""
    for stats_follow, total_follows, stats, total in ((True, True, 1, 1), (False, False, 2, 2)):
        fresh = PracticeStore(store.now)
        vendor = PracticeSellgate(fresh, variant(stats_follow=stats_follow, total_follows=total_follows))
        fresh.customer_writes("open", "text")
        fresh.close(fresh.customer_writes("closed", "text"))

        async with asking(vendor, HEADERS) as client:
            body = (await client.get("/v1/tickets?status=open")).json()
            assert (body["stats"]["total"], body["meta"]["total"]) == (stats, total)

    async with asking(PracticeSellgate(store, variant(meta=False)), HEADERS) as client:
        assert set((await client.get("/v1/tickets")).json()) == {"data", "stats"}


@pytest.mark.parametrize(
    ("answer", "status", "keys"),
    [
        ("message", 201, {"data"}),
        ("bare message", 200, {"id", "sender", "message", "created_at"}),
        ("ticket", 200, {"data"}),
        ("id", 201, {"success", "id"}),
        ("success", 201, {"success"}),
        ("nothing", 204, None),
    ],
)
async def test_a_reply_answers_in_each_form(answer: Any, status: Any, keys: Any, store: PracticeStore) -> None:
    """What a reply answers is not documented; each form arrives, and the reply is said in all of them."""
    vendor = PracticeSellgate(store, variant(reply_answer=answer, reply_status=status if status != 204 else 201))
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        reply = await client.post(f"/v1/tickets/{ticket}", json={"message": "Try again"})
        assert reply.status_code == status
        assert (set(reply.json()) if reply.content else None) == keys
    assert [message.text for message in store.ticket(ticket).messages] == ["It broke", "Try again"]


@pytest.mark.parametrize(
    ("answer", "body"),
    [("bare ticket", ["closed"]), ("success", [{"success": True}]), ("nothing", [])],
)
async def test_a_change_of_status_answers_in_each_form(answer: Any, body: Any, store: PracticeStore) -> None:
    """What a PATCH answers is not documented; each form arrives, and the ticket is closed in all of them."""
    vendor = PracticeSellgate(store, variant(status_answer=answer))
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        reply = await client.patch(f"/v1/tickets/{ticket}", json={"status": "closed"})
        read = [reply.json()] if reply.content else []
        assert [one["status"] if answer == "bare ticket" else one for one in read] == body
    assert store.ticket(ticket).closed


async def test_fields_can_be_missing_unset_or_whole(store: PracticeStore) -> None:
    """Lists without a field, unset values in each form, and a single ticket with all fields."""
    wanted = {"null": None, "empty": "", "false": False}
    for unset, nothing in wanted.items():
        fresh = PracticeStore(store.now)
        vendor = PracticeSellgate(fresh, variant(unset=unset, missing=("updated_at",), whole_ticket=True))
        ticket = fresh.customer_writes("help", "It broke")

        async with asking(vendor, HEADERS) as client:
            row = (await client.get("/v1/tickets")).json()["data"][0]
            assert "updated_at" not in row
            assert row["closed_at"] == nothing
            assert row["closed_at"] is nothing or isinstance(nothing, str)
            single = (await client.get(f"/v1/tickets/{ticket}")).json()["data"]
            assert {"message_count", "awaiting_response_from", "updated_at"} < set(single)

    vendor = PracticeSellgate(store, variant(unset="absent"))
    store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        assert "closed_at" not in (await client.get("/v1/tickets")).json()["data"][0]


@pytest.mark.parametrize(
    ("stamp", "text"),
    [
        ("seconds", "2026-03-01T12:00:00Z"),
        ("milliseconds", "2026-03-01T12:00:00.000Z"),
        ("microseconds", "2026-03-01T12:00:00.000000Z"),
        ("offset", "2026-03-01T12:00:00+00:00"),
        ("elsewhere", "2026-03-01T19:00:00.000000+07:00"),
    ],
)
def test_times_are_written_in_each_form(stamp: Any, text: str, store: PracticeStore) -> None:
    """The same moment in each way of writing it."""
    assert PracticeSellgate(store, variant(stamp=stamp)).write_time(store.now()) == text


async def test_odd_words_and_untouched_updates(store: PracticeStore, clock: Any) -> None:
    """Words that are not documented come, and a customer's message leaves the time of update as it was."""
    vendor = PracticeSellgate(store, variant(odd_words=True, customer_touches=False))
    ticket = store.customer_writes("help", "It broke")
    clock.advance(60)
    store.customer_replies(ticket, "Hello?")

    async with asking(vendor, HEADERS) as client:
        row = (await client.get("/v1/tickets?status=open")).json()["data"][0]
        assert (row["status"], row["awaiting_response_from"]) == ("on_hold", "nobody")
        assert (row["updated_at"], row["message_count"]) == ("2026-03-01T12:00:00Z", 2)
        reply = await client.post(f"/v1/tickets/{ticket}", json={"message": "Try again"})
        assert reply.json()["data"]["sender"] == "bot"


async def test_a_closed_ticket_can_refuse_a_reply(store: PracticeStore) -> None:
    """Where closed tickets refuse replies it is said with 409, in the variant's form of error, and nothing is said."""
    forms = {"object": {"success": False, "error": {"code": 409, "message": "The ticket is closed"}}}
    forms |= {"message": {"message": "The ticket is closed", "errors": {}}}
    for errors, body in forms.items():
        fresh = PracticeStore(store.now)
        vendor = PracticeSellgate(fresh, variant(closed_refuses=True, errors=errors))
        ticket = fresh.customer_writes("help", "It broke")
        fresh.close(ticket)

        async with asking(vendor, HEADERS) as client:
            answer = await client.post(f"/v1/tickets/{ticket}", json={"message": "Try again"})
            assert (answer.status_code, answer.json()) == (409, body)
        assert len(fresh.ticket(ticket).messages) == 1

    async with asking(PracticeSellgate(store, variant(errors="page")), HEADERS) as client:
        answer = await client.get("/v1/tickets/none")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_the_list_shifts_between_its_pages(store: PracticeStore) -> None:
    """A ticket that comes in pushes another onto the next page again; one that closes hides another from it."""
    for shift, order, wanted in (("insert", "descending", [2, 1, 1, 0]), ("close", "ascending", [0, 1, 3])):
        fresh = PracticeStore(store.now)
        vendor = PracticeSellgate(fresh, variant(shift=shift, order=order))
        ids = [fresh.customer_writes(f"ticket {number}", "text") for number in range(3 if shift == "insert" else 4)]

        async with asking(vendor, HEADERS) as client:
            seen = []
            for page in (1, 2):
                query: dict[str, str | int] = {"status": "open", "limit": 2, "page": page}
                seen += [row["id"] for row in (await client.get("/v1/tickets", params=query)).json()["data"]]
            assert seen == [ids[number] for number in wanted]
        assert vendor.shifts_left == 0


async def test_a_reply_can_show_late(store: PracticeStore, clock: Any) -> None:
    """A reply shows only after so many reads, or seconds; the store has it at once."""
    for lag in ({"lag_reads": 2}, {"lag_seconds": 5.0}):
        fresh = PracticeStore(clock.now)
        vendor = PracticeSellgate(fresh, variant(**lag))
        ticket = fresh.customer_writes("help", "It broke")

        async with asking(vendor, HEADERS) as client:
            await client.post(f"/v1/tickets/{ticket}", json={"message": "Try again"})
            assert len(fresh.ticket(ticket).messages) == 2
            assert (await client.get("/v1/tickets")).json()["data"][0]["message_count"] == 1
            assert len((await client.get(f"/v1/tickets/{ticket}")).json()["data"]["messages"]) == 1
            clock.advance(5)
            assert len((await client.get(f"/v1/tickets/{ticket}")).json()["data"]["messages"]) == 2


async def test_redirects_lead_to_the_trap(store: PracticeStore) -> None:
    """The hostile variant redirects everything to another host, which remembers who came."""
    vendor = PracticeSellgate(store, variant(hostile=True, redirects=True))

    async with asking(vendor, HEADERS) as client:
        answer = await client.get("/v1/tickets?page=1")
        assert answer.status_code == 307
        assert answer.headers["location"] == f"http://localhost:{vendor.trap.port}/v1/tickets?page=1"
        assert vendor.trap.seen == []
        assert (await client.get(answer.headers["location"])).json() == {}
        assert len(vendor.trap.seen) == 1


async def test_the_wire_can_lose_an_answer(store: PracticeStore) -> None:
    """A fault on the wire loses the answer after the reply was said: the case that must never be said twice."""
    vendor = PracticeSellgate(store)
    ticket = store.customer_writes("help", "It broke")

    async with vendor, httpx.AsyncClient(base_url=vendor.base_url, headers=HEADERS) as client:
        vendor.http_server.fail("lose", method="POST")
        with pytest.raises(httpx.TransportError):
            await client.post(f"/v1/tickets/{ticket}", json={"message": "Try again"})
        assert vendor.http_server.seen[-1].status == 201
    assert [message.text for message in store.ticket(ticket).messages] == ["It broke", "Try again"]
