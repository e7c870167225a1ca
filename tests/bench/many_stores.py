"""
Row 8: a thousand stores in one process, asked every 30 seconds, in which nothing happens.

The floor is the same requests at the same distances, made by a script: what it needs for a part of them is taken for
all. How late a store is asked is the time since its last sweep beyond its longest regular distance.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial

from bot.sandbox.loopback_server import Exchange
from tests.bench.figures import Figure, Reading, Readings
from tests.bench.processes import Bot
from tests.bench.repeating import repeated
from tests.bench.setting import Setting
from tests.bench.world import Recorder, practice_world, settings
from tests.support.crash.world import KillWorld

FIGURES = (
    Figure(name="1,000 stores, processor", label="of one core", unit="", at_most=0.1),
    Figure(name="1,000 stores, memory", label="resident memory", unit="MB", at_most=100),
    Figure(name="1,000 stores, lateness", label="the latest store", unit="s late", at_most=2),
    Figure(name="1,000 stores, ready", label="started → ready", unit="s"),
)
_POLL = 30.0
_LONGEST = _POLL * 1.1
"""A pause is up to a tenth longer, so that stores do not stay in step."""
_SETTLES = 3.0
"""Every store was swept at the start, and is swept once more in the time that is measured."""


class _Sweeps:
    """When each store was last asked for its list, and the longest distance of two sweeps."""

    def __init__(self, world: KillWorld) -> None:
        self._last: dict[str, float] = {}
        self.longest = 0.0
        for shop in world.shops:
            shop.vendor.http_server.observers.append(partial(self._note, shop.name))

    def begin(self) -> None:
        self.longest = 0.0

    def _note(self, name: str, exchange: Exchange) -> None:
        if exchange.path == "/v1/tickets":
            now = time.monotonic()
            self.longest = max(self.longest, now - self._last.get(name, now))
            self._last[name] = now


async def measure(setting: Setting) -> Readings:
    stores = setting.amount(1_000, 50)
    world = practice_world("sellgate", shops=stores)
    sweeps = _Sweeps(world)
    async with world:
        bot = Bot(setting.folder, settings(world, POLL_SECONDS=f"{_POLL:.0f}"))
        began = time.monotonic()
        try:
            await bot.start()
            await bot.ready(300)
            ready = time.monotonic() - began
            await asyncio.sleep(_SETTLES)
            sweeps.begin()
            began, used = time.monotonic(), bot.processor_seconds()
            with Recorder([shop.vendor.http_server for shop in world.shops]) as recorder:
                await asyncio.sleep(_LONGEST + 2)
            took, used = time.monotonic() - began, bot.processor_seconds() - used
            memory = bot.resident_megabytes()
        finally:
            await bot.kill()
        part = recorder.requests[: len(recorder.requests) // 3]
        floor = await repeated(part, setting.folder, paced=True)
    least = floor.processor / len(part) * len(recorder.requests) / took
    return {
        FIGURES[0].name: Reading(used / took, least),
        FIGURES[1].name: Reading(memory),
        FIGURES[2].name: Reading(max(0.0, sweeps.longest - _LONGEST)),
        FIGURES[3].name: Reading(ready),
    }
