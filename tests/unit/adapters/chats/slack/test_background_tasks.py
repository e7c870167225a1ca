"""Work that goes on after its event was acknowledged: a failure is logged, and stopping waits only some seconds."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.chats.slack.background_tasks import BackgroundTasks
from bot.errors import Unavailable

pytestmark = pytest.mark.simulated


async def fails(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "level", "event"),
    [
        (Unavailable("Slack cannot be reached."), "warning", "slack answer not shown"),
        (ValueError("a defect"), "error", "slack background task failed"),
    ],
)
async def test_a_failure_is_logged_and_ends_nothing_else(error: Exception, level: str, event: str) -> None:
    """An answer that Slack does not take is a warning; a defect is an error with its traceback."""
    tasks = BackgroundTasks()
    with capture_logs() as logged:
        failing, working = tasks.start(fails(error)), tasks.start(asyncio.sleep(1, "done"))
        assert await working == "done"
        await asyncio.gather(failing, return_exceptions=True)
    assert [(each["log_level"], each["event"]) for each in logged] == [(level, event)]


async def test_stopping_waits_for_what_ends_soon_and_cancels_the_rest() -> None:
    """Both within some seconds; a cancelled task is no failure."""
    tasks = BackgroundTasks()
    await tasks.finish()
    soon, never = tasks.start(asyncio.sleep(1, "done")), tasks.start(asyncio.sleep(3600))
    began = asyncio.get_running_loop().time()
    with capture_logs() as logged:
        await tasks.finish()
    assert (soon.done(), soon.result(), never.cancelled()) == (True, "done", True)
    assert asyncio.get_running_loop().time() - began < 5
    assert logged == []
