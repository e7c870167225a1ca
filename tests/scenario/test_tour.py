"""The tour as `shopbell sandbox --tour` plays it: the bot in a process of its own, real SDKs, every step checked."""

from __future__ import annotations

import pytest

from bot.sandbox.tour import play
from bot.sandbox.tour_steps import STEPS
from bot.sandbox.world import PracticeWorld
from tests.support.openapi.discord import check_exchange, check_user_agent
from tests.support.slack_arguments import check_arguments
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.takes(20)


def watched() -> PracticeWorld:
    """A practice world that holds every request against what the platforms describe; it waits for a busy machine."""
    world = PracticeWorld(patience=PATIENCE)
    world.discord.http_server.observers += [check_exchange, check_user_agent]
    world.slack.http_server.observers.append(check_arguments)
    return world


async def test_the_tour_comes_out_as_it_must() -> None:
    """The story through all stores and both chats, with one crash in its middle, passes every check."""
    told: list[str] = []
    world = watched()
    assert await play(told.append, world), "\n".join(told)
    assert world.discord.http_server.observer_errors == []
    assert world.slack.http_server.observer_errors == []


@pytest.mark.usefixtures("forked_bots")
async def test_the_tour_survives_kills_between_two_steps() -> None:
    """Killed (SIGKILL) after a step and started again while the story goes on, it loses and doubles nothing."""
    await _killed(range(2, len(STEPS) + 1, 3))


@pytest.mark.soak
@pytest.mark.usefixtures("forked_bots")
async def test_the_tour_survives_a_kill_after_every_step() -> None:
    """The same, killed after each of them."""
    await _killed(range(1, len(STEPS) + 1))


async def _killed(steps: range) -> None:
    told: list[str] = []
    world = watched()
    assert await play(told.append, world, kill_after=steps), "\n".join(told)
    assert world.discord.http_server.observer_errors == []
    assert world.slack.http_server.observer_errors == []
