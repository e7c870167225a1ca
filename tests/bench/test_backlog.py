"""How many posts a backlog takes, to the last one, where each chat's limit makes them wait."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.support.simulation.checks import unsettled
from tests.support.simulation.limited_room import LimitedDiscord, LimitedSlack
from tests.support.simulation.loop import simulated_loop
from tests.support.simulation.room import Room
from tests.support.simulation.world import Simulation

pytestmark = pytest.mark.simulated

_ROOMS: Mapping[str, type[Room]] = MappingProxyType({"discord": LimitedDiscord, "slack": LimitedSlack})


@pytest.mark.parametrize(
    ("chat", "tickets", "messages", "posts"),
    [
        ("slack", 20, 3, 25),
        ("discord", 4, 12, 24),
    ],
)
async def test_waiting_messages_of_a_ticket_take_so_many_posts(
    tmp_path: Path, chat: str, tickets: int, messages: int, posts: int
) -> None:
    """
    After an outage every ticket has some new messages of its customer: what a limit makes wait is one post.

    Slack takes five posts at once. The first messages of five tickets leave in these, and what follows them in another.
    """
    async with Simulation(simulated_loop(), tmp_path / "db", stores={"main": (f"{chat}:1",)}, rooms=_ROOMS) as sim:
        room = sim.rooms[chat]
        assert isinstance(room, LimitedDiscord | LimitedSlack)
        for ticket in range(tickets):
            sim.shops["main"].customer_writes(f"main-{ticket}", f"main-{ticket} Hello?")
        await sim.advance_until(lambda: len(room.threads()) == tickets)
        await sim.settle()
        before = room.begun["post"]
        for ticket in range(tickets):
            for number in range(messages):
                sim.shops["main"].customer_writes(f"main-{ticket}", f"main-{ticket} message {number}")
        sim.nudge("main", "main-0")
        await sim.settle()
        assert unsettled(sim) == []
        assert room.begun["post"] - before == posts
