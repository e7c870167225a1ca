from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox.loopback_server import LoopbackServer
from bot.sandbox.vendors import PracticeStore
from bot.sandbox.vendors.lightspeed import KEY, SECRET, PracticeLightspeed
from bot.sandbox.vendors.lightspeed_variants import LightspeedVariant
from tests.support.practice.vendors import asking

HEADERS = {"Authorization": "Basic " + b64encode(f"{KEY}:{SECRET}".encode()).decode()}


def variant(**fields: Any) -> LightspeedVariant:
    return LightspeedVariant(name="test", **fields)


async def test_a_ticket_looks_as_documented(store: PracticeStore) -> None:
    """A ticket has exactly the documented fields, with `false` where an id is not set."""
    vendor = PracticeLightspeed(store)
    ticket = store.customer_writes("test ticket", "Where is it?")

    async with asking(vendor, HEADERS) as client:
        body = (await client.get(f"/en/tickets/{ticket}.json")).json()
        customer = body["ticket"]["customer"]["resource"]
        assert body == {
            "ticket": {
                "id": int(ticket),
                "createdAt": "2026-03-01T12:00:00+00:00",
                "updatedAt": "2026-03-01T12:00:00+00:00",
                "isAnswered": False,
                "isClosed": False,
                "isTodo": False,
                "subject": "test ticket",
                "memo": "",
                "doNotifyAnswered": False,
                "language": {"id": 18, "code": "us", "locale": "en_US", "title": "English (US)"},
                "customer": {
                    "resource": {
                        "id": customer["id"],
                        "url": f"customers/{customer['id']}",
                        "link": f"{vendor.base_url}/us/customers/{customer['id']}.json",
                    }
                },
                "messages": {
                    "resource": {
                        "id": False,
                        "url": f"tickets/{ticket}/messages",
                        "link": f"{vendor.base_url}/us/tickets/{ticket}/messages.json",
                    }
                },
            }
        }
        assert (await client.get("/en/tickets.json")).json() == {"tickets": [body["ticket"]]}
        assert (await client.get(f"/en/customers/{customer['id']}.json")).json()["customer"] == {
            "id": customer["id"],
            "email": "jane@example.com",
            "firstname": "Jane",
            "lastname": "Doe",
        }


async def test_messages_are_written_and_read(store: PracticeStore) -> None:
    """A new message is the shop's unless it says otherwise, and stands in the ticket's messages and their count."""
    vendor = PracticeLightspeed(store)
    ticket = store.customer_writes("test ticket", "Where is it?")
    path = f"/en/tickets/{ticket}/messages"

    async with asking(vendor, HEADERS) as client:
        wanted = {"ticketMessage": {"message": "Your parcel left today.", "from": "shop"}}
        answer = await client.post(f"{path}.json", json=wanted)
        assert answer.status_code == 201
        said = answer.json()["ticketMessage"]
        assert (said["from"], said["message"], said["updatedAt"]) == ("shop", "Your parcel left today.", False)
        read = (await client.get(f"{path}.json")).json()["ticketMessages"]
        assert [message["from"] for message in read] == ["customer", "shop"]
        assert read[1] == said
        assert (await client.get(f"{path}/{said['id']}.json")).json() == {"ticketMessage": said}
        assert (await client.get(f"{path}/count.json")).json() == {"count": 2}
        assert (await client.get(f"{path}/1.json")).status_code == 404
        assert (await client.get(f"/en/tickets/{ticket}.json")).json()["ticket"]["isAnswered"] is True
        await client.post(f"{path}.json", json={"ticketMessage": {"message": "It is here!", "from": "customer"}})
        assert store.ticket(ticket).messages[-1].writer == "customer"


async def test_a_put_changes_what_it_names_only(store: PracticeStore) -> None:
    """Closing, reopening, the memo and the flags change alone, as JSON and as a form."""
    vendor = PracticeLightspeed(store)
    ticket = store.customer_writes("test ticket", "Where is it?")
    path = f"/en/tickets/{ticket}.json"

    async with asking(vendor, HEADERS) as client:

        async def put(**fields: Any) -> Any:
            return (await client.put(path, json={"ticket": fields})).json()["ticket"]

        assert (await put(isClosed=True))["isClosed"] is True
        assert store.ticket(ticket).closed
        assert (await put(memo="check the warehouse"))["memo"] == "check the warehouse"
        assert store.ticket(ticket).closed
        assert (await put(isClosed=False))["isClosed"] is False
        assert not store.ticket(ticket).closed
        read = await put(isAnswered=True)
        assert (read["isAnswered"], read["memo"], read["subject"]) == (True, "check the warehouse", "test ticket")
        store.customer_replies(ticket, "Hello?")
        assert (await client.get(path)).json()["ticket"]["isAnswered"] is False
        answer = await client.put(path, data={"ticket[isClosed]": "true", "ticket[subject]": "renamed"})
        assert (answer.json()["ticket"]["isClosed"], answer.json()["ticket"]["subject"]) == (True, "renamed")


