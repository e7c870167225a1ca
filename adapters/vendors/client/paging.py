"""
Reading a list page by page: where its pages begin, where it ends, and whether it changed while it was read.

Sort orders, page lengths and totals are mostly undocumented. So nothing here stops at the first known ticket, and a
total is trusted only until the pages prove it wrong.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any, Generic, TypeVar

import structlog

from adapters.vendors.client.http import TooLarge
from adapters.vendors.client.large_lists import CUT_OFF
from adapters.vendors.client.parsing import ListedTicket, read_tickets
from bot.clock import Clock
from bot.errors import Unavailable
from bot.model import Change, Nameless, Ticket, TicketId

T = TypeVar("T")
W = TypeVar("W", bound=ListedTicket)
_log = structlog.get_logger(__name__)

MOST_PASSES = 3
"""How often a list is read at most, where it changes while it is read."""
MOST_PAGES = 5_000
"""No store has more pages of tickets: a list that goes on has no end."""
MOST_ITEM_PAGES = 500
"""No ticket has more pages of messages, however short they are."""
PAGE_LENGTH_TRUSTED_FOR = 600.0
"""How many seconds we trust what we learned about the length of a server's pages."""
_NOT_READ = "not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    One page of a store's list.

    Attributes:
        nameless: Those of its tickets that have no id.
        total: How many tickets the whole list has; None: the answer does not say, or contradicts itself.
        pages: How many pages the whole list has; None: the answer does not say.
        last: Whether this is the last page; None: the answer does not say.
        cursor: By which the page that follows is asked for; None: there is none, or pages have numbers.
    """

    changes: Sequence[Change]
    nameless: Sequence[Nameless] = ()
    total: int | None = None
    pages: int | None = None
    last: bool | None = None
    cursor: str | None = None

    @property
    def found(self) -> Sequence[Change | Nameless]:
        """All that the page has."""
        return [*self.changes, *self.nameless]


class PageLength:
    """
    How long this server's pages really are: a server may send fewer tickets than we ask for.

    A page that is shorter than an earlier one is the last. After any other page the next one is read. Where that is
    empty, a page of exactly that length counts as the last for `PAGE_LENGTH_TRUSTED_FOR`. So a quiet store does not
    cost an empty page each time. The price: a list that is by chance exactly as long as an undocumented limit shows
    new tickets late.
    """

    def __init__(self, asked: int, clock: Clock) -> None:
        self._asked = asked
        self._clock = clock
        self._longest = 0
        self._followed = 0
        self._not_followed: int | None = None
        self._trusted_until = clock.monotonic() + PAGE_LENGTH_TRUSTED_FOR

    def ends(self, length: int) -> bool:
        """Whether a page of this length is the last one, as far as we know."""
        if self._clock.monotonic() >= self._trusted_until:
            self._longest, self._followed, self._not_followed = 0, 0, None
            self._trusted_until = self._clock.monotonic() + PAGE_LENGTH_TRUSTED_FOR
        if length < self._longest or length == 0:
            return True
        self._longest = length
        return length not in (self._asked, self._followed) and length == self._not_followed

    def learn(self, length: int, following: int) -> None:
        """After a page with `length` tickets came one with `following`."""
        if following:
            self._followed = length
        else:
            self._not_followed = length


Fetch = Callable[[int], Awaitable[Page]]


class NumberedPages:
    """
    Reads a whole list by page numbers.

    Args:
        fetch: Reads a page by its number. Numbers rise by one from `first`; a new pass begins with `first` again.
    """

    def __init__(self, fetch: Fetch, length: PageLength, *, first: int = 1) -> None:
        self._fetch = fetch
        self._length = length
        self._first = first
        self._changed = False

    async def read(self) -> AsyncGenerator[Sequence[Change | Nameless], None]:
        """
        Every page. A list that changed while it was read is read once more.

        That shows in a total that changed, or in tickets that come twice. What a list without a total hides in one
        pass, the next sweep finds, because only what was yielded becomes known.

        Raises:
            Unavailable: The list has no end.
        """
        for _ in range(MOST_PASSES):
            self._changed = False
            async with aclosing(self._pass()) as pages:
                async for found in pages:
                    yield found
            if not self._changed:
                return

    async def _pass(self) -> AsyncGenerator[Sequence[Change | Nameless], None]:
        seen: set[str] = set()
        before: Page | None = None
        for number in range(self._first, self._first + MOST_PAGES):
            page = await self._fetch(number)
            ids = ids_of(page)
            new = ids - seen
            if before is not None:
                self._compare(before, page, repeated=len(new) < len(ids))
            seen |= ids
            if page.found:
                yield page.found
            count = number - self._first + 1
            if not new:
                # An old page in the place of this one, as from a cache, hides the others.
                self._changed = self._changed or (bool(ids) and _says_more(page, count, len(seen)))
                return
            if self._ends(page, count, len(seen)):
                return
            before = page
        raise Unavailable("The vendor's list of tickets has no end.")

    def _compare(self, before: Page, page: Page, *, repeated: bool) -> None:
        if None not in (before.total, page.total) and before.total != page.total:
            self._changed = True
        # A server that sends the same page for every number has not changed its list: it does not know pages.
        if repeated and ids_of(before) != ids_of(page):
            self._changed = True
        self._length.learn(len(before.found), len(page.found))

    def _ends(self, page: Page, count: int, seen: int) -> bool:
        if page.last is not None:
            return page.last
        if page.pages is not None:
            return count >= page.pages
        if page.total is not None and seen <= page.total:
            return seen == page.total
        return self._length.ends(len(page.found))


def _says_more(page: Page, count: int, seen: int) -> bool:
    """Whether a page says itself that there is more than was seen on `count` pages. Pure."""
    if page.last is not None:
        return not page.last
    return (page.pages or 0) > count or (page.total or 0) > seen


class PageNumbering:
    """
    Turns our page numbers, counted from 1, into the vendor's, which may begin with 0 or 1.

    Attributes:
        first: The number of the vendor's first page; None: find it out.
    """

    def __init__(self, first: int | None) -> None:
        self.first = first

    async def read(self, count: int, fetch: Callable[[int], Awaitable[Page | None]]) -> Page | None:
        """
        Page number `count`, counted from 1.

        Args:
            fetch: Reads a page by the vendor's number; None: the vendor refuses it, as it may refuse pages outside
                the list.

        Returns:
            None: the vendor refuses it.
        """
        if count == 1 and self.first is None:
            return await self._find(fetch)
        return await fetch((self.first or 0) + count - 1)

    async def _find(self, fetch: Callable[[int], Awaitable[Page | None]]) -> Page | None:
        """
        The first page, and by it the vendor's number: 1 where page 0 is refused, empty, or the same as page 1.

        A list of one page at most does not tell; then page 0 is as good as page 1.
        """
        zero = await fetch(0)
        if zero is not None and zero.pages == min(1, len(zero.found)):
            return zero
        one = await fetch(1)
        if zero is None or not zero.found:
            self.first = 1 if one is not None and one.found else None
            return one or zero
        self.first = 1 if one is not None and ids_of(one) == ids_of(zero) else 0
        return zero


def ids_of(page: Page) -> set[str]:
    """What tells a page's tickets from others: their ids, or what can be read of them."""
    return {*(change.ticket.id for change in page.changes), *(f"nameless {one.about}" for one in page.nameless)}


