from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from bot.sandbox.vendors import PracticeStore
from bot.sandbox.vendors.sellsn import CIRCULAR, KEY, STORE_ID, USER_EMAIL, USER_NAME, PracticeSellsn
from bot.sandbox.vendors.sellsn_variants import SellsnVariant
from tests.support.practice.vendors import asking

HEADERS = {"Authorization": f"Bearer {KEY}"}
NOBODY = UUID(int=4)
"""An id that nothing has; the same in every process that collects these tests."""
TICKETS = f"/stores/{STORE_ID}/tickets"


def variant(**fields: Any) -> SellsnVariant:
    return SellsnVariant(name="test", **fields)


async def test_a_list_embeds_entries_store_and_owner(store: PracticeStore) -> None:
    """A list page tells the number of pages; each ticket has the documented parts, its entries among them."""
    vendor = PracticeSellsn(store)
    ids = [store.customer_writes(f"ticket {number}", "It broke") for number in range(3)]

    async with asking(vendor, HEADERS) as client:
        body = (await client.get(f"{TICKETS}/0?count=2")).json()
        assert set(body) == {"success", "pages", "data"}
        assert (body["success"], body["pages"], [ticket["id"] for ticket in body["data"]]) == (True, 2, ids[:2])
        ticket = body["data"][0]
        assert set(ticket) == {"id", "dateCreated", "subject", "status", "targetStore", "owner", "entries"}
        assert (ticket["status"], ticket["dateCreated"]) == (0, "2026-03-01T12:00:00.000Z")
        assert ticket["owner"]["emailAddress"] == "jane@example.com"
        assert ticket["targetStore"]["featuredProduct"]["store"] == CIRCULAR
        entry = ticket["entries"][0]
        assert set(entry) == {"id", "dateCreated", "message", "name"}
        assert (entry["message"], entry["name"]) == ("It broke", "jane@example.com")
        single = (await client.get(f"{TICKETS}/{ids[0]}")).json()
        assert (single["success"], single["data"]) == (True, ticket)
        assert [row["id"] for row in (await client.get(f"{TICKETS}/1?count=2")).json()["data"]] == ids[2:]
        assert (await client.get(f"{TICKETS}/2?count=2")).json()["data"] == []


async def test_a_put_replies_and_a_delete_closes(store: PracticeStore) -> None:
    """PUT answers 201 with the whole ticket, DELETE closes it, and there is no way to open it again."""
    vendor = PracticeSellsn(store)
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        reply = await client.put(f"{TICKETS}/{ticket}", json={"message": "Try again"})
        assert reply.status_code == 201
        said = reply.json()["data"]["entries"]
        assert [(entry["message"], entry["name"]) for entry in said] == [
            ("It broke", "jane@example.com"),
            ("Try again", USER_NAME),
        ]
        closed = await client.delete(f"{TICKETS}/{ticket}")
        assert (closed.status_code, closed.json()["success"], closed.json()["data"]) == (200, True, None)
        assert store.ticket(ticket).closed
        assert (await client.get(f"{TICKETS}/{ticket}")).json()["data"]["status"] == 1
        assert (await client.delete(f"{TICKETS}/{ticket}")).status_code == 200
        assert (await client.patch(f"{TICKETS}/{ticket}", json={"status": 0})).status_code == 405
        assert vendor.destroyed == []


async def test_the_key_knows_its_user_and_store(store: PracticeStore) -> None:
    """`GET /user` and `GET /stores/{id}` tell who the key belongs to."""
    async with asking(PracticeSellsn(store), HEADERS) as client:
        user = (await client.get("/user")).json()["data"]
        assert (user["userName"], user["email"], user["stores"][0]["id"]) == (USER_NAME, USER_EMAIL, STORE_ID)
        assert (await client.get(f"/stores/{STORE_ID}")).json()["data"]["name"] == "Practice store"
        assert (await client.get(f"/stores/{NOBODY}")).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Authorization": KEY}, {"Authorization": "Bearer wrong"}])
async def test_a_wrong_key_is_refused(headers: dict[str, str], store: PracticeStore) -> None:
    """Whoever does not bring the key as Bearer gets 401 in the documented envelope."""
    async with asking(PracticeSellsn(store), headers) as client:
        answer = await client.get(f"{TICKETS}/0")
        assert (answer.status_code, answer.json()["success"]) == (401, False)


