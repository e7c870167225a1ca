"""
A page of a store's list that is too large is read in smaller pages, down to single tickets.

Of a ticket that is too large by itself only the beginning is read: by its id it is told of, and the others are shown.
Which pages are too large is remembered, so that they are not sent again and again only to be thrown away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from adapters.vendors.client.caching import ExpiringCache
from adapters.vendors.client.http import LARGEST_WHOLE_LIST, TooLarge
from adapters.vendors.client.paging import Page, ids_of
from adapters.vendors.client.responses import LARGEST_BODY
from bot.clock import Clock

LARGEST_SINGLE = LARGEST_BODY + 64 * 1024
"""The largest page of one ticket. It is a little more than a ticket that is read by itself: what can be read, is."""
BEGINNING = 512 * 1024
"""So many bytes are read of what is known to be too large: enough to see which ticket it is."""
REMEMBERED_FOR = 3600.0
"""After so many seconds it is tried again whether a page is still too large."""

PageOf = Callable[[Any], Page]
"""Reads a page from an answer, also from the beginning of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """
    How a store's list is read.

    Attributes:
        fetch: Reads a page by its number, counted from 1, its length, and how many bytes it may have; may raise
            `TooLarge`.
        name: Tells this list from others of the store.
    """

    fetch: Callable[[int, int, int], Awaitable[Page]]
    page_of: PageOf
    name: str = ""


async def beginning_of(error: TooLarge, page_of: PageOf) -> Page:
    """
    What can be read of a page that is too large.

    Raises:
        TooLarge: Its beginning is not that of a list.
    """
    if error.beginning is None:
        raise error
    return await asyncio.to_thread(page_of, error.beginning)


class SmallerPages:
    """The pages of one store's lists, those that are too large put together from smaller ones."""

    def __init__(self, clock: Clock) -> None:
        self._large: ExpiringCache[frozenset[str]] = ExpiringCache(clock, size=2000, seconds=REMEMBERED_FOR)

    async def read(self, number: int, length: int, listing: Listing) -> Page:
        """
        Page `number` of `length` tickets, counted from 1.

        Raises:
            RemoteError: Also `TooLarge`, if what came is no list at all.
        """
        key = f"{number} {length} {listing.name}"
        if length == 1:
            return await self._single(number, listing, key)
        if self._large.get(key) is None:
            try:
                return await listing.fetch(number, length, LARGEST_BODY)
            except TooLarge as error:
                if len((await beginning_of(error, listing.page_of)).found) > length:
                    # This server does not know lengths: smaller pages would be the same.
                    return await self._whole(number, length, listing)
                self._large.put(key, frozenset())
        return await self._in_parts(number, length, listing)

    async def _in_parts(self, number: int, length: int, listing: Listing) -> Page:
        smaller = smaller_length(length)
        ratio = length // smaller
        parts: list[Page] = []
        total = pages = None
        for part in range((number - 1) * ratio + 1, number * ratio + 1):
            page = await self.read(part, smaller, listing)
            parts.append(page)
            # The beginning of a large page may say neither.
            total = total if page.total is None else page.total
            pages = pages if page.pages is None else page.pages
            if not page.found or page.last or (pages is not None and part >= pages):
                break
        return Page(
            changes=[change for page in parts for change in page.changes],
            nameless=[one for page in parts for one in page.nameless],
            total=total,
            pages=None if pages is None else -(-pages // ratio),
            last=parts[-1].last,
        )

    async def _single(self, number: int, listing: Listing, key: str) -> Page:
        known = self._large.get(key)
        if known is not None:
            try:
                page = await listing.fetch(number, 1, BEGINNING)
            except TooLarge as error:
                page = await beginning_of(error, listing.page_of)
                if ids_of(page) == known:
                    return page
            else:
                self._large.forget(key)
                return page
        try:
            page = await listing.fetch(number, 1, LARGEST_SINGLE)
        except TooLarge as error:
            page = await beginning_of(error, listing.page_of)
            if len(page.found) > 1:
                return await self._whole(number, 1, listing)
            self._large.put(key, frozenset(ids_of(page)))
        else:
            self._large.forget(key)
        return page

    async def _whole(self, number: int, length: int, listing: Listing) -> Page:
        try:
            return await listing.fetch(number, length, LARGEST_WHOLE_LIST)
        except TooLarge as error:
            return await beginning_of(error, listing.page_of)


def smaller_length(length: int) -> int:
    """The length of the pages of which a whole number makes one of `length`: a quarter of it, or less."""
    return max((part for part in range(1, length // 4 + 1) if length % part == 0), default=1)
