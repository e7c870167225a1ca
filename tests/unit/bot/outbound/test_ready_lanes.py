"""Which lanes have something to do: what it costs to find out, and for which limit they wait."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bot.db.connection import Transaction
from bot.model import ChannelId, ChatName, Kind, LinePayload, Place, ThreadId
from bot.outbound.ready_lanes import ReadyLane, chat_limit, look_for_lanes
from bot.ports import Chat, Limit
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


class _Posts:
    """A chat that allows no post for a minute."""

    def limit(self, kind: Kind, place: Place) -> Limit:
        return Limit(f"{kind} {place.channel}", 60.0)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.REPLY, Kind.NOTE, Kind.STATUS)])
def test_a_search_waits_for_no_post(kind: Kind) -> None:
    """What may have arrived is looked for at once; what is simply made again has the limit of its kind."""
    place = Place(chat=ChatName("slack"), channel=ChannelId("C1"), thread=ThreadId("1.1"))
    lane = ReadyLane(lane="thread:1", store="main", ticket=None, kind=kind, place=place, due_at=NOON, delivery=1)
    limit = chat_limit(cast("Chat", _Posts()))
    assert limit(lane) == Limit(f"{kind} C1", 60.0)
    is_searched = kind not in (Kind.CARD, Kind.ERASE, Kind.MARK)
    searched = Limit("search C1", 0.0) if is_searched else Limit(f"{kind} C1", 60.0)
    assert limit(replace(lane, is_uncertain=True)) == searched
