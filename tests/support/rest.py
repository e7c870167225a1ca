"""Waiting until a bridge has nothing more to do: whoever promises "once" looks again after that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.model import State
from tests.support.waiting import until

Rows = Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]]
"""What a statement of the program finds in a bridge's database."""

SWEEPS = 3
"""So many sweeps more show whether something is taken for news a second time."""


async def all_finished(rows: Rows, *may_stay: State) -> None:
    """Wait until no delivery is unfinished, except those in a state that may stay."""
    left: list[tuple[str, str, str | None]] = []

    async def finished() -> bool:
        found = [row for row in await rows("unfinished_deliveries") if row["state"] not in may_stay]
        left[:] = [(row["kind"], row["state"], row["error"]) for row in found]
        return not left

    try:
        await until(finished)
    except AssertionError as error:
        raise AssertionError(f"still undelivered: {left}") from error


async def nothing_on_its_way(rows: Rows, *may_stay: State) -> None:
    """Wait until every delivery is finished, except those in a state that may stay, and no lane runs."""
    await all_finished(rows, *may_stay)
    await until(lambda: not [task for task in asyncio.all_tasks() if task.get_name().startswith("lane ")])
