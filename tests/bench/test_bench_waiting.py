"""
What waiting costs the running process: a queue that waits for a platform's pace, and a flood of webhooks.

The figures are printed, and nothing here fails for being slow. Time passes as it does everywhere else.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from bot.clock import SystemClock
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.loopback_server import Exchange, LoopbackServer
from tests.bench.test_bench import Tell, _processor_seconds, _until, pytestmark, tell
from tests.support.crash.world import KillWorld

__all__ = ["pytestmark", "tell"]
_SECRET = "a-long-random-word"
_POSTS = 1_000
_MEASURED = 30.0
_FLOOD = 5.0
_SENDERS = 64


async def test_a_queue_that_waits_for_slacks_pace(tmp_path: Path, tell: Tell) -> None:
    """Processor time a minute while a thousand messages of ten tickets wait for one post a second."""
    async with KillWorld(SystemClock(), Random(1), lost_answers=0.0, vendors=("sellgate",)) as world:
        bot = BotProcess(tmp_path, world.settings())
        try:
            await bot.start()
            await bot.ready()
            process: Any = bot._process
            before = _processor_seconds(process.pid)
            await asyncio.sleep(_MEASURED)
            idle = (_processor_seconds(process.pid) - before) * 60 / _MEASURED
            for _ in range(10):
                ticket = world.customer_opens(world.shops[0])
                for _ in range(_POSTS // 10 - 1):
                    world.customer_goes_on(ticket)
            await _until(lambda: _posted(world) > 15)
            posts, before = _posted(world), _processor_seconds(process.pid)
            await asyncio.sleep(_MEASURED)
            busy = (_processor_seconds(process.pid) - before) * 60 / _MEASURED
            posts = _posted(world) - posts
        finally:
            await bot.kill()
    tell(
        f"{_POSTS:,} posts that wait for Slack's pace: {busy:.1f} s of processor time a minute, with"
        f" {posts * 60 / _MEASURED:.0f} posts a minute in Slack; {idle:.1f} s with nothing to do"
    )


def _posted(world: KillWorld) -> int:
    return sum(exchange.path.endswith("/chat.postMessage") for exchange in world.slack.http_server.seen)


async def test_a_flood_of_webhooks(tmp_path: Path, tell: Tell) -> None:
    """How many list requests a store gets while webhooks come as fast as they are answered."""
    async with KillWorld(SystemClock(), Random(1), lost_answers=0.0, vendors=("sellgate",)) as world:
        shop = world.shops[0]
        own = {f"STORES__{shop.name.upper()}__WEBHOOK_SECRET": _SECRET}
        bot = BotProcess(tmp_path, world.settings() | own)
        try:
            await bot.start()
            await bot.ready()
            lists = _lists(shop.vendor.http_server)
            hooks = await _send_hooks(f"http://127.0.0.1:{bot._port}/hooks/{shop.name}/{_SECRET}")
            during = _lists(shop.vendor.http_server) - lists
            ticket = world.customer_opens(shop)
            async with aiohttp.ClientSession() as session:
                await session.post(f"http://127.0.0.1:{bot._port}/hooks/{shop.name}/{_SECRET}", json={})
            await _until(lambda: world.missing() == 0)
            assert ticket.threads
        finally:
            await bot.kill()
    tell(
        f"{hooks:,} webhooks in {_FLOOD:.0f} s: {during} list requests, {during / _FLOOD:.1f} a second;"
        " the last one was followed"
    )


def _lists(server: LoopbackServer) -> int:
    def is_list(exchange: Exchange) -> bool:
        return exchange.method == "GET" and exchange.path.endswith("/tickets")

    return sum(map(is_list, server.seen))


async def _send_hooks(address: str) -> int:
    deadline, sent = time.monotonic() + _FLOOD, 0

    async def send(session: aiohttp.ClientSession) -> None:
        nonlocal sent
        while time.monotonic() < deadline:
            async with session.post(address, json={}) as answer:
                assert answer.status == 202
            sent += 1

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(send(session) for _ in range(_SENDERS)))
    return sent
