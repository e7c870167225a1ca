"""Work that goes on after its event was acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from bot.errors import RemoteError

_log = structlog.get_logger(__name__)

_FINISH_SECONDS = 4.0

_Result = TypeVar("_Result")


class BackgroundTasks:
    """Tasks that somebody waits for, kept until they are done; if one fails, the log says so."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
        """Begin some work; it runs to its end, or until `finish` cancels it."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        problem = task.exception()
        if isinstance(problem, RemoteError):
            _log.warning("slack answer not shown", reason=problem.user_message)
        elif problem is not None:
            _log.error("slack background task failed", exc_info=problem)

    async def finish(self) -> None:
        """Wait some seconds for the running tasks, then cancel them."""
        if not self._running:
            return
        _, late = await asyncio.wait(set(self._running), timeout=_FINISH_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
