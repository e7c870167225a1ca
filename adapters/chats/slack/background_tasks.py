"""Work that goes on after its event was acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from bot.errors import RemoteError

_log = logging.getLogger(__name__)

_FINISHING = 4.0

_Result = TypeVar("_Result")


class Errands:
    """Tasks that somebody waits for, kept until they are done; those that fail are told to the log."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
        """Begin with something; it is finished, or ended by `finish`."""
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
            _log.warning("an answer did not reach its asker in Slack: %s", problem.told)
        elif problem is not None:
            _log.error("an errand in Slack failed", exc_info=problem)

    async def finish(self) -> None:
        """Wait some seconds for what is running, then end it."""
        if not self._running:
            return
        _, late = await asyncio.wait(set(self._running), timeout=_FINISHING)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
