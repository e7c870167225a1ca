"""
Whatever other stores do, a store's messages take at most twice as long as if it were alone.

Time is simulated, and both platforms keep their limits. What the other stores do is drawn by chance: floods of messages,
of new tickets, of replies, of long texts, of webhooks, of changed states.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import MappingProxyType

import pytest

from bot.model import Author, Status, ThreadId, TicketId
from tests.support.simulation.checks import live_threads, unsafe
from tests.support.simulation.fate import Fate
from tests.support.simulation.limited_room import LimitedDiscord, LimitedSlack
from tests.support.simulation.loop import SimulatedLoop, simulate
from tests.support.simulation.room import Room
from tests.support.simulation.world import Simulation

_QUIET = "z"
_OTHERS = tuple("abcdefghijklmnopqrstuvwxy")
_CHANNELS = {store: (f"discord:{number}", f"slack:{number}") for number, store in enumerate((_QUIET, *_OTHERS), 1)}
_ROOMS: Mapping[str, type[Room]] = MappingProxyType({"discord": LimitedDiscord, "slack": LimitedSlack})
_TICKETS = 6
_MESSAGES = 150
_PAUSE = 4.0
_LATENCY = 0.2
_DEEDS = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many seconds each message of the quiet store took, and what the rooms saw."""

    spans: Sequence[float]
    messages: int
    rooms: Mapping[str, Room]

    def at(self, percent: int) -> float:
        return sorted(self.spans)[len(self.spans) * percent // 100]


# ---------------------------------------------------------------- what other stores may do


def _many_messages(sim: Simulation, store: str, _: Random) -> None:
    for ticket in range(8):
        for number in range(40):
            sim.shops[store].customer_writes(f"{store}-{ticket}", f"{store}-{ticket} again {sim.loop.time()} {number}")


def _many_tickets(sim: Simulation, store: str, _: Random) -> None:
    for number in range(60):
        ticket = f"{store}-new-{sim.loop.time():.0f}-{number}"
        sim.shops[store].customer_writes(ticket, f"{ticket} Hello?")


def _long_texts(sim: Simulation, store: str, _: Random) -> None:
    for number in range(5):
        ticket = f"{store}-{number}"
        sim.shops[store].customer_writes(ticket, f"{ticket} {sim.loop.time()} " + "long " * 6_000)


def _many_replies(sim: Simulation, store: str, random: Random) -> None:
    room = random.choice(list(sim.rooms.values()))
    threads = live_threads(room, f"{store}-0")
    for number in range(60) if threads else ():
        room.writes(ThreadId(threads[0]), f"{store}-0 reply {sim.loop.time()} {number}")


def _many_hooks(sim: Simulation, store: str, random: Random) -> None:
    for _ in range(500):
        sim.nudge(store, f"{store}-{random.randrange(40)}")


def _many_states(sim: Simulation, store: str, random: Random) -> None:
    for number in range(_TICKETS):
        sim.shops[store].set(f"{store}-{number}", random.choice([Status.OPEN, Status.CLOSED]))
    sim.nudge(store, f"{store}-0")


_WHATEVER: Sequence[Callable[[Simulation, str, Random], None]] = (
    _many_messages,
    _many_tickets,
    _long_texts,
    _many_replies,
    _many_hooks,
    _many_states,
)


# ---------------------------------------------------------------- a story


async def _story(loop: SimulatedLoop, path: Path, seed: int | None) -> Outcome:
    """A quarter of an hour of the quiet store, with or without the others' deeds."""
    fate = Fate(random=Random(5), latency=_LATENCY)
    async with Simulation(loop, path, stores=_CHANNELS, fate=fate, rooms=_ROOMS) as sim:
        for store in sim.shops:
            for number in range(_TICKETS):
                sim.shops[store].customer_writes(f"{store}-{number}", f"{store}-{number} Hello?")
        everything = _TICKETS * len(_CHANNELS)
        await sim.advance_until(lambda: all(len(room.threads()) == everything for room in sim.rooms.values()))
        await asyncio.sleep(120)
        others = asyncio.create_task(_whatever(sim, seed), name="the other stores")
        await _quiet_store(sim, Random(7))
        others.cancel()
        spans = await _spans(sim)
        assert unsafe(sim) == []
        shown = sum(len(texts) for room in sim.rooms.values() for texts in room.shown.values())
        return Outcome(spans, shown, sim.rooms)


async def _whatever(sim: Simulation, seed: int | None) -> None:
    if seed is None:
        return
    random = Random(seed)
    for _ in range(_DEEDS):
        random.choice(_WHATEVER)(sim, random.choice(_OTHERS), random)
        await asyncio.sleep(random.expovariate(_DEEDS / (_MESSAGES * _PAUSE * 0.8)))


async def _quiet_store(sim: Simulation, random: Random) -> None:
    """A message now and then; the vendor's webhook comes with each."""
    for number in range(_MESSAGES):
        ticket = f"{_QUIET}-{random.randrange(_TICKETS)}"
        if random.random() < 0.6:
            sim.shops[_QUIET].customer_writes(ticket, f"{ticket} question {number}")
            sim.nudge(_QUIET, ticket)
        else:
            room = random.choice(list(sim.rooms.values()))
            room.writes(ThreadId(live_threads(room, ticket)[0]), f"{ticket} answer {number}")
        await asyncio.sleep(random.expovariate(1 / _PAUSE))


async def _spans(sim: Simulation) -> list[float]:
    """How long each message of the quiet store took to wherever it belongs; waits until all are there."""
    found: list[float] = []
    for ticket in sim.shops[_QUIET].tickets:
        for room in sim.rooms.values():
            await sim.advance_until(lambda t=ticket, r=room: _missing(sim, r, t) == [])
            found += [(_shown(room, ticket)[text] - at).total_seconds() for text, at in _asked(sim, ticket).items()]
            found += [
                (_answers(sim, ticket)[text] - at).total_seconds() for text, at in _written(room, ticket).items()
            ]
    return found


def _missing(sim: Simulation, room: Room, ticket: TicketId) -> list[str]:
    shown, answered = _shown(room, ticket), _answers(sim, ticket)
    unshown = [text for text in _asked(sim, ticket) if text not in shown]
    return [*unshown, *(text for text in _written(room, ticket) if text not in answered)]


def _asked(sim: Simulation, ticket: TicketId) -> dict:
    said = sim.shops[_QUIET].said[ticket]
    return {m.text: m.written_at for m in said if m.author is Author.CUSTOMER and "question" in m.text}


def _answers(sim: Simulation, ticket: TicketId) -> dict:
    said = sim.shops[_QUIET].said[ticket]
    return {m.text: m.written_at for m in said if m.author is Author.STAFF}


def _shown(room: Room, ticket: TicketId) -> dict:
    return {shown.post.text: shown.at for shown in room.shown[live_threads(room, ticket)[0]]}


def _written(room: Room, ticket: TicketId) -> dict:
    thread = live_threads(room, ticket)[0]
    return {written.versions[0]: written.at for written in room.written if written.place.thread == thread}


@cache
def _alone() -> Outcome:
    return _played(None)


def _played(seed: int | None) -> Outcome:
    with TemporaryDirectory() as folder:
        return simulate(lambda loop: _story(loop, Path(folder) / "db", seed))


def test_whatever_other_stores_do(tmp_path):
    import time
    t=time.time(); a=_alone(); print("alone", time.time()-t, a.messages, [round(a.at(p),2) for p in (50,90,99)])
    for seed in (1,2,3):
        t=time.time(); b=_played(seed); print(seed, time.time()-t, b.messages, [round(b.at(p),2) for p in (50,90,99)], b.rooms["discord"].refused,b.rooms["slack"].refused, len(b.rooms["discord"].bare))
