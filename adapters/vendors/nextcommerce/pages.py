"""
The pages of Next Commerce's list: they have no length that could be asked for, so a large one is read piece by piece.

That is done every few minutes. In between only its beginning is read, where the address of the next page stands. The
tickets behind that are read by themselves: whoever sweeps sees that open tickets of ours are not in the list.
"""

from __future__ import annotations

import json
from typing import Any

from adapters.vendors.client.caching import ExpiringCache
from adapters.vendors.client.http import LARGEST_WHOLE_LIST, Query, TooLarge, VendorClient
from adapters.vendors.client.large_lists import CUT_OFF, LEFT_OUT
from adapters.vendors.client.responses import LARGEST_BODY
from adapters.vendors.client.smaller_pages import BEGINNING
from bot.clock import Clock

WHOLE_EVERY = 300.0
"""How many seconds pass between two readings of a whole large page."""


class LargePages:
    """The pages of one store's list, whatever their size."""

    def __init__(self, client: VendorClient, clock: Clock) -> None:
        self._client = client
        self._read: ExpiringCache[bool] = ExpiringCache(clock, size=2000, seconds=WHOLE_EVERY)

    async def read(self, query: Query, *, whole: bool) -> Any:
        """
        The answer with one page; of a large one perhaps only its beginning.

        Args:
            whole: Whether the tickets behind that must be there.

        Raises:
            RemoteError
        """
        key = json.dumps(query, sort_keys=True)
        was_read = self._read.get(key) is not None and not whole
        try:
            return await self._page(query, BEGINNING if was_read else LARGEST_BODY)
        except TooLarge as error:
            if error.beginning is None:
                raise
            if was_read and isinstance(error.beginning, dict) and "next" in error.beginning:
                return _without_cut(error.beginning)
        self._read.put(key, True)
        try:
            return await self._page(query, LARGEST_WHOLE_LIST)
        except TooLarge as error:
            if error.beginning is None:
                raise
            return error.beginning

    async def _page(self, query: Query, most: int) -> Any:
        return await self._client.read_list("tickets", "", query=query, most=most)


def _without_cut(answer: dict[str, Any]) -> dict[str, Any]:
    """The beginning without the ticket in which the reading stopped: nothing is known of it but its id."""
    tickets = answer.get("results")
    if isinstance(tickets, list) and tickets and tickets[-1].get(LEFT_OUT) == CUT_OFF:
        return answer | {"results": tickets[:-1]}
    return answer
