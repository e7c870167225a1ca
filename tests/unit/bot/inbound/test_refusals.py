"""What people were refused: counted each time, told once a day, whatever restarts in between."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.db.connection import Transaction
from bot.inbound.chats.refusals import MOST_TOLD, Refusals, tell_now
from bot.model import AgentId, ChatName, Door
from bot.outbound.clock_rollback import move_times_back
from tests.support.database import NOON, write

DISCORD, SLACK = ChatName("discord"), ChatName("slack")
ANN, BEN = AgentId("U1"), AgentId("U2")
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def test_a_refusal_is_counted_each_time() -> None:
    """By chat and door."""
    refusals = Refusals()
    for _ in range(3):
        refusals.add(SLACK, Door.MESSAGE)
    assert refusals.counts == {(SLACK, Door.MESSAGE): 3}


async def test_a_refusal_is_told_once_a_day(tmp_path: Path) -> None:
    """For each person in each chat; each time the file is opened anew, as by another process. A day later again."""
    told = [await write(tmp_path / "db", tell_now, SLACK, ANN, NOON) for _ in range(3)]
    assert told == [True, False, False]
    assert await write(tmp_path / "db", tell_now, DISCORD, ANN, NOON)
    assert await write(tmp_path / "db", tell_now, SLACK, BEN, NOON)
    assert not await write(tmp_path / "db", tell_now, SLACK, ANN, NOON + DAY - SECOND)
    assert await write(tmp_path / "db", tell_now, SLACK, ANN, NOON + DAY)


async def test_nobody_is_remembered_for_longer_than_a_day(tmp_path: Path) -> None:
    """The table holds only who was told within it."""

    def work(tx: Transaction) -> int:
        for number in range(100):
            tell_now(tx, SLACK, AgentId(f"U{number}"), NOON)
        tell_now(tx, SLACK, ANN, NOON + DAY)
        return len(tx._connection.execute("SELECT * FROM told_refusals").fetchall())

    assert await write(tmp_path / "db", work) == 1


async def test_of_a_crowd_only_some_are_told(tmp_path: Path) -> None:
    """Each would get a direct message, or a line in the thread; who was not told is told the next time."""

    def work(tx: Transaction) -> list[bool]:
        told = [tell_now(tx, DISCORD, AgentId(f"U{number}"), NOON) for number in range(30)]
        return [*told, tell_now(tx, SLACK, ANN, NOON), tell_now(tx, DISCORD, AgentId("U29"), NOON + 601 * SECOND)]

    told = await write(tmp_path / "db", work)
    assert told == [True] * MOST_TOLD + [False] * (30 - MOST_TOLD) + [True, True]


async def test_a_clock_that_was_ahead_keeps_nobody_untold(tmp_path: Path) -> None:
    """Set back by a year, it is a day until the next time, not a year."""

    def work(tx: Transaction) -> bool:
        tell_now(tx, SLACK, ANN, NOON + timedelta(days=365))
        move_times_back(tx, timedelta(days=365), NOON)
        return tell_now(tx, SLACK, ANN, NOON + DAY)

    assert await write(tmp_path / "db", work)
