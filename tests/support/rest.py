"""Waiting until a bridge has nothing more to do: whoever promises "once" looks again after that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.model import State
from tests.support.waiting import PATIENCE, until

Rows = Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]]
"""What a statement of the program finds in a bridge's database."""

SWEEPS = 3
"""So many sweeps more show whether something is taken for news a second time."""

_FOR_A_PERSON = frozenset({State.HELD, State.FAILED})


async def all_finished(rows: Rows, *, but: frozenset[State] = frozenset(), seconds: float = PATIENCE) -> None:
    """Wait until no delivery is unfinished, except those that are in such a state."""
    deadline = asyncio.get_running_loop().time() + seconds
    while left := [row for row in await rows("unfinished_deliveries") if row["state"] not in but]:
        told = [(row["kind"], row["state"], row["error"]) for row in left]
        assert asyncio.get_running_loop().time() < deadline, f"still undelivered: {told}"
        await asyncio.sleep(0.01)


async def nothing_on_its_way(rows: Rows) -> None:
    """Wait until nothing will be delivered by itself; what has failed or is held waits for a person, and may stay."""
    await all_finished(rows, but=_FOR_A_PERSON)
    await until(lambda: not [task for task in asyncio.all_tasks() if task.get_name().startswith("lane ")])
