"""
Row 3: processor time of a customer's message into one chat, and of a reply with everything that follows from it.

What follows from a reply: its mark, its post in the other chat, and both cards. The floor is the same requests, made
again by a script. Discord's limits are off, and Slack's one message a second is kept in each of twenty channels.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.sandbox.loopback_server import Exchange
from tests.bench.figures import Figure, Reading, Readings
from tests.bench.processes import Bot
from tests.bench.repeating import repeated
from tests.bench.setting import Setting, until
from tests.bench.world import Recorder, only_discord, practice_world, settings, wires
from tests.support.crash.run import unfinished
from tests.support.crash.world import CHATS, TOKEN

FIGURES = (
    Figure(name="processor time of a message", label="a message into one chat", unit="ms", at_most=1.0),
    Figure(name="processor time of a reply", label="a reply with its marks and cards", unit="ms", at_most=3.0),
)
_SHOPS = 20


async def measure(setting: Setting) -> Readings:
    return {
        FIGURES[0].name: await _message(setting, setting.amount(1_000, 100)),
        FIGURES[1].name: await _reply(setting, setting.amount(400, 40)),
    }


async def _message(setting: Setting, amount: int) -> Reading:
    """Customers write into twenty tickets of one store, whose threads are in Discord alone."""
    folder = setting.new_folder("message")
    world = practice_world("sellgate")
    posted: set[str] = set()

    def note(exchange: Exchange) -> None:
        if exchange.method == "POST":
            posted.update(TOKEN.findall(str(exchange.body)))

    async def write() -> None:
        for number in range(amount):
            world.customer_goes_on(world.tickets[number % len(world.tickets)])

    async with world:
        world.discord.http_server.observers.append(note)
        for _ in range(_SHOPS):
            world.customer_opens(world.shops[0])
        bot = Bot(folder, only_discord(world, settings(world, POLL_SECONDS="1")))

        def arrived() -> bool:
            return all(set(ticket.written["customer"]) <= posted for ticket in world.tickets)

        try:
            await bot.start()
            await bot.ready()
            await _finished(bot, arrived)
            with Recorder(wires(world)) as recorder:
                cost = await _cost(bot, write, arrived)
        finally:
            await bot.kill()
        floor = await repeated(recorder.requests, folder)
    return Reading(cost / amount * 1000, floor.processor / amount * 1000)


async def _reply(setting: Setting, amount: int) -> Reading:
    """Agents reply in both chats in turn, in twenty stores."""
    folder = setting.new_folder("reply")
    world = practice_world("sellgate", shops=_SHOPS)

    async def write() -> None:
        for number in range(amount):
            await world.agent_replies(world.tickets[number % _SHOPS], CHATS[number // _SHOPS % 2])

    def arrived() -> bool:
        return world.missing() == 0

    async with world:
        for shop in world.shops:
            world.customer_opens(shop)
        bot = Bot(folder, settings(world, POLL_SECONDS="60") | {"UNDO_SECONDS": "0"})
        try:
            await bot.start()
            await bot.ready()
            await _finished(bot, arrived)
            with Recorder(wires(world)) as recorder:
                cost = await _cost(bot, write, arrived)
        finally:
            await bot.kill()
        floor = await repeated(recorder.requests, folder)
    return Reading(cost / amount * 1000, floor.processor / amount * 1000)


async def _cost(bot: Bot, write: Callable[[], Awaitable[None]], arrived: Callable[[], bool]) -> float:
    """Seconds of processor time until everything that was written has arrived, and nothing is on its way."""
    before = bot.processor_seconds()
    await write()
    await _finished(bot, arrived)
    return bot.processor_seconds() - before


async def _finished(bot: Bot, arrived: Callable[[], bool]) -> None:
    await until(arrived, "everything has arrived", every=0.1)
    await until(lambda: _rests(bot.database), "nothing is on its way", every=0.1)


def _rests(database: Path) -> bool:
    return unfinished(database) == 0