def read_page(model: type[W], value: Any, change: Callable[[W], Change], *, vendor: str) -> Page:
    """
    A page of a store's list.

    Args:
        value: The list itself.
        change: Makes a change of a ticket. If that fails, the ticket is still listed, and has to be read by itself.

    Raises:
        Unavailable: As `read_tickets`.
    """
    wires, nameless = read_tickets(model, value, vendor=vendor)
    return Page(changes=[_change(wire, change) for wire in wires], nameless=nameless)


def _change(wire: W, change: Callable[[W], Change]) -> Change:
    try:
        made = change(wire)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one ticket, the others are shown
        _log.warning("ticket in a list not understood", error=type(error).__name__)
        return Change(ticket=Ticket(id=TicketId(wire.id)), fingerprint=_not_read())
    # What is missing of it may have changed, whatever its beginning says.
    return replace(made, fingerprint=_not_read()) if wire.left_out == CUT_OFF else made


def _not_read() -> str:
    return f"{_NOT_READ} {token_hex(8)}"


def is_read_whole(page: Page) -> bool:
    """Whether each of a page's tickets could be read. One that could not counts as changed each time."""
    return not any(change.fingerprint.startswith(_NOT_READ) for change in page.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage(Generic[T]):
    """
    One page of another list: of a ticket's messages.

    Attributes:
        last: Whether this is the last page; None: the answer does not say.
    """

    items: Sequence[T]
    last: bool | None = None


FetchItems = Callable[[int, int], Awaitable[ItemPage[T]]]
"""Reads a page of items by its number, counted from 1, and its length."""


async def read_items(fetch: FetchItems[T], length: int, key: Callable[[T], Hashable]) -> tuple[T, ...]:
    """
    Every item of a list, each once. If a page is too large, all are read in smaller pages, down to single items.

    Where the vendor does not say which page is the last, it is the first that has nothing new.

    Args:
        length: Of the pages.
        key: What tells one item from another.

    Raises:
        TooLarge: A single item is too large.
        Unavailable: The list has no end.
    """
    while True:
        try:
            return await _read_items(fetch, length, key)
        except TooLarge:
            if length == 1:
                raise
            length = max(1, length // 10)


async def _read_items(fetch: FetchItems[T], length: int, key: Callable[[T], Hashable]) -> tuple[T, ...]:
    found: dict[Hashable, T] = {}
    for number in range(1, MOST_ITEM_PAGES + 1):
        page = await fetch(number, length)
        new = {key(item): item for item in page.items if key(item) not in found}
        found |= new
        if page.last or not new:
            return tuple(found.values())
    raise Unavailable("The vendor's list of this ticket's messages has no end.")
