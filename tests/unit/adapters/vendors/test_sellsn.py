"""SellSN: who wrote, what a number means, where pages begin."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from adapters.vendors.client.paging import Page, PageNumbering
from adapters.vendors.sellsn.people import KnownNames
from adapters.vendors.sellsn.reading import (
    WireTicket,
    error_status,
    fingerprint,
    messages_of,
    new_message_id,
    status_of,
    ticket_of,
)
from adapters.vendors.sellsn.settings import SellsnSettings
from adapters.vendors.sellsn.vendor import Sellsn
from bot.errors import Rejected, Unavailable, Uncertain, Unsupported
from bot.model import Author, Change, Customer, Learned, Status, Ticket, TicketId
from tests.support.vendors.client import Server, tools
from tests.support.vendors.remembered import Remembered

ID = "123e4567-e89b-12d3-a456-426614174000"


def entry(number: int, name: str | None, text: str = "text") -> dict[str, Any]:
    return {"id": f"e{number}", "dateCreated": f"2025-10-24T02:52:{number:02}.464Z", "message": text, "name": name}


def wire(*entries: dict[str, Any], **fields: Any) -> WireTicket:
    whole: dict[str, Any] = {
        "id": ID,
        "dateCreated": "2025-10-24T02:52:00.000Z",
        "subject": "text",
        "status": 0,
        "targetStore": {"name": "Key Shop", "featuredProduct": {"store": "[Circular Reference]"}},
        "owner": {"id": ID, "emailAddress": "jane@x.example", "linkedIntegrations": ["text"]},
        "entries": list(entries),
    }
    return WireTicket.model_validate(whole | fields)


def authors(read: WireTicket, staff: tuple[str, ...] = (), ours: tuple[str, ...] = ()) -> list[str]:
    names = KnownNames(staff=frozenset(staff), store=frozenset({"key shop"}))
    return [message.author.value[0] for message in messages_of(read, names, ours)]


@pytest.mark.parametrize(
    ("names", "staff", "ours", "expected"),
    [
        (("jane@x.example", "Sam", "JANE@x.example"), (), (), "cuc"),
        (("jane", "sam", "jane"), ("sam",), (), "csc"),
        (("Jane Doe", "Sam", "Jane Doe", "Kim"), ("sam",), (), "cscu"),
        (("Jane Doe", "Key Shop", "Jane Doe"), (), (), "cuc"),
        (("Key Shop", "Key Shop", "Sam"), ("sam",), (), "cus"),
        (("Sam", "Sam"), ("sam",), (), "cu"),
        (("Jane Doe", "Somebody"), (), ("e1",), "cs"),
        ((None, None, "jane"), (), (), "cuc"),
        (("Key Shop", "jane", "Key Shop"), ("key shop",), (), "ccu"),
        (("Shop", "jane", "Shop"), (), ("e0", "e2"), "scs"),
    ],
)
def test_who_wrote(names: tuple[str | None, ...], staff: tuple[str, ...], ours: tuple[str, ...], expected: str) -> None:
    """Ours are staff, our names are staff, the owner and the opener the customer; the store's name is nobody's."""
    read = wire(*(entry(number, name) for number, name in enumerate(names)))
    assert "".join(authors(read, staff, ours)) == expected


def test_an_owner_left_out_is_known_by_opening() -> None:
    """Where the owner is a circular reference, whoever opened the ticket is the customer."""
    read = wire(entry(0, "jane@x.example"), entry(1, "Sam"), entry(2, "jane@x.example"), owner="[Circular Reference]")
    assert authors(read) == ["c", "u", "c"]


def test_a_ticket() -> None:
    """It was updated when its last entry was written; its customer is the owner, by name where they have one."""
    read = wire(entry(5, "Jane Doe"), entry(9, "Sam"))
    ticket = ticket_of(read, messages_of(read, KnownNames(), ()), {1})
    assert ticket.customer == Customer(name="Jane Doe", email="jane@x.example")
    assert ticket.updated_at == datetime(2025, 10, 24, 2, 52, 9, 464_000, tzinfo=UTC)
    assert (ticket.status, ticket.status_word) == (Status.OPEN, None)
    unnamed = wire(entry(5, "jane"))
    assert ticket_of(unnamed, messages_of(unnamed, KnownNames(), ()), ()).customer.name is None


@pytest.mark.parametrize(
    ("number", "closed", "status"),
    [(0, (), None), (0, (1, 2), Status.OPEN), (2, (1, 2), Status.CLOSED), (0, (0,), Status.CLOSED), (None, (1,), None)],
)
def test_status_numbers(number: int | None, closed: tuple[int, ...], status: Status | None) -> None:
    """A number means nothing until somebody says which ones mean closed."""
    assert status_of(number, closed) is status


def test_fingerprints() -> None:
    """A fingerprint moves with status and entries, and not with their order."""
    one, two = entry(1, "jane"), entry(2, "Sam")
    assert fingerprint(wire(one, two)) == fingerprint(wire(two, one))
    others = [wire(one), wire(one, entry(2, "Sam", "edited")), wire(one, two, status=1), wire(one, entry(3, "Sam"))]
    assert fingerprint(wire(one, two)) not in {fingerprint(other) for other in others}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"success": True, "data": {"id": ID, "entries": [entry(1, "jane", "Hi"), entry(2, "x", "Done ")]}}, "e2"),
        ({"success": True, "data": {"id": ID, "entries": [entry(2, "x", "Done"), entry(1, "jane", "Hi")]}}, "e2"),
        ({"success": True, "data": {"id": ID, "entries": [entry(1, "jane", "Hi")]}}, None),
        ({"success": True, "data": {"id": ID, "entries": [entry(1, "jane", "Done")]}}, None),
        ({"success": True, "data": None}, None),
        ({"id": ID, "entries": [entry(1, "jane", "Hi"), entry(2, "x", "Done")]}, "e2"),
        ({"id": ID, "entries": "[Circular Reference]"}, None),
        (None, None),
    ],
)
def test_the_id_of_a_reply(value: Any, found: str | None) -> None:
    """The newest entry is the reply if it says the same; without one the reply counts as sent all the same."""
    assert new_message_id(value, "Done") == found


@pytest.mark.parametrize("value", [{"success": True}, {"data": None}, {"ok": True}, {}, [], "ok", True])
def test_a_reply_is_in_doubt_after_an_answer_of_another_shape(value: Any) -> None:
    """SellSN answers with its envelope; whatever else says 200 may not be SellSN."""
    with pytest.raises(Uncertain):
        new_message_id(value, "Done")


def test_a_refusal_within_200() -> None:
    """The envelope decides."""
    assert error_status({"success": False, "message": "no"}) == 400
    others: list[Any] = [{"success": True}, {}, [], None]
    assert [error_status(value) for value in others] == [None] * 4


def answering(answer: Callable[[httpx.Request], tuple[int, Any]], requests: list[str]) -> Server:
    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(f"{request.method} {request.url.path}")
        status, body = answer(request)
        return httpx.Response(status, content=b"" if body is None else json.dumps(body).encode())

    return serve


def store(server: Server, **settings: str) -> Sellsn:
    return Sellsn(SellsnSettings.model_validate({"api_key": "k", "store_id": "s", **settings}), tools(server))


async def test_closing_teaches_what_closed_means() -> None:
    """A number that a ticket has only after it was closed means closed, from then on for all."""
    status = 3
    requests: list[str] = []

    def answer(request: httpx.Request) -> tuple[int, Any]:
        nonlocal status
        if request.method == "DELETE":
            status = 7
            return 200, {"success": True, "message": "", "data": None}
        return 200, {
            "success": True,
            "data": wire(entry(1, "jane")).model_dump(mode="json", by_alias=True) | {"status": status},
        }

    vendor = store(answering(answer, requests))
    assert (await vendor.ticket(TicketId(ID))).ticket.status is None
    await vendor.set_status(TicketId(ID), Status.CLOSED)
    assert (await vendor.ticket(TicketId(ID))).ticket.status is Status.CLOSED
    before = len(requests)
    await vendor.set_status(TicketId(ID), Status.CLOSED)
    assert [each.split()[0] for each in requests[before:]] == ["GET", "DELETE", "GET"]
    assert vendor.learned == Learned(value="7", evidence="status 3 became 7 when a ticket was closed")
    await vendor.aclose()


def numbered(*statuses: int) -> tuple[Sellsn, list[int]]:
    """A store whose ticket has the first number, and the next one after each closing."""
    left = list(statuses)

    def answer(request: httpx.Request) -> tuple[int, Any]:
        if request.method == "DELETE":
            left.pop(0)
        return 200, {"success": True, "data": {"id": ID, "status": left[0], "entries": []}}

    return store(answering(answer, [])), left


async def test_what_was_learned_is_remembered_until_it_is_contradicted() -> None:
    """A new process goes on with it; a closing that shows another number replaces it."""
    vendor, _ = numbered(0, 7, 9)
    vendor.remember(Learned(value="7", evidence="earlier"))
    assert (await vendor.ticket(TicketId(ID))).ticket.status is Status.OPEN
    await vendor.set_status(TicketId(ID), Status.CLOSED)
    assert vendor.learned == Learned(value="7", evidence="earlier")
    assert (await vendor.ticket(TicketId(ID))).ticket.status is Status.CLOSED
    await vendor.set_status(TicketId(ID), Status.CLOSED)
    assert vendor.learned == Learned(value="9", evidence="status 7 became 9 when a ticket was closed")
    await vendor.aclose()


@pytest.mark.parametrize("value", ["", "seven", "7;8", "-1", "9" * 30, "7,"])
async def test_what_is_not_understood_is_not_remembered(value: str) -> None:
    """Another version may have written it; then it is learned anew."""
    vendor, _ = numbered(0)
    vendor.remember(Learned(value=value, evidence=""))
    assert vendor.learned is None
    assert (await vendor.ticket(TicketId(ID))).ticket.status is None
    await vendor.aclose()


async def test_check_tells_what_was_learned() -> None:
    """And that nothing was, with the setting that says it; nothing where the settings do."""
    vendor, _ = numbered(0)
    nothing = vendor.about_learned(None)
    known = vendor.about_learned(Learned(value="7", evidence="status 0 became 7 when a ticket was closed"))
    assert nothing is not None
    assert known is not None
    assert "CLOSED_STATUSES says it at once" in nothing.text
    assert known.text == "status 7 means closed: status 0 became 7 when a ticket was closed"
    await vendor.aclose()


async def test_a_number_that_does_not_move_teaches_nothing() -> None:
    """Where closing does not show in the number, no number is taken for closed."""
    vendor = store(
        answering(lambda _request: (200, {"success": True, "data": {"id": ID, "status": 0, "entries": []}}), [])
    )
    await vendor.set_status(TicketId(ID), Status.CLOSED)
    assert (await vendor.ticket(TicketId(ID))).ticket.status is None
    await vendor.aclose()


async def test_closing_what_is_not_found_any_more_is_done() -> None:
    """A closed ticket may not be found any more; closing it again does no harm."""
    vendor = store(answering(lambda _request: (404, {"success": False}), []))
    await vendor.set_status(TicketId(ID), Status.CLOSED)
    await vendor.aclose()


@pytest.mark.parametrize("settings", [{}, {"closed_statuses": "7"}])
async def test_one_wrong_404_closes_nothing(settings: dict[str, str]) -> None:
    """A ticket that is shown a moment later is neither gone nor closed, unless it is shown as closed."""
    status = 3

    def answer(request: httpx.Request) -> tuple[int, Any]:
        shown = wire(entry(1, "jane")).model_dump(mode="json", by_alias=True) | {"status": status}
        return (404, {"success": False}) if request.method == "DELETE" else (200, {"success": True, "data": shown})

    vendor = store(answering(answer, []), **settings)
    with pytest.raises(Unavailable):
        await vendor.set_status(TicketId(ID), Status.CLOSED)
    status = 7
    if settings:
        await vendor.set_status(TicketId(ID), Status.CLOSED)
    await vendor.aclose()


async def test_reopening_is_not_offered() -> None:
    """Nothing is sent, and the agent reads what to do instead."""
    requests: list[str] = []

    vendor = store(answering(lambda _request: (500, None), requests))
    with pytest.raises(Unsupported, match="dashboard"):
        await vendor.set_status(TicketId(ID), Status.OPEN)
    await vendor.aclose()
    assert requests == []


async def test_a_number_is_no_ticket() -> None:
    """
    The same address lists a page where a number stands, so that a number is never asked for as a ticket.

    That does not mean that there is none: it is neither gone nor closed.
    """
    vendor = store(answering(lambda _request: (200, {"success": True, "data": []}), []))
    with pytest.raises(Rejected):
        await vendor.ticket(TicketId("1"))
    with pytest.raises(Rejected):
        await vendor.set_status(TicketId("1"), Status.CLOSED)
    await vendor.aclose()


def test_settings_are_lists_and_numbers() -> None:
    """Closed statuses and names come with commas; what is no number is refused."""
    base = {"api_key": "k", "store_id": "s"}
    settings = SellsnSettings.model_validate(
        base | {"closed_statuses": "2, 3", "staff_names": "Sam,Kim", "first_page": "1"}
    )
    assert (settings.closed_statuses, settings.staff_names, settings.first_page) == ((2, 3), ("Sam", "Kim"), 1)
    for wrong in ({"closed_statuses": "two"}, {"first_page": "2"}, {"page_size": "0"}, {"store_id": "a/b"}):
        with pytest.raises(ValidationError):
            SellsnSettings.model_validate(base | wrong)


class Shelf:
    """Pages of ten under numbers from `first`; what is outside is refused, empty, or the nearest."""

    def __init__(self, count: int, first: int, outside: str) -> None:
        self.pages = -(-count // 10)
        self.first = first
        self.outside = outside
        self.asked: list[int] = []

    async def fetch(self, number: int) -> Page | None:
        self.asked.append(number)
        last = self.first + max(1, self.pages) - 1
        if not self.first <= number <= last:
            if self.outside == "refused":
                return None
            if self.outside == "empty":
                return Page(changes=(), pages=self.pages)
            number = min(max(number, self.first), last)
        change = Change(ticket=Ticket(id=TicketId(str(number - self.first))), fingerprint="f")
        return Page(changes=(change,) if self.pages else (), pages=self.pages)


@pytest.mark.parametrize("outside", ["refused", "empty", "nearest"])
@pytest.mark.parametrize("first", [0, 1])
async def test_where_pages_begin_is_found_out(first: int, outside: str) -> None:
    """Whatever a page outside the list answers, the first page is the first, also when a list grows from nothing."""
    numbering = PageNumbering(None)

    for count in (0, 7, 25, 31):
        shelf = Shelf(count, first, outside)
        for page in range(1, shelf.pages + 1):
            read = await numbering.read(page, shelf.fetch)
            assert read is not None
            assert [change.ticket.id for change in read.changes] == [str(page - 1)]
    shelf.asked.clear()
    await numbering.read(1, shelf.fetch)
    assert shelf.asked == [first]


@pytest.mark.parametrize("settings", [{}, {"first_page": "1"}])
async def test_a_list_that_is_refused_is_no_empty_one(settings: dict[str, str]) -> None:
    """As where the store's id is a wrong one: nobody would ever see a ticket, and nothing would say why."""
    vendor = store(lambda _request: httpx.Response(404, json={"success": False}), **settings)
    with pytest.raises(Unavailable, match=r"does not list this store's tickets.*STORE_ID"):
        assert [change async for change in vendor.changes(Remembered())] == []
    await vendor.aclose()


async def test_a_set_first_page_is_not_doubted() -> None:
    """What the operator says is asked for at once."""
    shelf = Shelf(25, 1, "nearest")
    await PageNumbering(1).read(1, shelf.fetch)
    assert shelf.asked == [1]


def test_unknown_writers_have_their_names() -> None:
    """Who is neither is shown by name."""
    (_first, second) = messages_of(wire(entry(1, "jane"), entry(2, "Kim")), KnownNames(), ())
    assert (second.author, second.author_name) == (Author.UNKNOWN, "Kim")
