"""A list in which single tickets are too large: these are left out in part, and seen to change all the same."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from adapters.vendors.client import bodies, large_lists
from adapters.vendors.client.bodies import Body, list_of
from adapters.vendors.client.large_lists import CUT_OFF, LARGEST_FIELD, LEFT_OUT, ListReader
from adapters.vendors.client.responses import TooLargeBody

LARGE = "x" * (LARGEST_FIELD + 50_000)
TRICKY: tuple[Any, ...] = (
    [{"id": 1, "a": [1, {"b": 2}]}, {"id": 2}],
    {"next": 'x\\"[{', "results": [{"id": 1, "c": 'é"\\'}, {}, None, "odd"], "meta": {"t": [{"q": 1}]}},
    {"e": [], "data": {"data": [{"id": 1}, {"id": "]},{"}]}},
    [None, 1, {"id": 3}],
    {"data": []},
    [[1, "["], {"id": 1}, [], [[]], "{", {"id": 2}],
    {"a": [[], "x", [1]], "data": [{"id": [[{"b": "}"}]]}, [], {"id": 1}]},
    [],
    "p",
    5,
)


def read(body: bytes, step: int = 65_536) -> ListReader:
    reader = ListReader()
    for at in range(0, len(body), step):
        reader.feed(body[at : at + step])
    return reader


def shortened(value: Any) -> Any:
    return json.loads(read(json.dumps(value).encode()).whole())


@pytest.mark.parametrize("value", TRICKY, ids=str)
@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_a_small_list_stays_as_it_is(value: Any, step: int) -> None:
    """However its bytes are cut, and whatever its texts look like."""
    assert json.loads(read(json.dumps(value).encode(), step).whole()) == value


@pytest.mark.parametrize("value", TRICKY, ids=str)
def test_the_beginning_of_any_list_is_json(value: Any) -> None:
    """Wherever it stops; the tickets before that are whole, and the one in which it stopped says so."""
    body = json.dumps(value).encode()
    for cut in range(len(body)):
        beginning = read(body[:cut], 5).beginning()
        tickets = found(json.loads(beginning)) if beginning else []
        assert [LEFT_OUT in ticket for ticket in tickets if isinstance(ticket, dict)].count(True) <= 1
        for ticket, whole in zip(tickets, found(value), strict=False):
            assert ticket == whole or (ticket.pop(LEFT_OUT) == CUT_OFF and ticket.items() <= whole.items())


def found(value: Any) -> list[Any]:
    """The list's tickets."""
    while isinstance(value, dict):
        value = next(part for name, part in value.items() if name in ("results", "data"))
    return value if isinstance(value, list) else []


def test_only_what_is_large_is_left_out() -> None:
    """A text, a list or an object of a ticket; everything else stays, also what is no ticket."""
    listed = [{"id": 1, "text": LARGE, "end": 5}, {"id": 2, "text": "small"}, None, "odd", {"many": ["x" * 99] * 9000}]
    first, *middle, last = shortened(listed)
    assert (first["id"], first["end"], set(first)) == (1, 5, {"id", "end", LEFT_OUT})
    assert middle == listed[1:4]
    assert set(last) == {LEFT_OUT}


def test_what_stands_beside_the_list_stays() -> None:
    """There is what a page needs."""
    wrapped: dict[str, Any] = {"next": "2", "results": [{"id": 1, "comments": [LARGE]}], "meta": {"text": "…"}}
    short = shortened(wrapped)
    assert (short["next"], short["meta"]) == (wrapped["next"], wrapped["meta"])
    assert set(short["results"][0]) == {"id", LEFT_OUT}


def test_a_field_that_is_nested_too_deep_is_left_out() -> None:
    """Its ticket's other fields and the other tickets stay."""
    body = b'[{"id":1,"deep":' + b"[" * 100_000 + b"]" * 100_000 + b',"end":1},{"id":2}]'
    first, second = json.loads(read(body).whole())
    assert set(first) == {"id", "end", LEFT_OUT}
    assert second == {"id": 2}