async def test_a_delete_destroys(store: PracticeStore) -> None:
    """DELETE answers 204, the ticket is gone for good, and the server remembers who was destroyed."""
    vendor = PracticeLightspeed(store)
    ticket = store.customer_writes("test ticket", "Where is it?")

    async with asking(vendor, HEADERS) as client:
        answer = await client.delete(f"/en/tickets/{ticket}.json")
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await client.get(f"/en/tickets/{ticket}.json")).status_code == 404
    assert (vendor.destroyed, store.tickets()) == ([ticket], ())


async def test_lists_are_filtered_and_counted(store: PracticeStore, clock: Any) -> None:
    """`since_id`, `email`, the times of creation, `limit` and `page` narrow the list, and the count alike."""
    vendor = PracticeLightspeed(store)
    ids = []
    for number in range(4):
        ids.append(int(store.customer_writes(f"ticket {number}", "text", email=f"{number % 2}@example.com")))
        clock.advance(60)
    queries: list[tuple[dict[str, str | int], list[int]]] = [
        ({}, [0, 1, 2, 3]),
        ({"since_id": ids[1]}, [2, 3]),
        ({"email": "1@example.com"}, [1, 3]),
        ({"created_at_min": "2026-03-01 12:01:00", "created_at_max": "2026-03-01 12:02:00"}, [1, 2]),
    ]

    async with asking(vendor, HEADERS) as client:
        for query, wanted in queries:
            read = (await client.get("/en/tickets.json", params=query)).json()["tickets"]
            assert [ticket["id"] for ticket in read] == [ids[number] for number in wanted]
            assert (await client.get("/en/tickets/count.json", params=query)).json() == {"count": len(wanted)}
        second = (await client.get("/en/tickets.json", params={"limit": 3, "page": 2})).json()["tickets"]
        assert [ticket["id"] for ticket in second] == [ids[3]]
        assert (await client.get("/en/tickets.json", params={"limit": 3, "page": 3})).json() == {"tickets": []}


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/en/tickets", {}, 404),
        ("GET", "/nl/tickets.json", {}, 404),
        ("GET", "/en/tickets/1.json", {}, 404),
        ("GET", "/en/tickets/1/messages.json", {}, 404),
        ("POST", "/en/tickets/1/messages.json", {"json": {"ticketMessage": {"message": "text"}}}, 404),
        ("PUT", "/en/tickets/1.json", {"json": {"ticket": {"isClosed": True}}}, 404),
        ("GET", "/en/customers/1.json", {}, 404),
        ("PATCH", "/en/tickets/{id}.json", {"json": {}}, 405),
        ("PUT", "/en/tickets/{id}/messages.json", {"json": {}}, 405),
        ("GET", "/en/tickets.json?limit=251", {}, 422),
        ("GET", "/en/tickets.json?page=0", {}, 422),
        ("GET", "/en/tickets.json?since_id=x", {}, 422),
        ("GET", "/en/tickets.json?created_at_min=2026-03-01T12:00:00Z", {}, 422),
        ("PUT", "/en/tickets/{id}.json", {"json": {"isClosed": True}}, 422),
        ("PUT", "/en/tickets/{id}.json", {"json": {"ticket": {}}}, 422),
        ("PUT", "/en/tickets/{id}.json", {"json": {"ticket": {"isClosed": "yes"}}}, 422),
        ("PUT", "/en/tickets/{id}.json", {"json": {"ticket": {"closed": True}}}, 422),
        ("POST", "/en/tickets/{id}/messages.json", {"json": {"message": "text"}}, 422),
        ("POST", "/en/tickets/{id}/messages.json", {"json": {"ticketMessage": {"message": "  "}}}, 422),
        ("POST", "/en/tickets/{id}/messages.json", {"json": {"ticketMessage": {"message": "t", "from": "me"}}}, 422),
        ("POST", "/en/tickets/{id}/messages.json", {"content": "text"}, 415),
    ],
)
async def test_what_the_api_does_not_offer_is_refused(
    method: str, path: str, options: dict[str, Any], status: int, store: PracticeStore
) -> None:
    """Unknown paths, wrong methods and wrong bodies are refused in the documented form, and change nothing."""
    vendor = PracticeLightspeed(store)
    ticket = store.customer_writes("help", "It broke")
    before = store.ticket(ticket)

    async with asking(vendor, HEADERS) as client:
        answer = await client.request(method, path.format(id=ticket), **options)
        assert answer.status_code == status
        error = answer.json()["error"]
        assert (error["code"], error["method"]) == (status, method)
        assert error["message"]
    assert store.tickets() == (before,)


