"""A page that is too large is put together from smaller ones; what is known to be too large is not sent again whole."""

from __future__ import annotations

import pytest

from adapters.vendors.client.http import TooLarge
from adapters.vendors.client.paging import Page
from adapters.vendors.client.smaller_pages import (
    BEGINNING,
    REMEMBERED_FOR,
    Listing,
    SmallerPages,
    smaller_length,
)
from bot.model import Change, Ticket, TicketId
from tests.support.clocks import ManualClock

MB = 1024 * 1024


class Shelf:
    """A list whose tickets have sizes in bytes; of an answer that is too large only the beginning comes."""

    def __init__(self, *sizes: int, total: bool = True) -> None:
        self.tickets = [(f"t{number}", size) for number, size in enumerate(sizes)]
        self.total = total
        self.sent = 0
        self.asked: list[int] = []

    @property
    def listing(self) -> Listing:
        return Listing(fetch=self.fetch, page_of=self.page_of)

    @staticmethod
    def page_of(names: list[str]) -> Page:
        return Page(changes=[Change(ticket=Ticket(id=TicketId(name)), fingerprint="f") for name in names])

    async def fetch(self, number: int, length: int, most: int) -> Page:
        self.asked.append(length)
        begun: list[str] = []
        size = 0
        for name, bytes_ in self.tickets[(number - 1) * length : number * length]:
            begun.append(name)
            size += bytes_
            if size > most:
                self.sent += most
                raise TooLarge("too large", beginning=begun)
        self.sent += size
        page = self.page_of(begun)
        pages = -(-len(self.tickets) // length) if self.total else None
        return Page(changes=page.changes, pages=pages)


def names(page: Page) -> list[str]:
    return [change.ticket.id for change in page.changes]


@pytest.mark.parametrize("large", [0, 41, 99])
@pytest.mark.parametrize("total", [True, False])
async def test_every_ticket_of_a_large_page_is_there(large: int, total: bool) -> None:
    """In its order; the large one as far as its beginning tells."""
    shelf = Shelf(*(50 * MB if number == large else 1000 for number in range(150)), total=total)
    pages = SmallerPages(ManualClock())
    first, second = [await pages.read(number, 100, shelf.listing) for number in (1, 2)]
    assert names(first) == [f"t{number}" for number in range(100)]
    assert names(second) == [f"t{number}" for number in range(100, 150)]
    assert first.pages == (2 if total else None)


async def test_what_is_known_to_be_too_large_is_not_sent_again() -> None:
    """Only its beginning is, in each pass, until it is tried again after an hour."""
    shelf = Shelf(*([1000] * 41 + [50 * MB] + [1000] * 58))
    clock = ManualClock()
    pages = SmallerPages(clock)
    await pages.read(1, 100, shelf.listing)
    assert shelf.sent > 10 * MB
    for _ in range(50):
        shelf.sent = 0
        assert len(names(await pages.read(1, 100, shelf.listing))) == 100
        assert shelf.sent < BEGINNING + 200_000
    clock.advance(REMEMBERED_FOR + 1)
    shelf.tickets[41] = ("t41", 1000)
    shelf.asked.clear()
    await pages.read(1, 100, shelf.listing)
    assert shelf.asked == [100]


async def test_a_ticket_that_moved_in_the_list_is_found_again() -> None:
    """A new ticket before it shifts it; neither hides the other."""
    shelf = Shelf(*([1000] * 41 + [50 * MB] + [1000] * 57))
    pages = SmallerPages(ManualClock())
    await pages.read(1, 100, shelf.listing)
    shelf.tickets.insert(0, ("new", 1000))
    for _ in range(3):
        shelf.sent = 0
        assert names(await pages.read(1, 100, shelf.listing)) == [name for name, _ in shelf.tickets]
    assert shelf.sent < BEGINNING + 200_000


async def test_many_that_are_large_only_together() -> None:
    """No single one is too large, so all are read whole, in pages that are small enough."""
    shelf = Shelf(*([3 * MB] * 20))
    pages = SmallerPages(ManualClock())
    for _ in range(2):
        assert names(await pages.read(1, 20, shelf.listing)) == [f"t{number}" for number in range(20)]
    assert shelf.asked.count(20) == 1


async def test_one_that_is_small_again_is_read_whole() -> None:
    """As soon as it is."""
    shelf = Shelf(50 * MB, 1000)
    pages = SmallerPages(ManualClock())
    await pages.read(1, 2, shelf.listing)
    shelf.tickets[0] = ("t0", 2 * MB)
    assert names(await pages.read(1, 2, shelf.listing)) == ["t0", "t1"]
    assert names(await pages.read(1, 2, shelf.listing)) == ["t0", "t1"]


async def test_a_server_that_knows_no_lengths() -> None:
    """Smaller pages would be the same, so that page is read whole."""
    asked: list[int] = []

    async def fetch(_number: int, _length: int, most: int) -> Page:
        asked.append(most)
        if most < 60 * MB:
            raise TooLarge("too large", beginning=[f"t{number}" for number in range(30)])
        return Shelf.page_of([f"t{number}" for number in range(40)])

    page = await SmallerPages(ManualClock()).read(1, 20, Listing(fetch=fetch, page_of=Shelf.page_of))
    assert len(names(page)) == 40
    assert len(asked) == 2


async def test_what_is_no_list_is_no_large_page() -> None:
    """It is the store's trouble, and is not asked for in smaller pages."""
    asked: list[int] = []

    async def fetch(_number: int, length: int, _most: int) -> Page:
        asked.append(length)
        raise TooLarge("too large")

    for length in (20, 1):
        with pytest.raises(TooLarge):
            await SmallerPages(ManualClock()).read(1, length, Listing(fetch=fetch, page_of=Shelf.page_of))
    assert asked == [20, 1]


@pytest.mark.parametrize(("length", "smaller"), [(250, 50), (100, 25), (25, 5), (20, 5), (7, 1), (4, 1), (2, 1)])
def test_smaller_pages_fit_into_larger_ones(length: int, smaller: int) -> None:
    """So that together they are the same tickets."""
    assert smaller_length(length) == smaller
