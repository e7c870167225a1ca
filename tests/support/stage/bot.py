"""The bot of a scenario: the real `App` in this process, on a database that outlives it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from bot.app import App
from bot.db.connection import Database, Transaction
from bot.drawing.chart import Chart
from bot.errors import RateLimited, RemoteError
from bot.inbound.chats.figures import Draw
from bot.outbound.retry import Decider, Decision, Postpone, Schedule
from bot.settings import LoadedSettings, load
from bot.wiring import World, build_world
from tests.support.clocks import STAGE_SPEED, StageClock
from tests.support.rest import all_finished
from tests.support.waiting import PATIENCE, until

_QUICK = Schedule(retries=(0.05, 0.1, *(0.2,) * 40), reconcile_delays=(0.05, 0.1, 0.3), refused_delay=0.3)
_WAITING_REPLIES = """
SELECT m.text FROM deliveries AS d JOIN messages AS m ON m.id = d.message WHERE d.kind = 'reply' AND d.state = 'waiting'
"""
_UNDO_TIME_IS_OVER = """
UPDATE deliveries SET due_at = due_at - 1000 * 300 WHERE kind IN ('reply', 'note') AND state = 'waiting'
"""


class QuickDecider(Decider):
    """What the adapters are told to wait is in that clock's seconds, too."""

    def after_failure(
        self, error: RemoteError, attempts: int, *, retries_forever: bool, may_be_repeated: bool = False
    ) -> Decision:
        decision = super().after_failure(
            error, attempts, retries_forever=retries_forever, may_be_repeated=may_be_repeated
        )
        if isinstance(error, RateLimited) and isinstance(decision, Postpone):
            return replace(decision, seconds=decision.seconds / STAGE_SPEED)
        if error.retry_after and isinstance(decision, Postpone):
            return replace(decision, seconds=max(error.retry_after / STAGE_SPEED, 0.05))
        return decision


PICTURE = b"\x89PNG\r\n\x1a\nnot drawn"


async def drawn_at_once(_: Chart) -> bytes | None:
    """A picture for which no process has to be started."""
    return PICTURE


class Bridge:
    """The bot in this process; it can be stopped and started again on its database."""

    def __init__(self, settings: Mapping[str, str], database: Path) -> None:
        self.settings = dict(settings)
        self.database = database
        self.loaded: LoadedSettings | None = None
        self.outside: World | None = None
        self._app: App | None = None
        self._open: Database | None = None
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self.draw: Draw | None = drawn_at_once

    @property
    def app(self) -> App:
        assert self._app is not None, "the bot does not run"
        return self._app

    @property
    def runs(self) -> bool:
        return self._running is not None

    async def start(self, *, ready: bool = True) -> None:
        """Start on the database as it was left; with `ready`, wait until both chats and every store were reached."""
        clock, random = StageClock(), Random(1)
        with patch.dict(os.environ, {**self.settings, "DATABASE_PATH": str(self.database)}, clear=True):
            self.loaded = loaded = load(env_file=None)
        self.outside = build_world(loaded, clock)
        self._open = await Database.open(self.database)
        self._stop = asyncio.Event()
        decider = QuickDecider(_QUICK, random)
        self._app = App(loaded, self.outside, self._open, clock, decider, random, draw=self.draw)
        self._running = asyncio.create_task(self._app.run(self._stop), name="the bot")
        if ready:
            await self.ready()

    async def ready(self, seconds: float = PATIENCE) -> None:
        """Wait until `readyz` would say so."""
        deadline = asyncio.get_running_loop().time() + seconds
        while missing := await self.app.health.not_ready():
            if self._running is not None and self._running.done():
                self._running.result()
            assert asyncio.get_running_loop().time() < deadline, f"not ready: {missing}"
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stop in order, as SIGTERM does."""
        if self._running is None or self.outside is None or self._open is None:
            return
        self._stop.set()
        try:
            await self._running
        finally:
            await self.outside.aclose()
            await self._open.aclose()
            self._running = self._app = self._open = None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """What one of the program's statements finds in the database now, whether the bot runs or not."""

        def read(tx: Transaction) -> list[dict[str, Any]]:
            return [dict(row) for row in tx.all(statement, **values)]

        if self._open is not None:
            return await self._open.read(read)
        database = await Database.open_to_read(self.database)
        try:
            return await database.read(read)
        finally:
            await database.aclose()

    async def undo_time_passes(self, *texts: str) -> None:
        """
        For all that waits for it, however long it would be: the outcome of a scenario does not depend on its speed.

        Args:
            texts: Wait first until exactly these replies wait.
        """
        database = self._open
        assert database is not None, "the bot does not run"

        def waiting(tx: Transaction) -> list[str]:
            return sorted(row["text"] for row in tx._connection.execute(_WAITING_REPLIES))

        async def they_wait() -> bool:
            return await database.read(waiting) == sorted(texts)

        def is_over(tx: Transaction) -> None:
            tx._connection.execute(_UNDO_TIME_IS_OVER)

        if texts:
            await until(they_wait, f"{list(texts)} wait")
        await database.write(is_over)
        self.app.outbox.wake()

    async def drained(self) -> None:
        """Wait until nothing waits to be delivered, is held or has failed."""
        await all_finished(self.rows)
