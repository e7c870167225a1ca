"""
Every vendor's valid answers, with one value broken at a time, at every depth, in every way.

The answers are those of the practice servers; they are given again without a network. Whatever is broken in one ticket
of a list, or in one message, the others are there, and what is broken is shown or told.
"""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bot.errors import RemoteError
from bot.model import Change, LookedThrough, TicketId
from bot.ports import Vendor, VendorTools
from bot.sandbox.loopback_server import Exchange
from tests.support.clocks import ManualClock
from tests.support.vendors.remembered import Remembered
from tests.support.vendors.world import PLAIN, Case, World, world

every_vendor = pytest.mark.parametrize("case", PLAIN, ids=str)
Path = tuple[str | int, ...]

_DEEP = "@@deep@@"
_MISSING = object()


def _nested(depth: int) -> Any:
    value: Any = "x"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


BROKEN: dict[str, Any] = {
    "missing": _MISSING,
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "negative": -1,
    "a huge number": 10**400,
    "a number that overflows": float("1e308"),
    "not a number": float("nan"),
    "infinite": float("inf"),
    "a text": "what is this",
    "the text NaN": "NaN",
    "an empty text": "",
    "a lone surrogate": "a\ud800b",
    "a null character": "\0",
    "a large text": "x" * 300_000,
    "an empty list": [],
    "an empty object": {},
    "a list of nothing": [None],
    "a list of lists": [[["x"]]],
    "an object of another kind": {"hello": {"id": None}},
    "nested deep": _nested(200),
    "nested deeper than Python reads": _DEEP,
    "a date that is none": "2026-02-31T99:99:99Z",
}


SHORT = (
    "missing",
    "null",
    "negative",
    "a huge number",
    "not a number",
    "a lone surrogate",
    "an empty list",
    "nested deep",
)
every_way = pytest.mark.parametrize(
    "how", [how if how in SHORT else pytest.param(how, marks=pytest.mark.soak) for how in BROKEN]
)
"""All of them take minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """
    What a practice store answered, and the tickets that it has.

    Attributes:
        listing: The first page of its list.
        ticket: The answer with the ticket `tickets[1]`, and perhaps another one with its messages.
    """

    settings: dict[str, str]
    exchanges: Sequence[Exchange]
    tickets: Sequence[TicketId]
    listing: Exchange
    ticket: Sequence[Exchange]


async def record(case: Case) -> Recorded:
    """What the practice store answers; it is asked once for all tests."""
    if str(case) not in _RECORDED:
        _RECORDED[str(case)] = await _record(case)
    return _RECORDED[str(case)]


_RECORDED: dict[str, Recorded] = {}


async def _record(case: Case) -> Recorded:
    async with world(case) as here:
        made = here.write(3)
        for number in range(3):
            here.store.customer_replies(made[1], f"And another thing {number}")
        await here.sweep(full=True)
        listing = here.server.http_server.seen[0]
        before = here.requests()
        await here.vendor.ticket(made[1])
        seen = here.server.http_server.seen
        alone = [exchange for exchange in seen[before:] if made[1] in exchange.path]
        return Recorded(settings=_settings(here), exchanges=list(seen), tickets=made, listing=listing, ticket=alone)


def _settings(here: World) -> dict[str, str]:
    section = {name.lower(): value for name, value in here.server.settings.items()}
    return section | {"base_url": here.server.base_url, **here.subject.settings(here.variant)}


@asynccontextmanager
async def given_again(case: Case, recorded: Recorded, broken: Exchange, answer: Any) -> AsyncIterator[Vendor]:
    """The vendor's adapter before the recorded answers, of which one is another."""
    body = json.dumps(answer).replace(f'"{_DEEP}"', "[" * 100_000 + "]" * 100_000)
    inside = path_of(recorded.listing.answer, lambda value: isinstance(value, list) and len(value) == 3)
    empty = broken_at(recorded.listing.answer, inside, [])
    by_address = {(exchange.path, _page(exchange.query)): exchange for exchange in reversed(recorded.exchanges)}

    def serve(request: httpx.Request) -> httpx.Response:
        address = request.url.path, _page(dict(request.url.params))
        found = by_address.get(address)
        if found is None and request.url.path == recorded.listing.path:
            return httpx.Response(200, json=empty)  # the page after the last one
        if found is broken:
            return httpx.Response(200, content=body, headers={"Content-Type": "application/json"})
        return httpx.Response(404, json={"message": "no"}) if found is None else httpx.Response(200, json=found.answer)

    tools = VendorTools(transport=lambda: httpx.MockTransport(serve), clock=ManualClock(), store="main")
    kind = case.subject.kind
    vendor = kind.build(kind.settings.model_validate(recorded.settings), tools)
    try:
        yield vendor
    finally:
        await vendor.aclose()


