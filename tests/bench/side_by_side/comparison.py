"""
Side by side: shopbell, and what a shop would otherwise take, on the same work: latency, cost, and what a kill loses.

First each works alone and calmly. Then all are killed sixty times, each in its own world at the same time, while people
write on as if nothing had happened; in the end everything is counted. shopbell is measured in Discord alone here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from random import Random

from tests.bench.figures import Figure, Reading, Readings, percentile
from tests.bench.setting import Setting, until
from tests.bench.side_by_side.contenders import NAMES, Contender, World
from tests.bench.side_by_side.installing import PACKAGES, install

COLUMNS = (
    ("customer", "seen → said, p50", "ms"),
    ("agent", "written → accepted, p50", "ms"),
    ("processor", "processor time a message", "ms"),
    ("memory", "memory", "MB"),
    ("written", "written during 60 kills", ""),
    ("lost", "lost", ""),
    ("doubled", "doubled", ""),
)
FIGURES = tuple(
    Figure(
        name=f"{name}: {column}",
        label=f"{name}, {label}",
        unit=unit,
        at_most=0 if name == "shopbell" and column in ("lost", "doubled") else None,
    )
    for name in NAMES
    for column, label, unit in COLUMNS
)
_TICKETS = 10
_PAUSE = 0.4
_LONGEST_LIFE = 1.5
_STARTS_WITHIN = 60.0
_QUIET = 45.0
"""So long nothing more has arrived: the rest is lost. shopbell searches for 20 s for what may have been sent."""


@dataclass(frozen=True, slots=True)
class Calm:
    """What one of them needs when nothing goes wrong."""

    customer: float
    agent: float
    processor: float
    memory: float


async def measure(setting: Setting) -> Readings:
    readings: dict[str, Reading] = {}
    async with AsyncExitStack() as stack:
        contenders = []
        for name in NAMES:
            installed = await asyncio.to_thread(install, name, setting.shared) if name in PACKAGES else None
            if installed is not None and installed.python is None:
                setting.note(f"{name} is left out: {installed.told}")
                continue
            contender = Contender(name, setting.new_folder(name), installed.python if installed else None)
            await stack.enter_async_context(contender)
            try:
                calm = await _calm(contender, setting.amount(20, 4))
            except RuntimeError as error:
                setting.note(f"{name} is left out: {error}")
                continue
            contenders.append(contender)
            for column, value in (
                ("customer", calm.customer),
                ("agent", calm.agent),
                ("processor", calm.processor),
                ("memory", calm.memory),
            ):
                readings[f"{name}: {column}"] = Reading(value)
        kills = setting.amount(60, 4)
        await asyncio.gather(*(_killed(contender, kills) for contender in contenders))
        for contender in contenders:
            world = contender.world
            for column, amount in (
                ("written", len(world.written)),
                ("lost", world.lost()),
                ("doubled", world.doubled()),
            ):
                readings[f"{contender.name}: {column}"] = Reading(amount)
    return readings


async def _calm(contender: Contender, amount: int) -> Calm:
    """Ten tickets, and then customers and agents in turn; it is stopped afterwards."""
    world = contender.world
    await _started(contender)
    for _ in range(_TICKETS):
        world.customer_opens()
    await until(lambda: _with_threads(world) == _TICKETS, f"{contender.name} has opened every thread", 60)
    await asyncio.sleep(2 * _PAUSE)
    before, used = set(world.written), contender.processor_seconds()
    for number in range(amount):
        world.customer_writes(number)
        await asyncio.sleep(_PAUSE)
        await world.agent_writes(number)
        await asyncio.sleep(_PAUSE)
    new = set(world.written) - before
    await until(lambda: new <= world.arrived.keys(), f"{contender.name} has passed on everything", 60)
    used = contender.processor_seconds() - used
    memory = contender.resident_megabytes()
    await contender.kill()
    return Calm(
        customer=percentile([(world.arrived[each] - world.listed[each]) * 1000 for each in new if each[0] == "c"], 50),
        agent=percentile([(world.arrived[each] - world.written[each]) * 1000 for each in new if each[0] == "a"], 50),
        processor=used / len(new) * 1000,
        memory=memory,
    )


async def _killed(contender: Contender, kills: int) -> None:
    """Kill it again and again while people write, and let it finish what it can."""
    world, random, numbers = contender.world, Random(1), count()
    world.written.clear()
    world.times.clear()

    async def write() -> None:
        while True:
            world.customer_writes(next(numbers))
            await asyncio.sleep(_PAUSE)
            await world.agent_writes(next(numbers))
            await asyncio.sleep(_PAUSE)

    async with _beside(write):
        for _ in range(kills):
            await _started(contender)
            await asyncio.sleep(random.uniform(0, _LONGEST_LIFE))
            await contender.kill()
    await _started(contender)
    arrived, quiet = -1, 0.0
    while quiet < _QUIET:
        await asyncio.sleep(1.0)
        now = world.times.total()
        quiet = quiet + 1.0 if now == arrived else 0.0
        arrived = now
    await contender.kill()


async def _started(contender: Contender) -> None:
    """Start it, and wait until it has asked the store for its list."""
    asked = contender.world.asked
    await contender.start()

    def has_asked() -> bool:
        if contender.process.has_ended:
            raise RuntimeError(f"{contender.name} has ended by itself")
        return contender.world.asked > asked

    await until(has_asked, f"{contender.name} has asked the store", _STARTS_WITHIN, 0.01)


def _with_threads(world: World) -> int:
    world.practice.find_threads()
    return sum(world.chat in ticket.threads for ticket in world.practice.tickets)


class _beside:  # noqa: N801 - used like a function
    """Something that goes on meanwhile."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work

    async def __aenter__(self) -> None:
        self._task = asyncio.ensure_future(self._work())

    async def __aexit__(self, *_error: object) -> None:
        self._task.cancel()
