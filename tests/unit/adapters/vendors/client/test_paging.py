"""Where a list ends, and whether it shifted while it was read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.vendors.client import paging
from adapters.vendors.client.paging import (
    PAGE_LENGTH_TRUSTED_FOR,
    ItemPage,
    NumberedPages,
    Page,
    PageLength,
    read_items,
)
from bot.errors import Unavailable
from bot.model import Change, Nameless, Ticket, TicketId
from tests.support.clocks import ManualClock


def change(number: int, fingerprint: str = "f") -> Change:
    return Change(ticket=Ticket(id=TicketId(str(number))), fingerprint=fingerprint)


class Shelf:
    """A list that is read in pages; something may happen to it before a page is made."""

    def __init__(self, count: int, size: int, *, total: bool = True) -> None:
        self.numbers = list(range(count))
        self.size = size
        self.total = total
        self.fetched: list[int] = []
        self.before: dict[int, Callable[[], None]] = {}

    async def fetch(self, number: int) -> Page:
        self.fetched.append(number)
        self.before.pop(len(self.fetched), lambda: None)()
        shown = self.numbers[(number - 1) * self.size : number * self.size]
        return Page(changes=[change(one) for one in shown], total=len(self.numbers) if self.total else None)


async def read(pages: NumberedPages) -> list[int]:

    return [int(one.ticket.id) async for page in pages.read() for one in page if isinstance(one, Change)]


@given(st.integers(0, 60), st.integers(1, 10), st.integers(1, 10), st.booleans())
async def test_a_list_at_rest_is_read_whole(count: int, size: int, asked: int, total: bool) -> None:
    """However many there are, however long pages really are, with a total or without: each once."""
    shelf = Shelf(count, size, total=total)
    assert await read(NumberedPages(shelf.fetch, PageLength(asked, ManualClock()))) == list(range(count))


@given(st.integers(1, 60), st.integers(1, 10))
async def test_a_total_spares_the_page_that_would_be_empty(count: int, size: int) -> None:
    """With a total, a list costs exactly its pages."""
    shelf = Shelf(count, size)
    await read(NumberedPages(shelf.fetch, PageLength(100, ManualClock())))
    assert len(shelf.fetched) == -(-count // size)


async def test_without_a_total_the_page_length_is_learned() -> None:
    """The first reading looks past the end, the next one knows; after a while it is looked at again."""
    clock = ManualClock()
    length = PageLength(100, clock)
    costs = []
    for pause in (0, 0, 0, PAGE_LENGTH_TRUSTED_FOR, 0):
        clock.advance(pause)
        shelf = Shelf(7, 50, total=False)
        await read(NumberedPages(shelf.fetch, length))
        costs.append(len(shelf.fetched))
    assert costs == [2, 1, 1, 2, 1]


async def test_a_silent_bound_on_pages_hides_nothing() -> None:
    """A server that never gives more than ten a page is read whole; once that shows, for good."""
    length = PageLength(100, ManualClock())
    for count in (3, 11, 10, 20, 25, 10, 30):
        shelf = Shelf(count, 10, total=False)
        assert await read(NumberedPages(shelf.fetch, length)) == list(range(count))


async def test_a_list_that_ended_with_a_silent_bound_is_read_on_in_time() -> None:
    """A list that once was exactly as long as a page may be hides its growth until that belief is over, not longer."""
    clock = ManualClock()
    length = PageLength(100, clock)
    for count, shown in ((10, 10), (11, 10), (11, 11)):
        shelf = Shelf(count, 10, total=False)
        assert len(await read(NumberedPages(shelf.fetch, length))) == shown
        clock.advance(PAGE_LENGTH_TRUSTED_FOR if count == 11 else 0)


@pytest.mark.parametrize("total", [0, 3, 9, 11, 1000])
async def test_a_total_that_lies_hides_nothing(total: int) -> None:
    """A total that reading proves wrong is not believed."""
    shelf = Shelf(20, 5)

    async def fetch(number: int) -> Page:
        page = await shelf.fetch(number)
        return Page(changes=page.changes, total=total)

    assert set(range(10)) <= set(await read(NumberedPages(fetch, PageLength(5, ManualClock()))))


@pytest.mark.parametrize("says", ["total", "pages", "last"])
async def test_an_old_page_in_the_place_of_another_hides_nothing(says: str) -> None:
    """As a cache may give it: if the list says that there is more, it is read once more."""
    shelf = Shelf(20, 5)

    async def fetch(number: int) -> Page:
        is_old = len(shelf.fetched) == 1
        page = await shelf.fetch(1 if is_old else number)
        more: dict[str, Any] = {"total": 20, "pages": 4, "last": number == 4}
        return Page(changes=page.changes, **{says: more[says]})

    assert set(await read(NumberedPages(fetch, PageLength(5, ManualClock())))) == set(range(20))
    assert len(shelf.fetched) == 6


async def test_what_is_closed_between_pages_hides_nothing() -> None:
    """A ticket that leaves a page pulls the next one forward; the list is read once more."""
    shelf = Shelf(20, 5)
    shelf.before[3] = lambda: shelf.numbers.remove(2)
    assert set(await read(NumberedPages(shelf.fetch, PageLength(5, ManualClock())))) == set(range(20))
    assert len(shelf.fetched) == 8


async def test_what_comes_in_between_pages_hides_nothing() -> None:
    """A ticket that comes in at the front pushes one to the next page; seen twice, it tells."""
    shelf = Shelf(20, 5, total=False)
    shelf.before[3] = lambda: shelf.numbers.insert(0, 99)
    assert set(await read(NumberedPages(shelf.fetch, PageLength(5, ManualClock())))) == {*range(20), 99}


async def test_a_list_that_never_rests_is_left() -> None:
    """A list that shifts in every pass is read three times, not for ever."""
    shelf = Shelf(20, 5)
    for step in range(2, 100, 2):
        shelf.before[step] = lambda: shelf.numbers.insert(0, 1000 + len(shelf.fetched))
    await read(NumberedPages(shelf.fetch, PageLength(5, ManualClock())))
    assert shelf.fetched.count(1) == paging.MOST_PASSES


async def test_a_server_that_knows_no_pages_is_not_asked_for_ever() -> None:
    """The same page for every number is one page, read once."""
    asked = []

    async def fetch(number: int) -> Page:
        asked.append(number)
        return Page(changes=[change(1), change(2)])

    assert set(await read(NumberedPages(fetch, PageLength(2, ManualClock())))) == {1, 2}
    assert asked == [1, 2]


async def test_a_list_without_end_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that always has one more page is not believed."""
    monkeypatch.setattr(paging, "MOST_PAGES", 20)

    async def fetch(number: int) -> Page:
        return Page(changes=[change(number)], last=False)

    with pytest.raises(Unavailable):
        await read(NumberedPages(fetch, PageLength(1, ManualClock())))


