"""
The pages of Next Commerce's list: they have no length that could be asked for, so a large one is read piece by piece.

That is done every few minutes. In between only its beginning is read, where the address of the next page stands. The
tickets behind that are read by themselves: whoever sweeps sees that open tickets of ours are not in the list. A ticket
that nobody knows yet is in a second, short list: that of the tickets which were made since yesterday. Where this one
is not short, because the large ticket is new itself, every second sweep reads the whole page.
"""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from typing import Any

from adapters.vendors.client.bodies import BodyDigest
from adapters.vendors.client.caching import ExpiringCache
from adapters.vendors.client.http import LARGEST_WHOLE_LIST, Query, TooLarge, VendorClient
from adapters.vendors.client.large_lists import CUT_OFF, LEFT_OUT
from adapters.vendors.client.responses import LARGEST_BODY
from adapters.vendors.client.smaller_pages import BEGINNING
from bot.clock import Clock

WHOLE_EVERY = 300.0
"""How many seconds pass between two readings of a whole large page, if nothing new can be behind its beginning."""
_LATELY = timedelta(days=2)
"""A filter has days only, and those of the store's own time zone."""


class LargePages:
    """The pages of one store's list, whatever their size."""

    def __init__(self, client: VendorClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        # Of each large page: whether it was read whole in the last sweep in which the short list did not help.
        self._large: ExpiringCache[bool] = ExpiringCache(clock, size=2000, seconds=WHOLE_EVERY)

    async def read(self, query: Query, *, whole: bool, digest: BodyDigest | None = None) -> Any:
        """
        The answer with one page; of a large one perhaps only its beginning, and what is new.

        Args:
            whole: Whether the tickets behind that must be there.
            digest: As for `VendorClient.read_page`; a page that is not read with one request is never unchanged.

        Raises:
            RemoteError
        """
        key = json.dumps(query, sort_keys=True)
        is_large = self._large.get(key) is not None
        try:
            return await self._page(query, BEGINNING if is_large and not whole else LARGEST_BODY, digest)
        except TooLarge as error:
            if error.beginning is None:
                raise
            if is_large and not whole and isinstance(error.beginning, dict) and "next" in error.beginning:
                beginning = _without_cut(error.beginning)
                lately = await self._lately(query)
                if lately is not None:
                    return _together(beginning, lately)
                if self._large.get(key):
                    self._large.put(key, False)
                    return beginning
        self._large.put(key, True)
        try:
            return await self._page(query, LARGEST_WHOLE_LIST)
        except TooLarge as error:
            if error.beginning is None:
                raise
            return error.beginning

    async def _lately(self, query: Query) -> list[Any] | None:
        """The tickets that were made lately, whatever page they are on; None: they are too many, or too large."""
        now = self._client.their_clock.now() or self._clock.now()
        first_day = (now.astimezone(UTC) - _LATELY).date()
        wanted = {name: value for name, value in query.items() if name != "cursor"}
        try:
            answer = await self._page({**wanted, "created_from": first_day.isoformat()}, BEGINNING)
        except TooLarge:
            return None
        tickets = answer.get("results") if isinstance(answer, dict) and not answer.get("next") else None
        return tickets if isinstance(tickets, list) else None

    async def _page(self, query: Query, most: int, digest: BodyDigest | None = None) -> Any:
        return await self._client.read_list("tickets", "", query=query, most=most, digest=digest)


def _together(beginning: dict[str, Any], lately: list[Any]) -> dict[str, Any]:
    """The beginning of a page, and the tickets that were made lately."""
    return beginning | {"results": [*lately, *(beginning.get("results") or ())]}


def _without_cut(answer: dict[str, Any]) -> dict[str, Any]:
    """The beginning without the ticket in which the reading stopped: nothing is known of it but its id."""
    tickets = answer.get("results")
    if isinstance(tickets, list) and tickets and tickets[-1].get(LEFT_OUT) == CUT_OFF:
        return answer | {"results": tickets[:-1]}
    return answer
