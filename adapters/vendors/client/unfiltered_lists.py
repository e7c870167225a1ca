"""
Reading a list that cannot be limited to open tickets, without reading all of it each time.

A sweep reads the page where new tickets come, the pages that hold open ones, and one page of the history in its turn,
so that in a quiet store all of it was looked at within a day. Where new tickets come is not documented: it follows
from the times in the list, when it was read whole. What shows no order, or another one than before, is read whole.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

import structlog

from adapters.vendors.client.paging import Fetch, NumberedPages, Page, PageLength
from bot.clock import Clock
from bot.errors import RateLimited, Unavailable
from bot.model import Change, Nameless, Status, TicketId

_log = structlog.get_logger(__name__)

HISTORY_WITHIN = 18 * 3600.0
"""In so many seconds the turns have gone through the whole list, however long it is and however seldom it is swept."""
GIVES_WAY = 5.0
"""No page of the history is read where the store's quota would make it wait longer, in seconds."""

End = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Order:
    """An order that a list may have: by which time, and whether the newest comes first."""

    by: Literal["created_at", "updated_at"]
    newest_first: bool

    @property
    def end(self) -> End:
        """On which page a new ticket comes."""
        return "first" if self.newest_first else "last"

    def fits(self, earlier: Change, later: Change) -> bool:
        """Whether one ticket may stand before another; what has no time fits no order."""
        before: datetime | None = getattr(earlier.ticket, self.by)
        after: datetime | None = getattr(later.ticket, self.by)
        if before is None or after is None:
            return False
        return before >= after if self.newest_first else before <= after


EVERY_ORDER = frozenset(Order(by, first) for by in ("created_at", "updated_at") for first in (True, False))


def orders_of(changes: Sequence[Change], possible: Collection[Order] = EVERY_ORDER) -> frozenset[Order]:
    """Which of the `possible` orders these tickets of a list have. Pure."""
    return frozenset(order for order in possible if all(order.fits(*pair) for pair in pairwise(changes)))


def end_of(orders: Collection[Order]) -> End | None:
    """Where new tickets come in a list that has all of these orders; None: that is not certain. Pure."""
    ends = {order.end for order in orders}
    return ends.pop() if len(ends) == 1 else None


def holds_open(page: Page, held: Collection[TicketId]) -> bool:
    """Whether one of a page's tickets is open, as it says itself or as far as we know. Pure."""
    return any(each.ticket.status is not Status.CLOSED or each.ticket.id in held for each in page.changes)


class UnfilteredList:
    """
    The list of one store, from one sweep to the next. What it knows of the list is in memory: it begins anew.

    Args:
        read_wait: In how many seconds the store's quota allows one more list request.
    """

    def __init__(self, length: PageLength, clock: Clock, read_wait: Callable[[], float]) -> None:
        self._length = length
        self._clock = clock
        self._read_wait = read_wait
        self._orders: frozenset[Order] = frozenset()
        self._pages = 0
        self._open: frozenset[int] = frozenset()
        self._turn = 0
        self._turned_at = clock.monotonic()
        self._left_out = False
        self._looked_through = False
        self._searched = 0
        self._number = 0
        self._changed: set[int] = set()

    @property
    def looked_through(self) -> bool:
        """Whether with this sweep every page was read that there is, since this was last so."""
        return self._looked_through

    def changed(self) -> None:
        """A ticket on the page that came last differs from what is known: that page is read in the next sweep, too."""
        self._changed.add(self._number)

    async def read(
        self, fetch: Fetch, held: Collection[TicketId], *, full: bool
    ) -> AsyncGenerator[Sequence[Change | Nameless], None]:
        """
        The pages of one sweep.

        An open ticket that is not where it was is looked for on the pages beside, then the caller reads it by itself.
        When that has cost as much as reading the list, the list is read.

        Args:
            fetch: As for `NumberedPages`, for any page.
            held: The tickets that must be found again.
            full: Whether every page must be read now.
        """
        self._looked_through = False
        self._changed.clear()
        held = frozenset(held)
        few = self._pages <= len(self._open) + 2
        whole = full or few or end_of(self._orders) is None or self._searched >= self._pages
        async with aclosing(self._whole(fetch, held) if whole else self._parts(fetch, held)) as pages:
            async for found in pages:
                yield found

    async def _whole(
        self, fetch: Fetch, held: Collection[TicketId]
    ) -> AsyncGenerator[Sequence[Change | Nameless], None]:
        orders = EVERY_ORDER
        last: tuple[Change, ...] = ()
        pages = 0
        holding: set[int] = set()

        async def observed(number: int) -> Page:
            nonlocal orders, last, pages
            page = await fetch(number)
            if number == 1:
                orders, last, pages = EVERY_ORDER, (), 0
                holding.clear()
            self._number = number
            if page.found:
                orders, last, pages = orders_of((*last, *page.changes), orders), tuple(page.changes[-1:]), number
            if holds_open(page, held):
                holding.add(number)
            return page

        async with aclosing(NumberedPages(observed, self._length).read()) as found_pages:
            async for found in found_pages:
                yield found
        self._orders, self._pages, self._open = orders, pages, frozenset(holding | self._changed)
        self._looked_through, self._left_out, self._searched = True, False, 0
        self._turn, self._turned_at = 0, self._clock.monotonic()

    async def _parts(
        self, fetch: Fetch, held: Collection[TicketId]
    ) -> AsyncGenerator[Sequence[Change | Nameless], None]:
        sweep = PartialSweep(self._pages, self._open, self._orders, held, self._changed, self._length)
        for number in sweep.numbers():
            self._number = number
            page = await fetch(number)
            sweep.note(number, page)
            if page.found:
                yield page.found
        self._searched += len(sweep.missing)
        async with aclosing(self._history(fetch, sweep)) as pages:
            async for found in pages:
                yield found
        self._pages, self._orders = sweep.pages, sweep.orders
        self._open = frozenset(number for number in sweep.holding | self._changed if number <= sweep.pages)

    async def _history(self, fetch: Fetch, sweep: PartialSweep) -> AsyncGenerator[Sequence[Change | Nameless], None]:
        """The pages whose turn it is. They never keep a sweep from succeeding, and wait for everything else."""
        now = self._clock.monotonic()
        for number in self._turns(sweep, math.ceil(sweep.pages * (now - self._turned_at) / HISTORY_WITHIN)):
            if self._read_wait() > GIVES_WAY:
                self._turn -= 1
                return
            self._number = number
            try:
                page = await fetch(number)
            except (RateLimited, Unavailable) as error:
                _log.info("page of the history not read", page=number, reason=error.user_message)
                self._left_out = True
                return
            sweep.note(number, page)
            if page.found:
                yield page.found
        self._turned_at = now

    def _turns(self, sweep: PartialSweep, count: int) -> Iterator[int]:
        left = max(1, count)
        while left > 0:
            self._turn += 1
            if self._turn > sweep.pages:
                self._turn = 0
                self._looked_through, self._left_out = not self._left_out, False
                return
            if self._turn not in sweep.done:
                left -= 1
                yield self._turn