async def test_pages_may_begin_with_zero() -> None:
    """Numbers go up from whichever is the first."""
    asked = []

    async def fetch(number: int) -> Page:
        asked.append(number)
        return Page(changes=[change(number)], last=number == 2)

    await read(NumberedPages(fetch, PageLength(1, ManualClock()), first=0))
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("told", [True, False])
async def test_all_parts_are_read(told: bool) -> None:
    """Pages of messages are read to the last one, or to the first that brings nothing new, each message once."""
    pages = {1: "ab", 2: "bc", 3: "d"}
    asked = []

    async def fetch(number: int, _length: int) -> ItemPage[str]:
        asked.append(number)
        return ItemPage(items=pages.get(number, ""), last=number == 3 if told else None)

    assert await read_items(fetch, 10, str) == ("a", "b", "c", "d")
    assert asked == [1, 2, 3] if told else [1, 2, 3, 4]


async def test_parts_without_end_are_trouble() -> None:
    """A ticket that always has one more page of messages is not believed."""

    async def fetch(number: int, _length: int) -> ItemPage[str]:
        return ItemPage(items=[str(number)])

    with pytest.raises(Unavailable):
        await read_items(fetch, 10, str)


class OnePoorEntry:
    """Pages of two, the first of which has a ticket without an id."""

    async def fetch(self, number: int) -> Page:
        if number == 1:
            return Page(changes=[change(1)], nameless=[Nameless("Help me")])
        return Page(changes=[change(n) for n in {2: (2, 3), 3: (4,)}.get(number, ())])


async def test_a_ticket_without_an_id_does_not_end_the_list() -> None:
    """It counts for the page's length, and is yielded beside the others."""
    pages = NumberedPages(OnePoorEntry().fetch, PageLength(2, ManualClock()))
    found = [one async for page in pages.read() for one in page]
    assert [one.ticket.id for one in found if isinstance(one, Change)] == ["1", "2", "3", "4"]
    assert [one for one in found if isinstance(one, Nameless)] == [Nameless("Help me")]
