"""Nothing that the program begins is refused by Discord's limits, however long each way takes."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from adapters.chats.discord.rate_limits import RateLimits
from bot.sandbox.discord.rate_limits import DiscordRateLimiter, RateLimitRefusal
from tests.support.simulation.loop import SimulatedClock, SimulatedLoop

_REACTION = "/channels/{channel}/messages/{message}/reactions/{emoji}/@me"
_CALLS = (
    *(("POST /channels/{channel}/messages", place) for place in "12"),
    ("PATCH /channels/{channel}", "1"),
    (f"PUT {_REACTION}", "1"),
    (f"DELETE {_REACTION}", "1"),
    ("GET /channels/{channel}/messages", "1"),
)
_EACH = 20


async def refusals(seed: int, slowest: float) -> int:
    """How many of many requests at once are refused, where each way takes up to so many seconds."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    clock, random = SimulatedClock(loop), Random(seed)
    discord, limits = DiscordRateLimiter(clock), RateLimits(clock)
    refused = 0

    async def ask(route: str, place: str) -> None:
        nonlocal refused
        await clock.sleep(random.choice([0.0, random.uniform(0.0, 30.0)]))
        while wait := limits.take(route, place):
            await limits.sleep(wait)
        await clock.sleep(random.uniform(0.0, slowest))
        try:
            headers = discord.take(route, place, counts_everywhere=True)
        except RateLimitRefusal:
            refused += 1
            headers = {}
        await clock.sleep(random.uniform(0.0, slowest))
        limits.finished(route, place)
        limits.learn(route, place, headers)

    await asyncio.gather(*(ask(*call) for call in _CALLS for _ in range(_EACH)))
    return refused


@pytest.mark.simulated
@pytest.mark.parametrize("slowest", [0.0, 0.2, 3.0], ids="{} s".format)
async def test_no_request_is_refused(slowest: float) -> None:
    """Nothing is known at first; answers overtake one another, and come when their window is over."""
    assert [await refusals(seed, slowest) for seed in range(3)] == [0] * 3


@pytest.mark.soak
@pytest.mark.simulated
@pytest.mark.parametrize("slowest", [0.0, 0.2, 1.0, 3.0, 10.0], ids="{} s".format)
async def test_no_request_is_refused_ever(slowest: float) -> None:
    """Many more of them."""
    assert [await refusals(seed, slowest) for seed in range(20)] == [0] * 20
