"""
Row 11: how much longer others' messages take while one store hangs, floods, or has a ticket of 20,000 messages.

The platforms' limits are enforced. Four stores go on as ever; the fifth is in trouble in one phase after the other. The
floor is the first phase, in which it is not. A flood is ten webhooks a second from each of 20 senders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

import aiohttp

from tests.bench.figures import Figure, Reading, Readings, percentile
from tests.bench.processes import Bot
from tests.bench.seen_to_said import Watch
from tests.bench.setting import Setting, until
from tests.bench.world import practice_world, settings
from tests.support.crash.world import KillWorld, Shop

_TROUBLES = ("hangs", "floods", "has a ticket of 20,000 messages")
FIGURES = (
    *(
        Figure(
            name=f"p99 while another store {trouble}",
            label=f"p99, while one {trouble}",
            unit="ms",
            at_most=1.1,
            judged="ratio",
        )
        for trouble in _TROUBLES
    ),
    Figure(name="sweeps in a flood of webhooks", label="sweeps of the flooding store", unit="a minute"),
)
_SECRET = "a-long-random-word"
_SENDERS = 20
_PAUSE = 0.25
_LARGE = 20_000


async def measure(setting: Setting) -> Readings:
    messages = setting.amount(60, 10)
    world = practice_world("sellgate", shops=5, limits=True)
    async with world:
        troubled, *healthy = world.shops
        for shop in world.shops * 2:
            world.customer_opens(shop)
        bot = Bot(setting.folder, settings(world, POLL_SECONDS="1", WEBHOOK_SECRET=_SECRET))
        try:
            await bot.start()
            await bot.ready()
            await until(lambda: world.missing() == 0, "every ticket has its threads")
            numbers = count()

            async def healthy_stores() -> list[float]:
                return await _play(world, healthy, messages, numbers)

            quiet = await healthy_stores()
            floods = await _flooded(bot, troubled, healthy_stores)
            large = await _with_a_large_ticket(setting, world, troubled, healthy_stores)
            hangs = await _hanging(troubled, healthy_stores)
        finally:
            await bot.kill()
    least = percentile(quiet, 99)
    found = [hangs, floods[0], large]
    readings = {
        figure.name: Reading(percentile(values, 99), least)
        for figure, values in zip(FIGURES[: len(_TROUBLES)], found, strict=True)
    }
    return readings | {FIGURES[-1].name: Reading(floods[1])}


async def _play(world: KillWorld, shops: list[Shop], messages: int, numbers: count[int]) -> list[float]:
    """Customers write in these stores; in milliseconds how long each message took from the list to each chat."""
    watch = Watch(world)
    tickets = [ticket for ticket in world.tickets if ticket.shop in shops]
    tokens = []
    for _ in range(messages):
        ticket = tickets[next(numbers) % len(tickets)]
        world.customer_goes_on(ticket)
        tokens.append(ticket.written["customer"][-1])
        await asyncio.sleep(_PAUSE)
    await until(lambda: watch.has_all(tokens), "every message is in both chats")
    return watch.milliseconds(tokens)


async def _hanging(shop: Shop, play: Callable[[], Awaitable[list[float]]]) -> list[float]:
    """While the store's server answers nothing at all."""
    fault = shop.vendor.http_server.fail("hang", times=1 << 30)
    try:
        return await play()
    finally:
        shop.vendor.http_server.faults.remove(fault)


async def _flooded(bot: Bot, shop: Shop, play: Callable[[], Awaitable[list[float]]]) -> tuple[list[float], float]:
    """While 20 senders send ten webhooks a second each for the store; also how often it is swept in a minute."""
    url = f"http://127.0.0.1:{bot.port}/hooks/{shop.name}/{_SECRET}"

    async def send(session: aiohttp.ClientSession) -> None:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.post(url, json={}) as answer:
                    await answer.read()
            await asyncio.sleep(0.1)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_SENDERS)) as session:
        senders = [asyncio.create_task(send(session)) for _ in range(_SENDERS)]
        before, began = len(shop.vendor.http_server.seen), asyncio.get_running_loop().time()
        try:
            found = await play()
        finally:
            took = asyncio.get_running_loop().time() - began
            for sender in senders:
                sender.cancel()
            await asyncio.gather(*senders, return_exceptions=True)
        lists = sum(exchange.path == "/v1/tickets" for exchange in shop.vendor.http_server.seen[before:])
    return found, lists * 60 / took


async def _with_a_large_ticket(
    setting: Setting, world: KillWorld, shop: Shop, play: Callable[[], Awaitable[list[float]]]
) -> list[float]:
    """While one ticket of the store gets twenty thousand messages at once, and all of them have to be posted."""
    ticket = next(ticket for ticket in world.tickets if ticket.shop is shop)
    for number in range(setting.amount(_LARGE, 500)):
        shop.store.customer_replies(ticket.id, f"one of very many: {number}")
    return await play()
