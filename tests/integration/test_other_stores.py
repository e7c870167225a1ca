"""
A store whose vendor is out of order holds up no other store.

Time is simulated, so how long a message takes is the same on every machine: the waiting for polls, answers, turns and
places in a queue, and nothing of the processor. `make bench` measures the same with real processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from bot.model import Ask, Author, ThreadId, TicketId, Verb
from tests.support.once import Once
from tests.support.simulation.checks import live_threads, unsafe
from tests.support.simulation.fate import Always, Fate, Trouble
from tests.support.simulation.loop import SimulatedLoop, simulate
from tests.support.simulation.room import Room, agent
from tests.support.simulation.world import Simulation

pytestmark = pytest.mark.takes(6)

_SICK = "store0"
_STORES = {f"store{number}": (f"discord:{number}", f"slack:{number}") for number in range(5)}
_TICKETS = 6
_SLOWEST_ANSWER = 0.4
_FEW, _MANY = 200, 400
_PAUSE = 2.0
_OF_THE_VENDOR = ("changes", "ticket", "reply", "set_status")


def _p99(spans: list[float]) -> float:
    return sorted(spans)[len(spans) * 99 // 100]


async def _story(loop: SimulatedLoop, path: Path, trouble: Trouble | None, messages: int) -> list[float]:
    """Everybody writes so many messages, for some minutes; how many seconds the healthy stores' messages took."""
    fate = Fate(random=Random(5), latency=_SLOWEST_ANSWER)
    async with Simulation(loop, path, stores=_STORES, fate=fate) as sim:
        for store, shop in sim.shops.items():
            for number in range(_TICKETS):
                shop.customer_writes(f"{store}-{number}", f"{store}-{number} Hello?")
        await sim.advance_until(
            lambda: all(len(room.threads()) == _TICKETS * len(_STORES) for room in sim.rooms.values())
        )
        await _ann_takes_every_ticket(sim)
        await asyncio.sleep(120)
        if trouble is not None:
            fate.planned |= {(_SICK, method): Always(trouble) for method in _OF_THE_VENDOR}
        await _everybody_writes(sim, Random(7), messages)
        await asyncio.sleep(120)
        spans = _spans(sim)
        assert trouble is None or fate.troubles[trouble] > 10
        assert unsafe(sim) == []
        return spans


async def _ann_takes_every_ticket(sim: Simulation) -> None:
    """So nothing that she answers is held, however soon after a question."""
    room = sim.rooms["discord"]
    for thread in room.threads():
        await sim.ask(room, Ask(verb=Verb.TAKE, agent=agent(), place=room.place_of(thread)))


async def _everybody_writes(sim: Simulation, random: Random, messages: int) -> None:
    for number in range(messages):
        store = random.choice(list(_STORES))
        ticket = f"{store}-{random.randrange(_TICKETS)}"
        if random.random() < 0.6:
            sim.shops[store].customer_writes(ticket, f"{ticket} question {number}")
        else:
            room = random.choice(list(sim.rooms.values()))
            room.writes(ThreadId(live_threads(room, ticket)[0]), f"{ticket} answer {number}")
        await asyncio.sleep(random.expovariate(1 / _PAUSE))


def _spans(sim: Simulation) -> list[float]:
    """How long everything took that was written by and to the healthy stores' customers; fails where any is missing."""
    found = []
    for store, shop in sim.shops.items():
        for ticket in shop.tickets if store != _SICK else ():
            asked = {m.text: m.written_at for m in shop.said[ticket] if m.author is Author.CUSTOMER and m.written_at}
            answered = {m.text: m.written_at for m in shop.said[ticket] if m.author is Author.STAFF and m.written_at}
            for room in sim.rooms.values():
                found += _taken(asked, _shown(room, ticket))
                found += _taken(_written(room, ticket), answered)
    return found


def _taken(begun: Mapping[str, datetime], ended: Mapping[str, datetime]) -> list[float]:
    return [(ended[text] - at).total_seconds() for text, at in begun.items()]


def _shown(room: Room, ticket: TicketId) -> dict[str, datetime]:
    return {shown.post.text: shown.at for shown in room.shown[live_threads(room, ticket)[0]]}


def _written(room: Room, ticket: TicketId) -> dict[str, datetime]:
    thread = live_threads(room, ticket)[0]
    return {written.versions[0]: written.at for written in room.written if written.place.thread == thread}


def _played(trouble: Trouble | None, messages: int) -> float:
    with TemporaryDirectory() as folder:
        return _p99(simulate(lambda loop: _story(loop, Path(folder) / "db", trouble, messages)))


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble.REFUSED,
        Trouble.LIMITED,
        Trouble.UNWELCOME,
        Trouble.LOST_ON_THE_WAY,
        Trouble.ANSWER_LOST,
        Trouble.HUNG,
        Trouble.GARBAGE,
    ],
)
@pytest.mark.parametrize("messages", [_FEW, pytest.param(_MANY, marks=pytest.mark.soak)])
@pytest.mark.takes(3)
def test_a_vendor_out_of_order_holds_up_no_other_store(trouble: Trouble, messages: int, once: Once) -> None:
    """The p99 of the other stores' messages stays within a tenth of what it is while every vendor works."""
    normally = once(f"p99-of-{messages}-messages", lambda: _played(None, messages))
    assert _played(trouble, messages) <= 1.1 * normally
