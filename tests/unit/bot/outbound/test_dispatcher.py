"""What the dispatcher makes of failures within a transaction of others."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.model import Kind
from bot.outbound.dispatcher import Dispatcher, _Seen
from bot.outbound.ready_lanes import Look, ReadyLane
from bot.ports import Limit
from tests.support.clocks import ManualClock

_LANE = ReadyLane(
    lane="slack 1",
    store="shop",
    ticket=None,
    kind=Kind.LINE,
    place=None,
    due_at=datetime(2026, 1, 1, tzinfo=UTC),
    delivery=1,
)


def wrong(_: ReadyLane) -> Limit | None:
    raise LookupError("a limit of nothing")


def test_a_defect_while_lanes_are_chosen_is_raised_by_the_outbox() -> None:
    """In the event loop's callback nobody would hear of it, and the lanes would stand still without a word."""
    wake = asyncio.Event()
    dispatcher = Dispatcher({"slack": wrong}, lambda *_: None, lambda *_: None, wake, ManualClock())
    seen = _Seen(1, Look({"slack": [_LANE]}, None, 0.0), ())
    assert dispatcher.choose(seen) is None
    assert wake.is_set()
    with pytest.raises(LookupError):
        dispatcher.raise_defect()
