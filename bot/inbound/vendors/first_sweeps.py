"""The first sweeps after the start: of many stores only a few begin at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_AT_ONCE = 20
_LONGEST = 1.0
"""After so many seconds a sweep that goes on makes way: a store that does not answer must not keep others waiting."""


class FirstSweeps:
    """
    Lets the stores' first sweeps begin a few at a time.

    What a thousand requests need at the same moment is hardly ever given back to the system.
    """

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until a sweep may begin; it may take as long as it needs."""
        await self._turns.acquire()
        held = True

        def release() -> None:
            nonlocal held
            if held:
                held = False
                self._turns.release()

        makes_way = asyncio.get_running_loop().call_later(_LONGEST, release)
        try:
            yield
        finally:
            makes_way.cancel()
            release()