@pytest.mark.parametrize("headers", [{}, {"Authorization": f"Bearer {KEY}"}, {"Authorization": "Basic eDp5"}])
async def test_wrong_credentials_are_refused(headers: dict[str, str], store: PracticeStore) -> None:
    """Only Basic with the key and the secret comes in; a refused login costs nothing of the quota."""
    vendor = PracticeLightspeed(store)

    async with asking(vendor, headers) as client:
        answer = await client.get("/en/tickets.json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, 401)
        assert answer.headers["x-ratelimit-remaining"] == "300/3000/12000"


async def test_the_documented_windows_are_kept(store: PracticeStore, clock: Any) -> None:
    """The headers tell the three windows; twenty requests a second and three hundred in five minutes, and no more."""
    vendor = PracticeLightspeed(store)

    async with asking(vendor, HEADERS) as client:
        answer = await client.get("/en/tickets.json")
        assert answer.headers["x-ratelimit-limit"] == "300/3000/12000"
        assert answer.headers["x-ratelimit-remaining"] == "299/2999/11999"
        assert answer.headers["x-ratelimit-reset"] == "300/3600/86400"
        statuses = [(await client.get("/en/tickets.json")).status_code for _ in range(20)]
        assert statuses == [200] * 19 + [429]
        for _ in range(14):
            clock.advance(1)
            for _request in range(20):
                assert (await client.get("/en/tickets.json")).status_code == 200
        clock.advance(1)
        refused = await client.get("/en/tickets.json")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, 429)
        assert refused.headers["x-ratelimit-remaining"] == "0/2700/11700"
        assert refused.headers["x-ratelimit-reset"] == "285/3585/86385"
        assert "retry-after" not in refused.headers
        figures = (await client.get("/en/account/ratelimit.json")).json()["error"]
        assert figures["code"] == 429
        clock.advance(285)
        read = (await client.get("/en/account/ratelimit.json")).json()["accountRatelimit"]
        assert read["limit5Min"] == {"limit": 300, "remaining": 299, "reset": 300}
        assert read["limitDay"]["remaining"] == 11699


async def test_the_quota_can_be_another(store: PracticeStore) -> None:
    """A test that is about something else asks for no quota, and gets no headers about one."""
    async with asking(PracticeLightspeed(store, quotas=()), HEADERS) as client:
        for _ in range(30):
            answer = await client.get("/en/tickets.json")
        assert answer.status_code == 200
        assert "x-ratelimit-limit" not in answer.headers


@pytest.mark.parametrize(
    ("answer", "status", "wanted"),
    [("bare message", 200, "Left today."), ("no id", 201, False), ("nothing", 201, None)],
)
async def test_a_message_answers_in_each_form(answer: Any, status: Any, wanted: Any, store: PracticeStore) -> None:
    """What a new message answers is not documented; each form arrives, and it is said in all of them."""
    vendor = PracticeLightspeed(store, variant(message_answer=answer, message_status=status))
    ticket = store.customer_writes("test ticket", "Where is it?")

    async with asking(vendor, HEADERS) as client:
        wire = {"ticketMessage": {"message": "Left today."}}
        reply = await client.post(f"/en/tickets/{ticket}/messages.json", json=wire)
        if answer == "nothing":
            assert (reply.status_code, reply.content) == (204, b"")
        elif answer == "no id":
            assert reply.json()["ticketMessage"]["id"] is wanted
        else:
            assert (reply.status_code, reply.json()["message"]) == (status, wanted)
    assert store.ticket(ticket).messages[-1].text == "Left today."


async def test_messages_can_come_newest_first_and_in_pages(store: PracticeStore) -> None:
    """Messages in the other order, and fifty at a time unless more are asked for."""
    vendor = PracticeLightspeed(store, variant(messages_newest_first=True, messages_page=50))
    ticket = store.customer_writes("test ticket", "0")
    for number in range(1, 60):
        store.customer_replies(ticket, str(number))

    async with asking(vendor, HEADERS) as client:
        path = f"/en/tickets/{ticket}/messages.json"
        first = (await client.get(path)).json()["ticketMessages"]
        assert [message["message"] for message in first] == [str(number) for number in range(59, 9, -1)]
        second = (await client.get(path, params={"page": 2})).json()["ticketMessages"]
        assert [message["message"] for message in second] == [str(number) for number in range(9, -1, -1)]
        assert len((await client.get(path, params={"limit": 250})).json()["ticketMessages"]) == 60


