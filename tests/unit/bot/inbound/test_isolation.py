"""One defect ends nothing else: what becomes of an unexpected exception, and of a connection that ends."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.errors import AuthFailed, DatabaseError, RateLimited, Unavailable
from bot.inbound.isolation import defects_as_unavailable, keep_connected, keep_running
from bot.ports import Intake
from tests.support.clocks import StandingClock
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until


def test_a_defect_counts_as_an_outage() -> None:
    """It is named by its kind, so that nothing of what it holds is shown, and logged with its traceback."""
    with (
        capture_logs() as logged,
        pytest.raises(Unavailable, match=r"the sweep \(KeyError\)"),
        defects_as_unavailable("the sweep"),
    ):
        raise KeyError("a customer's words")
    assert [(each["event"], each["where"]) for each in logged] == [("unexpected exception", "the sweep")]


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("Slowly.", retry_after=3.0),
        DatabaseError("The disk is full."),
        ExceptionGroup("two tasks", [KeyError("x"), DatabaseError("The disk is full.")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_no_defect_passes_unchanged(error: Exception) -> None:
    """An adapter's own error, and one of the database, also of several tasks at once: nothing goes on without that."""
    with pytest.raises(type(error)) as raised, defects_as_unavailable("the sweep"):
        raise error
    assert raised.value is error


class Ending(MemoryChat):
    """A chat whose connection ends in all possible ways, one after the other, and then lasts."""

    ends: list[Exception]
    runs: int = 0

    async def run(self, intake: Intake) -> None:
        self.runs += 1
        if self.ends:
            raise self.ends.pop(0)
        await super().run(intake)


class Nobody:
    """Takes part in no conversation."""

    def gap_possible(self, _chat: str) -> None: ...

    async def connected(self, _chat: str) -> None: ...


async def test_a_connection_that_ends_is_made_again_after_a_minute() -> None:
    """Refused, lost or broken by a defect; that it was refused is an error in the log, for a person must act."""
    chat, clock = Ending(), StandingClock()
    chat.ends = [AuthFailed("The token is wrong."), Unavailable("No answer."), ZeroDivisionError()]
    with capture_logs() as logged:
        running = asyncio.create_task(keep_connected(chat, Nobody(), clock))  # type: ignore[arg-type]
        await until(chat.connected.is_set)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert (chat.runs, clock.slept) == (4, [60.0, 60.0, 60.0])
    assert [each["log_level"] for each in logged] == ["error", "warning", "error", "warning"]


async def test_a_task_that_ends_by_a_defect_begins_again_after_a_minute() -> None:
    """Until it returns by itself. An error of the database ends it for good, and so does the end of the bridge."""
    ends: list[Exception] = [OverflowError("the year 0"), Unavailable("No answer."), KeyError("x")]
    clock = StandingClock()

    async def run() -> None:
        if ends:
            raise ends.pop(0)

    with capture_logs() as logged:
        await keep_running("reminders", run, clock)
    assert clock.slept == [60.0, 60.0, 60.0]
    assert [each["log_level"] for each in logged] == ["error", "warning", "warning", "error", "warning"]
    ends.append(DatabaseError("The disk is full."))
    with pytest.raises(DatabaseError):
        await keep_running("reminders", run, clock)
