"""When agents' pages are looked over again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from bot.db.connection import Database
from bot.db.rows import to_ms
from bot.inbound.chats.homes import Homes
from bot.inbound.chats.listed_stores import ListedStores
from bot.tickets.rules_from_settings import Rules
from tests.support.clocks import ManualClock
from tests.support.waiting import until


class _SlowDatabase:
    """Takes so many seconds to say that somebody looks at a page, which no chat here can show."""

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds

    async def read(self, _work: Callable[..., object]) -> list[dict[str, object]]:
        self._clock.advance(self._seconds)
        return [{"chat": "nowhere", "agent": "u1", "opened_at": to_ms(self._clock.now())}]


async def _rests(seconds: float) -> float:
    """For how long the database is left alone after it has worked so long."""
    clock = ManualClock()
    database = cast("Database", _SlowDatabase(clock, seconds))
    task = asyncio.create_task(Homes(database, cast("Rules", None), clock, {}, cast("ListedStores", None)).run())
    await until(lambda: len(clock.slept) > 1, "it has rested twice")
    task.cancel()
    return clock.slept[1]


async def test_pages_take_no_more_than_half_of_the_time() -> None:
    """With very many open tickets they are looked over less often; else every five seconds."""
    assert await _rests(0.1) == 5
    assert await _rests(40) == 40