class PartialSweep:
    """
    One sweep that reads a list in parts: which page comes next follows from what those before it showed. No I/O.

    Attributes:
        missing: The tickets that must be found again and were not yet.
        done: The pages that were read.
        holding: Those of them that hold open tickets.
        orders: The orders that the list may have.
    """

    def __init__(
        self,
        pages: int,
        open_before: Collection[int],
        orders: frozenset[Order],
        held: Collection[TicketId],
        changed: Collection[int],
        length: PageLength,
    ) -> None:
        self._pages = pages
        self._empty_from = math.inf
        self._open_before = open_before
        self._end = end_of(orders)
        self._held = held
        self._changed = changed
        self._length = length
        self._last: tuple[int, int] = (0, 0)
        self.orders = orders
        self.missing = set(held)
        self.done: set[int] = set()
        self.holding: set[int] = set()

    @property
    def pages(self) -> int:
        """How many pages the list has, as far as it is known; an empty page is after its end, whatever a total says."""
        return int(min(self._pages, self._empty_from - 1))

    def numbers(self) -> Iterator[int]:
        """The pages to read: of each, `note` must be told before the next is asked for."""
        yield from self._from_first() if self._end == "first" else self._from_last()
        yield from self._unread(self._open_before)
        for number in self._unread({beside for page in self._open_before for beside in (page - 1, page + 1)}):
            if not self.missing:
                return
            yield number

    def note(self, number: int, page: Page) -> None:
        """A page was read."""
        self.done.add(number)
        self.missing -= {change.ticket.id for change in page.changes}
        before, length = self._last
        if before == number - 1:
            self._length.learn(length, len(page.found))
        self._last = number, len(page.found)
        if not page.found:
            self._empty_from = min(self._empty_from, number)
        elif page.pages is not None:
            self._pages = page.pages
        elif number >= self._pages and not (self._length.ends(len(page.found)) if page.last is None else page.last):
            self._pages = number + 1
        if holds_open(page, self._held):
            self.holding.add(number)
        self.orders = orders_of(page.changes, self.orders)

    def _unread(self, numbers: Collection[int]) -> Iterator[int]:
        for number in sorted(numbers):
            if 1 <= number <= self.pages and number not in self.done:
                yield number

    def _from_first(self) -> Iterator[int]:
        """From the first page on, as long as something changed."""
        number = 1
        yield number
        while number in self._changed and number < self.pages:
            number += 1
            yield number

    def _from_last(self) -> Iterator[int]:
        """From what was the last page to what is, then back as long as something changed."""
        begin = number = self.pages
        yield number
        while number < self.pages:
            number += 1
            yield number
        number = min(begin, self.pages)
        yield from self._unread({number})
        while number > 1 and number in self._changed:
            number -= 1
            yield from self._unread({number})
