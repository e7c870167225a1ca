"""What the dispatcher makes of failures within a transaction of others."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, nullcontext
from datetime import UTC, datetime

import pytest

from bot.model import Kind
from bot.outbound.dispatcher import BeginNext, Dispatcher, Turn, _Seen
from bot.outbound.ready_lanes import Look, ReadyLane
from bot.ports import Limit
from tests.support.clocks import ManualClock
from tests.support.waiting import until

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


def turn_of(dispatcher: Dispatcher, number: int, *ended: Turn) -> Turn:
    """The turn that begins within a transaction in which these turns end."""
    chosen = dispatcher.choose(_Seen(number, Look({"slack": [_LANE]}, None, 0.0), ended))
    assert chosen is not None
    (turn,) = chosen
    return turn


def unlimited(wake: asyncio.Event, begin_next: BeginNext = lambda *_: None) -> Dispatcher:
    return Dispatcher({"slack": None}, begin_next, lambda *_: None, wake, ManualClock())


async def test_a_lane_whose_delivery_is_not_due_any_more_can_have_its_next_turn() -> None:
    """As when the clock was set back: nothing was begun, so nothing would ever end that turn."""
    wake = asyncio.Event()
    dispatcher = unlimited(wake)
    turn = turn_of(dispatcher, 1)
    wake.clear()
    with closing(sqlite3.connect(":memory:")) as connection:
        dispatcher.committed(dispatcher.carry_out(connection, [turn]))
    await until(wake.is_set)
    assert dispatcher.must_look
    assert turn_of(dispatcher, 2) is not turn


@pytest.mark.parametrize(
    ("error", "ends"), [(sqlite3.OperationalError("disk I/O error"), False), (LookupError("nobody"), True)]
)
def test_what_was_undone_leaves_its_lane_free(error: Exception, *, ends: bool) -> None:
    """A defect ends the outbox, with its reason; what the database refuses, the next statement meets as well."""
    wake = asyncio.Event()
    dispatcher = unlimited(wake)
    turn = turn_of(dispatcher, 1)
    wake.clear()
    dispatcher.undone([turn], error)
    assert wake.is_set()
    with pytest.raises(LookupError) if ends else nullcontext():
        dispatcher.raise_defect()
    assert turn_of(dispatcher, 2) is not turn


def test_a_turn_that_has_ended_does_not_end_the_next_one_of_its_lane() -> None:
    """The transaction in which it was to end was undone; the next one hears of it when another turn is running."""
    dispatcher = unlimited(asyncio.Event())
    first = turn_of(dispatcher, 1)
    dispatcher.end(first)
    turn_of(dispatcher, 2)
    assert dispatcher.choose(_Seen(3, Look({"slack": [_LANE]}, None, 0.0), (first,))) is None
