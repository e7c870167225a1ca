"""The first sweeps of many stores: a few at once, and none waits for one that hangs."""

from __future__ import annotations

import asyncio

import pytest

from bot.inbound.vendors.first_sweeps import FirstSweeps

pytestmark = pytest.mark.simulated


async def test_a_few_begin_at_once() -> None:
    """Each that ends lets the next one begin, also one that fails or is cancelled; all have their turn."""
    first_sweeps, running, most, ended = FirstSweeps(), 0, 0, []

    async def sweep(number: int) -> None:
        nonlocal running, most
        async with first_sweeps.turn():
            running += 1
            most = max(most, running)
            try:
                await asyncio.sleep(0.1)
                ended.append(number)
                if number % 3 == 0:
                    raise RuntimeError
                if number % 3 == 1:
                    raise asyncio.CancelledError
            finally:
                running -= 1

    await asyncio.gather(*(sweep(number) for number in range(200)), return_exceptions=True)
    assert (sorted(ended), most) == (list(range(200)), 20)


async def test_a_sweep_that_hangs_makes_way() -> None:
    """After a second another one begins beside it; when it ends, its turn is not given twice."""
    first_sweeps, loop = FirstSweeps(), asyncio.get_running_loop()
    began: list[float] = []
    running = most = 0

    async def sweep(seconds: float) -> None:
        nonlocal running, most
        async with first_sweeps.turn():
            began.append(loop.time() - start)
            running += 1
            most = max(most, running)
            await asyncio.sleep(seconds)
            running -= 1

    start = loop.time()
    await asyncio.gather(*(sweep(60.0) for _ in range(40)), sweep(0.1))
    assert [round(moment) for moment in sorted(began)] == [0] * 20 + [1] * 20 + [2]
    most = 0
    await asyncio.gather(*(sweep(0.5) for _ in range(100)))
    assert most == 20
