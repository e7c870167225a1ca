"""The beginning that most simulated stories have in common, and the end that all of them must come to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.model import Place
from bot.outbound.retry import Schedule
from tests.support.simulation.checks import live_threads, unsettled
from tests.support.simulation.loop import simulated_loop
from tests.support.simulation.room import Room
from tests.support.simulation.shop import Shop
from tests.support.simulation.world import Simulation

ONE_STORE = {"main": ("discord:1", "slack:1")}


@asynccontextmanager
async def one_ticket(
    path: Path,
    *,
    stores: Mapping[str, Sequence[str]] = ONE_STORE,
    poll_seconds: float = 30.0,
    schedule: Schedule | None = None,
    quiet_for: float = 0.0,
) -> AsyncIterator[tuple[Simulation, Shop, Room, Room]]:
    """
    A store with one ticket, `t1`, shown in both chats; in the end everything comes to rest and is as it must be.

    Args:
        quiet_for: So many seconds have passed since.
    """
    async with Simulation(simulated_loop(), path, stores=stores, poll_seconds=poll_seconds, schedule=schedule) as sim:
        shop, discord, slack = sim.shops["main"], sim.rooms["discord"], sim.rooms["slack"]
        shop.customer_writes("t1", "t1 Hello?")
        await sim.advance_until(lambda: all("t1 Hello?" in room.texts("1.1") for room in (discord, slack)))
        await asyncio.sleep(quiet_for)
        yield sim, shop, discord, slack
        await sim.settle()
        assert unsettled(sim) == []


def place_of_ticket(room: Room, ticket: str = "t1") -> Place:
    """Where the ticket's thread is now."""
    thread = live_threads(room, ticket)[0]
    return Place(chat=room.name, channel=room.channel_of(thread), thread=thread)