async def test_a_missing_scope_is_refused(store: PracticeStore) -> None:
    """Each call wants its scope: 403 where the key lacks it, and nothing happens."""
    vendor = PracticeSellsn(store)
    vendor.withheld = frozenset({"Scopes.UpdateTickets", "Scopes.DeleteTickets"})
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        assert (await client.get(f"{TICKETS}/0")).status_code == 200
        assert (await client.put(f"{TICKETS}/{ticket}", json={"message": "text"})).status_code == 403
        assert (await client.delete(f"{TICKETS}/{ticket}")).status_code == 403
        vendor.withheld = frozenset({"Scopes.ViewTickets"})
        assert (await client.get(f"{TICKETS}/0")).status_code == 403
    assert (store.ticket(ticket).closed, len(store.ticket(ticket).messages)) == (False, 1)


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/tickets", {}, 404),
        ("GET", TICKETS, {}, 404),
        ("GET", f"/stores/{NOBODY}/tickets/0", {}, 404),
        ("GET", f"{TICKETS}/{NOBODY}", {}, 404),
        ("PUT", f"{TICKETS}/{NOBODY}", {"json": {"message": "text"}}, 404),
        ("DELETE", f"{TICKETS}/{NOBODY}", {}, 404),
        ("GET", f"{TICKETS}/first", {}, 400),
        ("GET", f"{TICKETS}/0?count=0", {}, 400),
        ("GET", f"{TICKETS}/0?count=many", {}, 400),
        ("POST", f"{TICKETS}/{{id}}", {"json": {"message": "text"}}, 405),
        ("PUT", f"{TICKETS}/{{id}}", {"json": {"message": ""}}, 400),
        ("PUT", f"{TICKETS}/{{id}}", {"json": {"content": "text"}}, 400),
        ("PUT", f"{TICKETS}/{{id}}", {"data": {"message": "text"}}, 415),
        ("GET", f"{TICKETS}/0", {"headers": {"Accept": "text/html"}}, 406),
    ],
)
async def test_what_the_api_does_not_offer_is_refused(
    method: str, path: str, options: dict[str, Any], status: int, store: PracticeStore
) -> None:
    """Unknown paths, wrong methods and wrong bodies are refused in the envelope, and change nothing."""
    vendor = PracticeSellsn(store)
    ticket = store.customer_writes("help", "It broke")
    before = store.ticket(ticket)

    async with asking(vendor, HEADERS) as client:
        answer = await client.request(method, path.format(id=ticket), **options)
        assert answer.status_code == status
        assert answer.json()["success"] is False
    assert store.tickets() == (before,)


@pytest.mark.parametrize(
    ("outside", "status", "shown"),
    [("empty", 200, []), ("nearest", 200, [0]), ("invalid", 400, None), ("missing", 404, None)],
)
async def test_pages_can_begin_with_one(outside: Any, status: int, shown: Any, store: PracticeStore) -> None:
    """Where pages begin with one, page 0 is answered in each way, and so is a page after the last."""
    vendor = PracticeSellsn(store, variant(first_page=1, outside=outside))
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        first = await client.get(f"{TICKETS}/1")
        assert [row["id"] for row in first.json()["data"]] == [ticket]
        for page in (0, 2):
            answer = await client.get(f"{TICKETS}/{page}")
            assert answer.status_code == status
            ids = [row["id"] for row in answer.json()["data"]] if shown is not None else None
            assert ids == (None if shown is None else [ticket for _ in shown])


async def test_status_numbers_vary(store: PracticeStore) -> None:
    """The numbers for waiting, answered and closed are the variant's."""
    vendor = PracticeSellsn(store, variant(statuses=(5, 6, 7)))
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:

        async def status() -> int:
            return int((await client.get(f"{TICKETS}/{ticket}")).json()["data"]["status"])

        assert await status() == 5
        store.staff_replies(ticket, "Try again")
        assert await status() == 6
        await client.delete(f"{TICKETS}/{ticket}")
        assert await status() == 7


async def test_a_closed_ticket_can_leave_the_list_or_be_gone(store: PracticeStore) -> None:
    """After DELETE a ticket is listed, or only found by its id, or not found; a customer's message brings it back."""
    for after, listed, found in (("listed", 1, 200), ("unlisted", 0, 200), ("gone", 0, 404)):
        fresh = PracticeStore(store.now)
        vendor = PracticeSellsn(fresh, variant(after_delete=after, delete_answers=False))
        ticket = fresh.customer_writes("help", "It broke")

        async with asking(vendor, HEADERS) as client:
            closed = await client.delete(f"{TICKETS}/{ticket}")
            assert (closed.status_code, closed.content) == (204, b"")
            assert len((await client.get(f"{TICKETS}/0")).json()["data"]) == listed
            assert (await client.get(f"{TICKETS}/{ticket}")).status_code == found
            again = 204 if found == 200 else 404
            assert (await client.delete(f"{TICKETS}/{ticket}")).status_code == again
            fresh.customer_replies(ticket, "Still broken")
            assert (await client.get(f"{TICKETS}/{ticket}")).status_code == 200


