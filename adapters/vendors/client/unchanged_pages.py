"""
The pages of a store's list that come again as they were: they are known by their bytes, and not read anew.

What is made of a page depends on its bytes alone. Its tickets are compared with what is recorded all the same, in every
sweep: so what was not recorded, or changed here, still counts as changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx

from adapters.vendors.client.bodies import BodyDigest, list_of
from adapters.vendors.client.paging import Page, is_read_whole
from adapters.vendors.client.parsing import ListedTicket
from bot.model import TicketId
from bot.ports import VendorTools

W = TypeVar("W", bound=ListedTicket)

MOST_TICKETS = 5_000
"""So many tickets of one store are kept from one sweep to the next, about 0.6 kB each."""


class TicketsOfPage(dict[TicketId, W], Generic[W]):
    """A page's tickets as its vendor wrote them; if it is unchanged, they are read when needed."""

    def __init__(self) -> None:
        super().__init__()
        self._unread: list[Callable[[], object]] = []

    def __missing__(self, ticket: TicketId) -> W:
        for read in self._unread:
            read()
        self._unread.clear()
        return dict.__getitem__(self, ticket) if ticket in self else _unknown(ticket)

    def clear(self) -> None:
        super().clear()
        self._unread.clear()

    def read_later(self, read: Callable[[], object]) -> None:
        """`read` puts tickets here."""
        self._unread.append(read)


def _unknown(ticket: TicketId) -> Any:
    raise KeyError(ticket)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A page, the digest of its bytes, and the request that it answers."""

    digest: bytes
    request: httpx.Request | None
    page: Page


class UnchangedPages:
    """
    The pages of one store's list as the last sweep read them, by what was asked for.

    They are kept with those of all other stores (`KeptValues`): what has no room there is read anew each time.
    """

    def __init__(self, tools: VendorTools) -> None:
        self._kept = tools.kept
        self._clock = tools.clock
        self._before: set[Hashable] = set()
        self._now: set[Hashable] = set()
        self._room = 0

    def sweep_begins(self, *, full: bool) -> None:
        """
        Forget what the last sweep did not read.

        Args:
            full: Whether every page is read, most of them only this time: then what is kept stays as it is.
        """
        if self._now:
            for key in self._before - self._now:
                self._kept.drop((self, key))
            self._before, self._now = self._now, set()
        self._room = 0 if full else MOST_TICKETS

    async def read(
        self,
        key: Hashable,
        request: Callable[[BodyDigest], Awaitable[Any]],
        page_of: Callable[[Any], Page],
        tickets: TicketsOfPage[Any] | None = None,
    ) -> Page:
        """
        A page, which `page_of` makes of what `request` returns unless that is unchanged; beside the event loop if it is
        too large to be known again.

        Args:
            key: What is asked for, and all that `page_of` depends on besides.
            tickets: Where `page_of` puts the page's tickets.

        Raises:
            RemoteError: As `request` and `page_of`; then nothing new is kept.
        """
        kept: _Kept | None = self._kept.use((self, key), self._clock.monotonic())
        digest = BodyDigest() if kept is None else BodyDigest(kept.digest, kept.request)
        value = await request(digest)
        if kept is not None and digest.unchanged is not None:
            page, body = kept.page, digest.unchanged
            if tickets is not None:
                tickets.read_later(lambda: page_of(list_of(body)))
        else:
            page = page_of(value) if digest.value else await asyncio.to_thread(page_of, value)
        size = len(page.changes)
        if digest.value and 0 < size <= self._room and is_read_whole(page):
            again = _Kept(digest.value, digest.request, page)
            if self._kept.keep((self, key), again, size, self._clock.monotonic()):
                self._room -= size
                self._now.add(key)
        return page
