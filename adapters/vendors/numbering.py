"""Whether a vendor numbers its pages from 0 or from 1, where its documentation does not say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from adapters.vendors.paging import Page, ids_of


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
