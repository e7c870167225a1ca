"""When a channel reads how many missed messages were found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bot.inbound.chats.catchup import CatchUp, Found, is_worth_saying
from tests.support.clocks import ManualClock
from tests.support.database import NOON, write
from tests.support.one_message import THREAD


@pytest.mark.parametrize(
    ("amount", "age", "said"),
    [
        (1, timedelta(seconds=5), False),
        (4, timedelta(seconds=119), False),
        (5, timedelta(seconds=1), True),
        (400, timedelta(0), True),
        (1, timedelta(minutes=2), True),
        (1, timedelta(days=3), True),
        (1, timedelta(minutes=-10), False),
    ],
)
def test_only_many_or_old_messages_are_worth_a_line(amount: int, age: timedelta, *, said: bool) -> None:
    """A restart of some seconds finds a message or two, and nobody has to read of that."""
    assert is_worth_saying(Found(amount, NOON - age), NOON) is said


async def test_a_thread_that_belongs_to_no_ticket_any_more_has_nothing_to_route(tmp_path: Path) -> None:
    """It was read, and meanwhile its ticket got another one."""
    catchup = cast("CatchUp", SimpleNamespace(_clock=ManualClock()))
    assert await write(tmp_path / "db", lambda tx: CatchUp._route_one(catchup, THREAD, tx)) == []
