"""A page is known again by its bytes alone, and nothing is known again that must be looked at anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from adapters.vendors.client.bodies import LARGEST_KNOWN_AGAIN, BodyDigest
from adapters.vendors.client.paging import Page, read_page
from adapters.vendors.client.parsing import ListedTicket
from adapters.vendors.client.unchanged_pages import MOST_TICKETS, TicketsOfPage, UnchangedPages
from bot.errors import Unavailable
from bot.model import Change, Ticket, TicketId
from bot.ports import KeptValues, VendorTools
from bot.ports.kept_values import IN_USE
from tests.support.clocks import ManualClock


def tools_for(kept: KeptValues | None = None, clock: ManualClock | None = None) -> VendorTools:
    """As `bot/wiring.py` gives them to every store; nothing is requested with them."""
    return VendorTools(transport=httpx.AsyncHTTPTransport, clock=clock or ManualClock(), kept=kept or KeptValues())


@dataclass
class Shelf:
    """A store's answers by page, and which of them were read anew."""

    bodies: dict[int, bytes] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)
    pages: UnchangedPages = field(default_factory=lambda: UnchangedPages(tools_for()))
    tickets: TicketsOfPage[ListedTicket] = field(default_factory=TicketsOfPage)
    change: Callable[[ListedTicket], Change] = lambda wire: Change(ticket=Ticket(id=TicketId(wire.id)), fingerprint="f")

    def put(self, page: int, *tickets: str, more: str = "") -> None:
        self.bodies[page] = json.dumps([{"id": ticket, "more": more} for ticket in tickets]).encode()

    async def sweep(self, *pages: int, full: bool = False) -> list[list[str]]:
        """The tickets of these pages."""
        self.read.clear()
        self.pages.sweep_begins(full=full)
        return [[change.ticket.id for change in (await self.page(page)).changes] for page in pages]

    async def page(self, number: int) -> Page:
        async def request(digest: BodyDigest) -> Any:
            if number not in self.bodies:
                raise Unavailable("It is away.")
            body = self.bodies[number]
            return None if digest.is_unchanged(body) else json.loads(body)

        def page_of(value: Any) -> Page:
            self.read.append(number)

            def change(wire: ListedTicket) -> Change:
                self.tickets[TicketId(wire.id)] = wire
                return self.change(wire)

            return read_page(ListedTicket, value, change, vendor="Shelf")

        self.tickets.clear()
        return await self.pages.read(number, request, page_of, self.tickets)


async def test_only_what_differs_is_read_anew() -> None:
    """A page that came as it was has the same tickets; one byte makes it another."""
    shelf = Shelf()
    shelf.put(1, "a", "b")
    shelf.put(2, "c")
    assert await shelf.sweep(1, 2) == [["a", "b"], ["c"]]
    assert shelf.read == [1, 2]
    assert await shelf.sweep(1, 2) == [["a", "b"], ["c"]]
    assert shelf.read == []
    shelf.put(2, "c", more="!")
    assert await shelf.sweep(1, 2) == [["a", "b"], ["c"]]
    assert shelf.read == [2]


async def test_pages_that_shift_are_not_mixed_up() -> None:
    """A body that came under another number before is read for this one."""
    shelf = Shelf()
    shelf.put(1, "a")
    shelf.put(2, "b")
    await shelf.sweep(1, 2)
    shelf.put(1, "b")
    shelf.put(2, "a")
    assert await shelf.sweep(1, 2) == [["b"], ["a"]]


async def test_a_failure_leaves_nothing_wrong_behind() -> None:
    """What was read before it is known again after it, and only as long as it comes as it was."""
    shelf = Shelf()
    shelf.put(1, "a")
    await shelf.sweep(1)
    body = shelf.bodies.pop(1)
    with pytest.raises(Unavailable):
        await shelf.sweep(1)
    shelf.bodies[1] = b'{"error": "It is no list."}'
    with pytest.raises(Unavailable):
        await shelf.sweep(1)
    with pytest.raises(Unavailable):
        await shelf.sweep(1)
    shelf.bodies[1] = body
    assert await shelf.sweep(1) == [["a"]]


