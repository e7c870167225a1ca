"""
Sweeping a vendor's list: where it ends, whether it shifted meanwhile, and what in it is not as it is known.

Sort orders, page lengths and totals are mostly undocumented, so nothing here stops at the first known ticket, and a
total is believed only as far as reading cannot prove it wrong.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.clock import Clock
from bot.errors import Unavailable
from bot.model import Change, TicketId

T = TypeVar("T")

PASSES = 3
"""A list that shifts while it is read is read again, at most so often in all."""
MOST_PAGES = 5_000
"""No store has more; a list that goes on has no end."""
MOST_PARTS = 100
"""No ticket has more pages of messages."""
FORGET = 600.0
"""In seconds: so long is it believed how long a server's pages are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    One page of a store's list.

    Attributes:
        total: How many tickets the whole list has; None: the answer does not say, or not credibly.
        pages: How many pages the whole list has; None: the answer does not say.
        last: Whether the answer says that no page follows; None: it does not say.
    """

    changes: Sequence[Change]
    total: int | None = None
    pages: int | None = None
    last: bool | None = None


class PageLength:
    """
    How long this server's pages really are, learned by looking: a server may hold fewer than it was asked for.

    A page shorter than one seen before ends a list. For one that is not, the next page is asked for; where that was
    empty, a page of just that length is believed to end the list until `FORGET` is over. So a quiet store costs no
    empty page each time; a list that is by chance exactly as long as an undocumented bound shows its growth late.
    """

    def __init__(self, asked: int, clock: Clock) -> None:
        self._asked = asked
        self._clock = clock
        self._longest = 0
        self._followed = 0
        self._alone: int | None = None
        self._forget_at = clock.monotonic() + FORGET

    def ends(self, length: int) -> bool:
        """Whether a page of this length is the last one, as far as is known."""
        if self._clock.monotonic() >= self._forget_at:
            self._longest, self._followed, self._alone = 0, 0, None
            self._forget_at = self._clock.monotonic() + FORGET
        if length < self._longest or length == 0:
            return True
        self._longest = length
        return length not in (self._asked, self._followed) and length == self._alone

    def learn(self, length: int, following: int) -> None:
        """A page of `length` was followed by one of `following`."""
        if following:
            self._followed = length
        else:
            self._alone = length


Fetch = Callable[[int], Awaitable[Page]]


class NumberedPages:
    """
    One reading of a list by page numbers.

    Args:
        fetch: Reads a page by its number. Numbers go up by one from `first`; `first` again begins a new pass.
    """

    def __init__(self, fetch: Fetch, length: PageLength, *, first: int = 1) -> None:
        self._fetch = fetch
        self._length = length
        self._first = first
        self._moved = False

    async def read(self) -> AsyncGenerator[Sequence[Change], None]:
        """
        Every page; a list that shifted while it was read is read once more.

        A shift shows in a total that changed or in tickets that come twice. What a list without a total hides for
        one pass, the next sweep finds, for only what was yielded becomes known.

        Raises:
            Unavailable: The list has no end.
        """
        for _ in range(PASSES):
            self._moved = False
            async with aclosing(self._pass()) as pages:
                async for changes in pages:
                    yield changes
            if not self._moved:
                return

    async def _pass(self) -> AsyncGenerator[Sequence[Change], None]:
        seen: set[TicketId] = set()
        before: Page | None = None
        for number in range(self._first, self._first + MOST_PAGES):
            page = await self._fetch(number)
            ids = ids_of(page)
            new = ids - seen
            if before is not None:
                self._compare(before, page, repeated=len(new) < len(ids))
            seen |= ids
            if page.changes:
                yield page.changes
            if not new or self._ends(page, number - self._first + 1, len(seen)):
                return
            before = page
        raise Unavailable("The vendor's list of tickets has no end.")

    def _compare(self, before: Page, page: Page, *, repeated: bool) -> None:
        if None not in (before.total, page.total) and before.total != page.total:
            self._moved = True
        # A server that gives the same page for every number has not shifted: it does not know pages.
        if repeated and ids_of(before) != ids_of(page):
            self._moved = True
        self._length.learn(len(before.changes), len(page.changes))

    def _ends(self, page: Page, count: int, seen: int) -> bool:
        if page.last is not None:
            return page.last
        if page.pages is not None:
            return count >= page.pages
        if page.total is not None and seen <= page.total:
            return seen == page.total
        return self._length.ends(len(page.changes))


class Numbering:
    """
    Turns pages counted from 1 into the vendor's own numbers.

    Args:
        first: The number of the vendor's first page; None: to be found out.
    """

    def __init__(self, first: int | None) -> None:
        self._first = first

    async def read(self, count: int, fetch: Callable[[int], Awaitable[Page | None]]) -> Page | None:
        """
        The page with this count, from 1.

        Args:
            fetch: Reads a page by the vendor's number; None: it is refused, as pages outside a list may be.

        Returns:
            None: it is refused.
        """
        if count == 1 and self._first is None:
            return await self._find(fetch)
        return await fetch((self._first or 0) + count - 1)

    async def _find(self, fetch: Callable[[int], Awaitable[Page | None]]) -> Page | None:
        """
        The first page, and with it its number: 1 where page 0 is refused, empty, or the same as page 1.

        An empty list and one of a single page leave it open; then page 0 is as good as page 1.
        """
        zero = await fetch(0)
        if zero is not None and zero.pages == min(1, len(zero.changes)):
            return zero
        one = await fetch(1)
        if zero is None or not zero.changes:
            self._first = 1 if one is not None and one.changes else None
            return one or zero
        self._first = 1 if one is not None and ids_of(one) == ids_of(zero) else 0
        return zero


def ids_of(page: Page) -> set[TicketId]:
    """The tickets of a page."""
    return {change.ticket.id for change in page.changes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[T]):
    """
    One page of a ticket's messages.

    Attributes:
        last: Whether it is the last one; None: the answer does not say.
    """

    items: Sequence[T]
    last: bool | None = None


async def read_parts(fetch: Callable[[int], Awaitable[Part[T]]], name: Callable[[T], str]) -> tuple[T, ...]:
    """
    Everything that comes in pages numbered from 1, each once; where no page is said to be the last, until one has
    nothing new.

    Raises:
        Unavailable: There is no end.
    """
    found: dict[str, T] = {}
    for number in range(1, MOST_PARTS + 1):
        part = await fetch(number)
        new = {name(item): item for item in part.items if name(item) not in found}
        found |= new
        if part.last or not new:
            return tuple(found.values())
    raise Unavailable("The vendor's list of this ticket's messages has no end.")