@pytest.mark.parametrize(("unset", "memo"), [("false", False), ("null", None), ("empty", "")])
async def test_guests_have_no_customer(unset: Any, memo: Any, store: PracticeStore) -> None:
    """A guest's ticket has no customer to look up, and a memo that was never written is written as such."""
    vendor = PracticeLightspeed(store, variant(unset=unset, guests=True, unset_memo=memo))
    store.customer_writes("test ticket", "Where is it?")

    async with asking(vendor, HEADERS) as client:
        ticket = (await client.get("/en/tickets.json")).json()["tickets"][0]
        assert (ticket["customer"], ticket["memo"]) == (memo, memo)


async def test_errors_can_come_in_a_200(store: PracticeStore) -> None:
    """A refused write with status 200 says so in its body only."""
    vendor = PracticeLightspeed(store, variant(errors_in_200=True, odd_words=True))
    ticket = store.customer_writes("test ticket", "Where is it?")

    async with asking(vendor, HEADERS) as client:
        answer = await client.put(f"/en/tickets/{ticket}.json", json={"ticket": {"isClosed": "maybe"}})
        assert (answer.status_code, answer.json()["error"]["code"]) == (200, 422)
        path = f"/en/tickets/{ticket}/messages.json"
        said = (await client.post(path, json={"ticketMessage": {"message": "text"}})).json()
        assert said["ticketMessage"]["from"] == "system"


async def test_a_customers_message_can_leave_the_ticket_untouched(store: PracticeStore, clock: Any) -> None:
    """Where a customer's message does not touch `updatedAt`, the messages alone tell of it."""
    vendor = PracticeLightspeed(store, variant(customer_touches=False))
    ticket = store.customer_writes("test ticket", "Where is it?")

    async with asking(vendor, HEADERS) as client:
        before = (await client.get(f"/en/tickets/{ticket}.json")).json()
        clock.advance(60)
        store.customer_replies(ticket, "Hello?")
        assert (await client.get(f"/en/tickets/{ticket}.json")).json() == before
        assert (await client.get(f"/en/tickets/{ticket}/messages/count.json")).json() == {"count": 2}


async def test_since_id_pages_shift_too(store: PracticeStore) -> None:
    """Between two pages by `since_id` a ticket that was just listed is closed; a list from the start begins anew."""
    vendor = PracticeLightspeed(store, variant(shift="close"))
    ids = [store.customer_writes(f"ticket {number}", "text") for number in range(3)]

    async with asking(vendor, HEADERS) as client:
        await client.get("/en/tickets.json", params={"limit": 2})
        await client.get("/en/tickets.json", params={"limit": 2})
        assert not store.ticket(ids[0]).closed
        await client.get("/en/tickets.json", params={"limit": 2, "since_id": ids[1]})
        assert store.ticket(ids[0]).closed


async def test_links_can_lead_elsewhere(store: PracticeStore) -> None:
    """The hostile variant's links point to another host."""
    vendor = PracticeLightspeed(store, variant(hostile=True, foreign_links=True))
    store.customer_writes("test ticket", "Where is it?")

    async with asking(vendor, HEADERS) as client:
        ticket = (await client.get("/en/tickets.json")).json()["tickets"][0]
        link = ticket["messages"]["resource"]["link"]
        assert link.startswith(f"http://localhost:{vendor.trap.port}/us/tickets/")
        await client.get(link)
        assert [exchange.path for exchange in vendor.trap.seen] == [f"/us/{ticket['messages']['resource']['url']}.json"]


async def test_a_webhook_is_posted(store: PracticeStore) -> None:
    """`send_webhook` posts the ticket with the documented headers and tells how it was answered."""
    vendor = PracticeLightspeed(store)
    ticket = store.customer_writes("test ticket", "Where is it?")

    async def take(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=202)

    ear = LoopbackServer([web.post("/hooks/main/secret", take)])
    await ear.start()
    try:
        async with vendor:
            assert await vendor.send_webhook(f"http://{ear.address}/hooks/main/secret", ticket) == 202
    finally:
        await ear.stop()
    heard = ear.seen[0]
    assert heard.headers["X-Event"] == "tickets/created"
    assert heard.body["ticket"]["id"] == int(ticket)