def test_a_change_of_what_is_left_out_is_seen() -> None:
    """What stands in its place is another, and the same for the same."""
    first, same, other = (shortened([{"id": 1, "text": LARGE + end}])[0][LEFT_OUT] for end in ("a", "a", "b"))
    assert first == same != other


def test_of_any_amount_only_little_is_held() -> None:
    """A ticket of a hundred megabytes is never in memory."""
    reader = ListReader()
    reader.feed(b'{"data":[{"id":7,"text":"')
    largest = 0
    for _ in range(400):
        reader.feed(b"x" * 262_144)
        largest = max(largest, reader.size)
    assert largest < LARGEST_FIELD * 2
    assert json.loads(reader.beginning()) == {"data": [{"id": 7, LEFT_OUT: CUT_OFF}]}


class WatchedReader(ListReader):
    """Knows the most bytes that it took at once."""

    most = 0

    def _take(self, data: bytes) -> None:
        self.most = max(self.most, len(data))
        super()._take(data)


def test_other_threads_get_their_turn_while_a_large_body_is_read() -> None:
    """However much comes at once, no search goes through all of it."""
    reader = WatchedReader()
    reader.feed(json.dumps([{"id": 1, "text": "x" * 3_000_000}]).encode())
    assert reader.most <= 64 * 1024
    assert json.loads(reader.whole())[0]["id"] == 1


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"{}," * 1_500_000 + b"{}]",
        b"[" + b'{"id":1},' * 1_000_000 + b"{}]",
        b'[{"a":[' + b"[]," * 2_000_000 + b"[]]}]",
        b'[{"a":[' + b'"",' * 2_000_000 + b'""]}]',
        b'{"a":' + b'[],"b":' * 700_000 + b"[{}]}",
    ],
    ids=["tickets", "tickets with an id", "lists", "texts", "beside the list"],
)
def test_very_many_small_parts_take_few_steps(body: bytes) -> None:
    """A page is read in the event loop, and each step holds it up for a moment."""
    reader = ListReader()
    reader.feed(body)
    assert not reader.gave_up
    assert reader._steps < 10_000


@pytest.mark.parametrize("part", [b"[[]],", b"[", b"[{", b"[1"])
def test_what_takes_too_many_steps_is_too_large(part: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes tickets like that; the tickets before it can still be read."""
    monkeypatch.setattr(large_lists, "_MOST_STEPS", 1_000)
    reader = ListReader()
    reader.feed(b'[{"id":1},{"id":2,"a":[' + part * 5_000)
    assert reader.gave_up
    assert json.loads(reader.beginning()) == [{"id": 1}, {"id": 2, LEFT_OUT: CUT_OFF}]


async def test_a_list_of_too_many_steps_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as too large, as one does whose bytes are too many."""
    monkeypatch.setattr(large_lists, "_MOST_STEPS", 1_000)
    monkeypatch.setattr(bodies, "LARGEST_BODY", 10_000)
    body = Body(10_000_000, is_list=True)
    with pytest.raises(TooLargeBody):
        await body.add(b'[{"id":1,"a":[' + b"[[]]," * 5_000)
    with pytest.raises(TooLargeBody):
        list_of(b'[{"id":1,"a":' + b"[" * 5_000)


async def test_other_work_goes_on_while_a_few_bytes_unpack_to_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each piece of a large list, whatever else waits in the event loop is done."""
    monkeypatch.setattr(bodies, "LARGEST_BODY", 300_000)
    body, done = Body(10_000_000, is_list=True), []

    async def other_work() -> None:
        while True:
            done.append(1)
            await asyncio.sleep(0)

    work = asyncio.create_task(other_work())
    await body.add(b'[{"id":"1","text":"' + b"x" * 310_000)
    before = len(done)
    for _ in range(50):
        await body.add(b"x" * 10_000)
    work.cancel()
    assert len(done) - before >= 50
