"""A process that dies while a snooze is set or ends: the ticket comes back once, wherever that was."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.model import Ask, Verb
from bot.wording.notices import snooze_over
from tests.support.simulation.checks import unsettled
from tests.support.simulation.fate import Fate
from tests.support.simulation.loop import SimulatedLoop, simulate
from tests.support.simulation.one_ticket import ONE_STORE, place_of_ticket
from tests.support.simulation.room import agent
from tests.support.simulation.world import Simulation


def play(path: Path, dies_at: int | None = None) -> tuple[list[int], list[str]]:
    """The points from the snooze on at which a death leaves something else behind, and what must not be."""

    async def story(loop: SimulatedLoop) -> tuple[list[int], list[str]]:
        fate = Fate(dies_at=dies_at)
        async with Simulation(loop, path, stores=ONE_STORE, poll_seconds=600, fate=fate) as sim:
            if dies_at is None:
                fate.witness = sim.lasting
            rooms = sim.rooms.values()
            sim.shops["main"].customer_writes("t1", "t1 Hello?")
            await sim.advance_until(lambda: all("t1 Hello?" in room.texts("1.1") for room in rooms))
            before = fate.point
            for _ in range(10):
                place = place_of_ticket(sim.rooms["discord"])
                ask = Ask(verb=Verb.SNOOZE, agent=agent(), place=place, words="2m")
                if await sim.ask(sim.rooms["discord"], ask) is not None:
                    break
                await asyncio.sleep(2)
            await asyncio.sleep(180)
            await sim.settle()
            faults = unsettled(sim)
            for room in rooms:
                said = [post.text for thread in room.threads() for post in (each.post for each in room.shown[thread])]
                if said.count(snooze_over()) != 1:
                    faults.append(f"{room.name} says {said}")
            if sim.processes != (1 if dies_at is None else 2):
                faults.append(f"there were {sim.processes} processes")
            return [point for point in fate.telling if point > before], faults

    return simulate(story)


def test_a_snooze_ends_once_wherever_a_process_dies(tmp_path: Path) -> None:
    """Neither twice nor never."""
    telling, faults = play(tmp_path / "all")
    assert faults == []
    found = {point: play(tmp_path / f"{point}", point)[1] for point in telling}
    assert {point: faults for point, faults in found.items() if faults} == {}
