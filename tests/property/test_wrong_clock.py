"""This machine's clock is wrong, or is set while shopbell runs: nothing is lost, doubled, hurried or kept waiting."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.property.simulation import SimulatedLoop, simulate
from tests.property.simulation_bridge import Simulation
from tests.property.simulation_fate import Fate, Trouble
from tests.property.simulation_room import Room
from tests.property.simulation_shop import Shop
from tests.property.test_model_findings import play

DAY = 86_400.0
_WRONG = pytest.mark.parametrize("skew", [-DAY, -600.0, 30.0, 360.0, 7200.0, DAY])


@_WRONG
def test_what_was_said_is_found_by_no_clock_of_ours(tmp_path: Path, skew: float) -> None:
    """Posts, lines and threads whose answers were lost are found and not repeated, whatever our clock says."""

    async def story(sim: Simulation, shop: Shop, discord: Room, slack: Room) -> None:
        sim.clock.skew = skew
        for chat in ("discord", "slack"):
            sim.fate.planned[chat, "open_thread"] = [Trouble.ANSWER_LOST]
            sim.fate.planned[chat, "post"] = [Trouble.ANSWER_LOST, Trouble.HUNG_AND_DONE]
        shop.customer_writes("t1", "t1 Anybody?")
        shop.customer_writes("t2", "t2 Hello?")
        await sim.until(lambda: not any(sim.fate.planned.values()), 600)
        await asyncio.sleep(120)
        for room in (discord, slack):
            assert room.texts("1.1").count("t1 Anybody?") == 1
            assert len(room.threads()) == 2

    play(tmp_path / "db", story)


@_WRONG
def test_the_first_thing_ever_said_is_found_too(tmp_path: Path, skew: float) -> None:
    """Before anything was said in a chat, nothing is known that is older."""

    async def whole(loop: SimulatedLoop) -> None:
        fate = Fate()
        for room in ("discord", "slack"):
            fate.planned[room, "open_thread"] = [Trouble.ANSWER_LOST, Trouble.HUNG_AND_DONE]
        async with Simulation(loop, tmp_path / "db", stores={"main": ("discord:1", "slack:1")}, fate=fate) as sim:
            sim.clock.skew = skew
            sim.shops["main"].customer_writes("t1", "t1 Hello?")
            await sim.until(lambda: all("t1 Hello?" in room.texts("1.1") for room in sim.rooms.values()))
            await sim.settle()
            assert [len(room.threads()) for room in sim.rooms.values()] == [1, 1]

    simulate(whole)