async def test_a_ticket_that_was_not_understood_is_looked_at_each_time() -> None:
    """It counts as changed in every sweep: its page is never known again, and its fingerprint never the same."""

    def fails(wire: ListedTicket) -> Change:
        raise RuntimeError(wire.id)

    shelf = Shelf(change=fails)
    shelf.put(1, "a")
    prints = set()
    for _ in range(3):
        shelf.pages.sweep_begins(full=False)
        prints |= {change.fingerprint for change in (await shelf.page(1)).changes}
    assert len(prints) == 3


async def test_what_is_large_is_not_kept() -> None:
    """A body above the limit is read each time, and so are the tickets beyond those that there is room for."""
    shelf = Shelf()
    shelf.put(1, "a", more="x" * LARGEST_KNOWN_AGAIN)
    for page in (2, 3):
        shelf.put(page, *(f"{page}-{number}" for number in range(MOST_TICKETS // 2 + 1)))
    shelf.put(4, "b")
    await shelf.sweep(1, 2, 3, 4)
    await shelf.sweep(1, 2, 3, 4)
    assert shelf.read == [1, 3]


async def test_a_full_sweep_keeps_what_was_known_and_nothing_more() -> None:
    """Most of its pages are not asked for again before the next one."""
    shelf = Shelf()
    for page in (1, 2):
        shelf.put(page, str(page))
    await shelf.sweep(1)
    await shelf.sweep(1, 2, full=True)
    assert shelf.read == [2]
    await shelf.sweep(1, 2)
    assert shelf.read == [2]


async def test_a_page_that_was_left_out_is_forgotten() -> None:
    """Memory does not grow with what was listed once."""
    shelf = Shelf()
    for page in (1, 2):
        shelf.put(page, str(page))
    await shelf.sweep(1, 2)
    await shelf.sweep(1)
    await shelf.sweep(1, 2)
    assert shelf.read == [2]


async def test_tickets_of_an_unchanged_page_are_there_when_they_are_needed() -> None:
    """Read once from the page as it came; one that it does not have is not there."""
    shelf = Shelf()
    shelf.put(1, "a", "b")
    await shelf.sweep(1)
    await shelf.sweep(1)
    assert shelf.read == []
    assert [shelf.tickets[TicketId(ticket)].id for ticket in ("b", "a")] == ["b", "a"]
    assert shelf.read == [1]
    with pytest.raises(KeyError):
        shelf.tickets[TicketId("c")]


async def test_all_stores_together_keep_so_many_tickets() -> None:
    """The pages of a store that is not asked any more make room; those of others are not driven out meanwhile."""
    kept, clock = KeptValues(4), ManualClock()
    first, second = (Shelf(pages=UnchangedPages(tools_for(kept, clock))) for _ in range(2))
    for shelf in (first, second):
        shelf.put(1, "a", "b")
        shelf.put(2, "c")
    for _ in range(2):
        assert await first.sweep(1, 2) == [["a", "b"], ["c"]]
        assert await second.sweep(1, 2) == [["a", "b"], ["c"]]
        assert kept.size == 4
    assert (first.read, second.read) == ([], [1])
    clock.advance(IN_USE)
    for _ in range(2):
        assert await second.sweep(1, 2) == [["a", "b"], ["c"]]
    assert second.read == []
    assert await first.sweep(1, 2) == [["a", "b"], ["c"]]
    assert first.read == [1, 2]
    assert kept.size == 4


async def test_a_page_that_is_not_asked_for_any_more_takes_no_room() -> None:
    """What the last sweep did not read is gone for all."""
    kept = KeptValues(100)
    shelf = Shelf(pages=UnchangedPages(tools_for(kept)))
    for page in (1, 2, 3):
        shelf.put(page, str(page))
    await shelf.sweep(1, 2, 3)
    assert kept.size == 3
    await shelf.sweep(1)
    await shelf.sweep(1)
    assert kept.size == 1
