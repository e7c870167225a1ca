"""Which lanes have something to do: what it costs to find out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.model import Kind, LinePayload
from bot.outbound.ready_lanes import look_for_lanes
from bot.tickets.enqueue import add_delivery
from tests.support.clocks import ManualClock
from tests.support.database import NOON, write


@pytest.mark.parametrize("state", ["waiting", "begun", "uncertain"])
async def test_a_look_does_not_read_what_waits_behind_the_first_of_a_lane(tmp_path: Path, state: str) -> None:
    """A ticket with twenty thousand messages makes no look slower, whatever becomes of its first post."""

    def work(tx: Transaction) -> list[int]:
        for lane in ("thread:1", "thread:2"):
            wait(tx, lane, 1)
        tx._connection.execute("UPDATE deliveries SET state = ?", (state,))
        steps = []
        for amount in (1, 500):
            wait(tx, "thread:1", amount)
            steps.append(_steps(tx))
        return steps

    few, many = await write(tmp_path / "db", work)
    assert few == many


def wait(tx: Transaction, lane: str, amount: int) -> None:
    """Queue so many lines in a lane."""
    for number in range(amount):
        add_delivery(tx, Kind.LINE, lane, "chat:slack", NOON, payload=LinePayload(text=str(number)))


def _steps(tx: Transaction) -> int:
    """How many steps of SQLite's virtual machine a look takes."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    tx._connection.set_progress_handler(count, 1)
    look_for_lanes(tx, ["chat:slack"], ManualClock(NOON))
    tx._connection.set_progress_handler(None, 0)
    return steps
