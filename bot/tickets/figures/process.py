"""
Counting in a process of its own what takes long: one question at a time, within a time, and without it if that fails.

So nobody else waits for the database or the processor meanwhile. This module is also the program that counts.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from bot.db.connection import Database
from bot.model import Colleague, Hours, StoreName
from bot.tickets.figures.stats import Report, report

_log = structlog.get_logger(__name__)

SECONDS = 30.0
"""So long somebody waits for an answer, also while another one is counted. It takes some seconds at most."""
_PACKAGES = Path(__file__).parents[3]
_NICENESS = 5
"""The bridge comes first."""
_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What has to be counted, in which file; the rest is as `report` takes it."""

    database: Path
    hours: Mapping[StoreName, Hours | None]
    days: int
    now: datetime
    zone: ZoneInfo
    colleagues: tuple[Colleague, ...]
    masks_emails: bool = False


class Counting:
    """
    Counts for the running bridge.

    Args:
        seconds: How long it may take.
    """

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._turn = asyncio.Lock()

    async def __call__(self, question: Question) -> Report | None:
        """The figures; None: they could not be counted in time, and the log says why."""
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                return await _ask(question)
        except TimeoutError:
            _log.warning("figures not counted", reason=f"it took longer than {self._seconds:g} seconds")
        except OSError as error:
            _log.warning("figures not counted", reason=str(error))
        return None


async def _ask(question: Question) -> Report | None:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # it reads no modules of the working directory
        "-m",
        __name__,
        # None of our settings, in which there are secrets.
        env={**kept, "LANG": "C.UTF-8", "PYTHONPATH": str(_PACKAGES)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        found, said = await process.communicate(pickle.dumps(question))
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())
    if process.returncode == 0:
        answer: Report = pickle.loads(found)  # noqa: S301 - it comes from this program
        return answer
    last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
    _log.warning("figures not counted", reason=last[-_SHOWN:] or f"exit code {process.returncode}")
    return None


async def _count(question: Question) -> Report:
    database = await Database.open_to_read(question.database)
    try:
        counted = partial(report, masks_emails=question.masks_emails)
        return await database.read(
            counted, question.hours, question.days, question.now, question.zone, question.colleagues
        )
    finally:
        await database.aclose()


def main() -> None:
    """Read a question, and write its answer."""
    os.nice(_NICENESS)
    question: Question = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - it comes from this program
    sys.stdout.buffer.write(pickle.dumps(asyncio.run(_count(question))))


if __name__ == "__main__":
    main()
