"""
`shopbell sandbox --tour`: a guided tour through the whole bridge; every step is printed and checked.

The bot runs in its own process with the real SDKs; the practice world plays all others.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.tour_day import promises
from bot.sandbox.tour_steps import STEPS
from bot.sandbox.tour_view import PATIENCE, StepFailed, Tour
from bot.sandbox.world import PracticeWorld

Say = Callable[[str], None]

_QUICK = {"UNDO_SECONDS": "0.3", "REPLY_MODE": "all"}


async def play(say: Say, world: PracticeWorld, *, kill_after: Collection[int] = ()) -> bool:
    """
    Play the tour.

    Args:
        say: Called with each line of the report.
        world: Must not be started yet.
        kill_after: After which steps, counted from 1, the bot is killed (SIGKILL) and started again, while the tour
            goes on.

    Returns:
        Whether every step succeeded.
    """
    with tempfile.TemporaryDirectory(prefix="shopbell-") as folder:
        await world.start()
        settings = world.environment() | _QUICK | promises(world)
        settings |= {f"STORES__{shop.name.upper()}__POLL_SECONDS": "0.5" for shop in world.shops.values()}
        bot = BotProcess(Path(folder), settings)
        try:
            await bot.start()
            return await _play(world, bot, say, kill_after)
        finally:
            await bot.stop()
            await world.stop()


async def _play(world: PracticeWorld, bot: BotProcess, say: Say, kill_after: Collection[int]) -> bool:
    began = time.monotonic()
    tour = Tour(world, bot, lambda line: say(f"      {line}"))
    for number, (title, step) in enumerate(STEPS, start=1):
        say(f"{number:>2}  {title}")
        if not await _step(tour, step, say):
            return False
        if number in kill_after:
            say("      (the bot is killed and started again)")
            await bot.kill()
            await bot.start()
    amount = len(STEPS)
    say(f"All {amount} steps succeeded, in {time.monotonic() - began:.0f} s.")
    return True


async def _step(tour: Tour, step: Callable[[Tour], Awaitable[None]], say: Say) -> bool:
    try:
        await asyncio.wait_for(step(tour), 3 * PATIENCE)
    except (StepFailed, RuntimeError, LookupError, ValueError, TimeoutError) as failure:
        say(f"    ✗ {str(failure) or type(failure).__name__}")
        say("      The end of the bot's log:")
        for line in tour.bot.log.splitlines()[-15:]:
            say(f"      | {line}")
        return False
    return True