@pytest.mark.parametrize(
    ("answer", "status", "entries"),
    [("ticket", 201, 2), ("ticket", 200, 2), ("stale", 201, 1), ("no data", 201, None), ("nothing", 204, None)],
)
async def test_a_reply_answers_in_each_form(
    answer: Any, status: Any, entries: int | None, store: PracticeStore
) -> None:
    """Whatever a reply answers, it was said."""
    vendor = PracticeSellsn(store, variant(reply_answer=answer, reply_status=status))
    ticket = store.customer_writes("help", "It broke")

    async with asking(vendor, HEADERS) as client:
        reply = await client.put(f"{TICKETS}/{ticket}", json={"message": "Try again"})
        assert reply.status_code == status
        data = reply.json()["data"] if reply.content else None
        assert (len(data["entries"]) if data else None) == entries
    assert [message.text for message in store.ticket(ticket).messages] == ["It broke", "Try again"]


@pytest.mark.parametrize(
    ("names", "customer", "own"),
    [
        ("address", "jane@example.com", USER_NAME),
        ("local part", "jane", USER_EMAIL),
        ("display", "Jane Doe", "Practice store"),
    ],
)
async def test_entries_name_their_writers_differently(
    names: Any, customer: str, own: str, store: PracticeStore
) -> None:
    """The name on an entry is all there is about its writer, and what stands in it varies; so does the order."""
    vendor = PracticeSellsn(store, variant(names=names, newest_entry_first=True))
    ticket = store.customer_writes("help", "It broke")
    store.staff_replies(ticket, "A moment", name="Sam")

    async with asking(vendor, HEADERS) as client:
        reply = await client.put(f"{TICKETS}/{ticket}", json={"message": "Try again"})
        assert [entry["name"] for entry in reply.json()["data"]["entries"]] == [own, "Sam", customer]


async def test_circular_references_can_be_everywhere(store: PracticeStore) -> None:
    """What was written once in an answer is only referred to from then on, by a text that refers to nothing."""
    vendor = PracticeSellsn(store, variant(circular="everywhere"))
    store.customer_writes("one", "text")
    store.customer_writes("two", "text")

    async with asking(vendor, HEADERS) as client:
        first, second = (await client.get(f"{TICKETS}/0")).json()["data"]
        assert first["owner"]["emailAddress"] == "jane@example.com"
        assert (second["targetStore"], second["owner"]) == (CIRCULAR, CIRCULAR)


async def test_a_closed_ticket_can_refuse_a_reply(store: PracticeStore) -> None:
    """The refusal names the field, as a name or as an object."""
    for form, wanted in (("names", ["status"]), ("objects", [{"field": "status", "message": "The ticket is closed."}])):
        fresh = PracticeStore(store.now)
        vendor = PracticeSellsn(fresh, variant(closed_refuses=True, invalid_fields=form))
        ticket = fresh.customer_writes("help", "It broke")
        fresh.close(ticket)

        async with asking(vendor, HEADERS) as client:
            answer = await client.put(f"{TICKETS}/{ticket}", json={"message": "Try again"})
            assert (answer.status_code, answer.json()["invalidFields"]) == (400, wanted)
        assert len(fresh.ticket(ticket).messages) == 1


async def test_small_pages_are_noticed_by_the_number_of_pages(store: PracticeStore) -> None:
    """With capped pages, `pages` counts those that really come."""
    vendor = PracticeSellsn(store, variant(page_cap=2))
    for number in range(5):
        store.customer_writes(f"ticket {number}", "text")

    async with asking(vendor, HEADERS) as client:
        body = (await client.get(f"{TICKETS}/0?count=100")).json()
        assert (body["pages"], len(body["data"])) == (3, 2)


@pytest.mark.parametrize(("how", "told"), [("seconds", "1"), ("date", "Sun, 01 Mar 2026 12:00:01 GMT"), ("none", None)])
async def test_an_undocumented_quota_is_reported_in_each_way(
    how: Any, told: str | None, store: PracticeStore, clock: Any
) -> None:
    """Beyond an undocumented quota there is 429, with `Retry-After` as seconds, as a date, or not at all."""
    vendor = PracticeSellsn(
        store, next(each for each in PracticeSellsn.variants() if each.quota and each.retry_after == how)
    )

    async with asking(vendor, HEADERS) as client:
        answers = [await client.get(f"{TICKETS}/0") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[-1].headers.get("retry-after") == told
        clock.advance(1)
        assert (await client.get(f"{TICKETS}/0")).status_code == 200
