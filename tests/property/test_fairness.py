"""
Whatever other stores do, a store's messages take at most twice as long as if it were alone.

Time is simulated, and both platforms keep their limits. What the other stores do is drawn by chance: floods of
messages, of new tickets, of replies, of long texts, of webhooks, of changed states.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
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
from tests.support.simulation.world import UNDO, Simulation

_QUIET = "z"
_OTHERS = tuple("abcdefghijklmnopqrstuvwxy")
_MOST_REFUSED = 5
Times = Mapping[str, datetime]
_CHANNELS = {store: (f"discord:{number}", f"slack:{number}") for number, store in enumerate((_QUIET, *_OTHERS), 1)}
_ROOMS: Mapping[str, type[Room]] = MappingProxyType({"discord": LimitedDiscord, "slack": LimitedSlack})
_TICKETS = 3
_PAUSE = 4.0
_LATENCY = 0.2


@dataclass(frozen=True, slots=True)
class Size:
    """
    How long a story is.

    Attributes:
        messages: Of the quiet store.
        deeds: Of the other stores.
        others: So many of their messages must be shown meanwhile, or too little happened to prove anything.
    """

    messages: int
    deeds: int
    others: int


_SHORT, _LONG = Size(60, 4, 100), Size(150, 10, 300)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What the quiet store saw of it.

    Attributes:
        shown, answered: How many seconds its customers' messages took to each thread, and its agents' replies to them.
        others: How many messages of the other stores were shown meanwhile.
        refused: How often a platform, or our own counting, refused something that was begun.
        without_thread: How many cards were posted although their thread was not allowed yet.
    """

    shown: Sequence[float]
    answered: Sequence[float]
    others: int
    refused: int
    without_thread: int


def _p99(spans: Sequence[float]) -> float:
    return sorted(spans)[len(spans) * 99 // 100]


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


async def _story(loop: SimulatedLoop, path: Path, size: Size, seed: int | None) -> Outcome:
    """Some minutes of the quiet store, with or without the others' deeds."""
    fate = Fate(random=Random(5), latency=_LATENCY)
    async with Simulation(loop, path, stores=_CHANNELS, fate=fate, rooms=_ROOMS) as sim:
        for store, shop in sim.shops.items():
            for number in range(_TICKETS):
                shop.customer_writes(f"{store}-{number}", f"{store}-{number} Hello?")
        everything = _TICKETS * len(_CHANNELS)
        await sim.advance_until(lambda: all(len(room.threads()) == everything for room in sim.rooms.values()))
        await asyncio.sleep(60)
        others = asyncio.create_task(_whatever(sim, size, seed), name="the other stores")
        await _quiet_store(sim, size, Random(7))
        await others
        outcome = await _outcome(sim)
        assert unsafe(sim) == []
        return outcome


async def _whatever(sim: Simulation, size: Size, seed: int | None) -> None:
    """What other stores do, at any time but the last."""
    random = Random(seed)
    for _ in range(0 if seed is None else size.deeds):
        random.choice(_WHATEVER)(sim, random.choice(_OTHERS), random)
        await asyncio.sleep(random.uniform(0, 1.6 * size.messages * _PAUSE / size.deeds))


async def _quiet_store(sim: Simulation, size: Size, random: Random) -> None:
    """A message now and then; with each of a customer comes the vendor's webhook."""
    for number in range(size.messages):
        ticket = f"{_QUIET}-{random.randrange(_TICKETS)}"
        if random.random() < 0.6:
            sim.shops[_QUIET].customer_writes(ticket, f"{ticket} question {number}")
            sim.nudge(_QUIET, ticket)
        else:
            room = random.choice(list(sim.rooms.values()))
            room.writes(ThreadId(live_threads(room, ticket)[0]), f"{ticket} answer {number}")
        await asyncio.sleep(random.expovariate(1 / _PAUSE))


async def _outcome(sim: Simulation) -> Outcome:
    """What came of it, when all of the quiet store is where it belongs."""
    shown: list[float] = []
    answered: list[float] = []
    for ticket in sim.shops[_QUIET].tickets:
        for room in sim.rooms.values():
            await sim.advance_until(partial(_is_complete, sim, room, ticket))
            shown += _seconds(_asked(sim, ticket), _shown(room, ticket))
            answered += _seconds(_written(room, ticket), _answers(sim, ticket))
    texts = [shown.post.text for room in sim.rooms.values() for there in room.shown.values() for shown in there]
    discord, slack = sim.rooms["discord"], sim.rooms["slack"]
    assert isinstance(discord, LimitedDiscord)
    assert isinstance(slack, LimitedSlack)
    others = sum(not text.startswith(f"{_QUIET}-") for text in texts)
    return Outcome(shown, answered, others, discord.refused + slack.refused, discord.without_thread)


def _is_complete(sim: Simulation, room: Room, ticket: TicketId) -> bool:
    all_shown = _asked(sim, ticket).keys() <= _shown(room, ticket).keys()
    return all_shown and _written(room, ticket).keys() <= _answers(sim, ticket).keys()


def _seconds(begun: Times, ended: Times) -> list[float]:
    return [(ended[text] - at).total_seconds() for text, at in begun.items()]


def _asked(sim: Simulation, ticket: TicketId) -> Times:
    """What the ticket's customer wrote after the beginning."""
    return {text: at for text, at in _said(sim, ticket, Author.CUSTOMER).items() if "question" in text}


def _answers(sim: Simulation, ticket: TicketId) -> Times:
    return _said(sim, ticket, Author.STAFF)


def _said(sim: Simulation, ticket: TicketId, author: Author) -> Times:
    said = sim.shops[_QUIET].said[ticket]
    return {m.text: m.written_at for m in said if m.author is author and m.written_at is not None}


def _shown(room: Room, ticket: TicketId) -> Times:
    return {shown.post.text: shown.at for shown in room.shown[live_threads(room, ticket)[0]]}


def _written(room: Room, ticket: TicketId) -> Times:
    """What agents wrote here, since the end of their undo time."""
    thread = live_threads(room, ticket)[0]
    undo = timedelta(seconds=UNDO)
    return {written.versions[0]: written.at + undo for written in room.written if written.place.thread == thread}


@cache
def _alone(size: Size) -> Outcome:
    return _played(size, None)


def _played(size: Size, seed: int | None) -> Outcome:
    with TemporaryDirectory() as folder:
        return simulate(lambda loop: _story(loop, Path(folder) / "db", size, seed))


def _is_fair(size: Size, seed: int) -> None:
    outcome, alone = _played(size, seed), _alone(size)
    assert outcome.others > alone.others + size.others, "too little happened to prove anything"
    assert _p99(outcome.shown) <= 2 * _p99(alone.shown)
    assert _p99(outcome.answered) <= 2 * _p99(alone.answered)
    # What a platform would refuse is not begun at all; and no card stands there without its thread.
    assert outcome.refused <= _MOST_REFUSED
    assert outcome.without_thread == 0


@pytest.mark.takes(15)
@pytest.mark.parametrize("seed", [1])
def test_whatever_other_stores_do_a_store_takes_at_most_twice_as_long(seed: int) -> None:
    """The p99 of its messages, and of its replies, is within twice what it is when no other store does anything."""
    _is_fair(_SHORT, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 23))
def test_whatever_else_other_stores_do(seed: int) -> None:
    """The same for ten minutes, many times otherwise."""
    _is_fair(_LONG, seed)