def _page(query: dict[str, str]) -> str:
    return query.get("cursor") or (query.get("page", "1") if query.get("since_id", "0") == "0" else "later")


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where every value in it stands, itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def broken_at(answer: Any, path: Path, value: Any) -> Any:
    """The answer with another value in one place."""
    if not path:
        return None if value is _MISSING else value
    answer = copy.deepcopy(answer)
    holder = answer
    for key in path[:-1]:
        holder = holder[key]
    if value is _MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return answer


def path_of(answer: Any, wanted: Callable[[Any], bool], path: Path = ()) -> Path:
    """Where the first object stands that is wanted."""
    found = [place for place in places(answer, path) if wanted(_at(answer, place))]
    return min(found, key=len)


def _at(answer: Any, path: Path) -> Any:
    for key in path:
        answer = answer[key]
    return answer


@every_vendor
@every_way
async def test_one_value_of_a_listed_ticket(case: Case, how: str) -> None:
    """The two other tickets are yielded, and the broken one, too: by its id, or by what can be read of it."""
    recorded = await record(case)
    answer, middle = recorded.listing.answer, recorded.tickets[1]
    ticket = path_of(answer, lambda value: isinstance(value, dict) and str(value.get("id")) == middle)
    for place in places(_at(answer, ticket), ticket):
        async with given_again(case, recorded, recorded.listing, broken_at(answer, place, BROKEN[how])) as vendor:
            found = [each async for each in vendor.changes(Remembered(full=True))]
        listed = {
            each.ticket.id if isinstance(each, Change) else each.id
            for each in found
            if not isinstance(each, LookedThrough)
        }
        assert {recorded.tickets[0], recorded.tickets[2]} <= listed, place
        is_gone = BROKEN[how] is _MISSING and place == ticket
        assert len(listed) == 2 if is_gone else len(listed) >= 3, place


@every_vendor
@every_way
async def test_one_value_around_the_list(case: Case, how: str) -> None:
    """It is the store's trouble at most, and never a defect."""
    recorded = await record(case)
    answer = recorded.listing.answer
    inside = path_of(answer, lambda value: isinstance(value, list) and len(value) == 3)
    around = [place for place in places(answer) if place[: len(inside)] != inside or place == inside]
    for place in around:
        async with given_again(case, recorded, recorded.listing, broken_at(answer, place, BROKEN[how])) as vendor:
            try:
                found = [each async for each in vendor.changes(Remembered(full=True))]
            except RemoteError:
                continue
        if place not in ((), inside):
            assert set(recorded.tickets) <= {each.ticket.id for each in found if isinstance(each, Change)}, place


@every_vendor
@every_way
async def test_one_value_of_a_ticket_that_is_read_alone(case: Case, how: str) -> None:
    """It is read as far as it can be, with all its other messages, or it is that ticket's trouble."""
    recorded = await record(case)
    whole = 4
    for exchange in recorded.ticket:
        messages = (
            path_of(exchange.answer, lambda value: isinstance(value, list) and len(value) == whole, ())
            if any(
                isinstance(_at(exchange.answer, place), list) and len(_at(exchange.answer, place)) == whole
                for place in places(exchange.answer)
            )
            else None
        )
        for place in places(exchange.answer):
            broken = broken_at(exchange.answer, place, BROKEN[how])
            async with given_again(case, recorded, exchange, broken) as vendor:
                try:
                    conversation = await vendor.ticket(recorded.tickets[1])
                except RemoteError:
                    continue
            is_inside = messages is not None and place[: len(messages)] == messages and len(place) > len(messages)
            if is_inside:
                gone = BROKEN[how] is _MISSING and len(place) == len(messages or ()) + 1
                assert len(conversation.messages) == whole - gone, place


@every_vendor
async def test_two_tickets_with_one_id(case: Case) -> None:
    """They count as one; the third is there."""
    recorded = await record(case)
    answer = recorded.listing.answer
    first, second, third = (
        path_of(answer, lambda value, ticket=ticket: isinstance(value, dict) and str(value.get("id")) == ticket)  # type: ignore[misc]
        for ticket in recorded.tickets
    )
    broken = broken_at(answer, (*second, "id"), _at(answer, first)["id"])
    async with given_again(case, recorded, recorded.listing, broken) as vendor:
        found = [each async for each in vendor.changes(Remembered(full=True))]
    listed = [each.ticket.id for each in found if isinstance(each, Change)]
    assert {recorded.tickets[0], recorded.tickets[2]} == set(listed)
    assert third
