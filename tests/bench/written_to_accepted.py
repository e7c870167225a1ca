"""
Row 2: how long after an agent has written a reply its store has it, without undo time; and how soon it is on disk.

A Slack event is acknowledged once it is on disk, so its acknowledgement is measured. The floor is a script that passes
on at once what it hears; what it hears in Slack it writes to disk before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from bot.sandbox.loopback_server import Exchange
from bot.sandbox.slack.sockets import Ack
from tests.bench.figures import Figure, Reading, Readings, percentile
from tests.bench.processes import Bot, Script
from tests.bench.seen_to_said import SHOPS, forwarding
from tests.bench.setting import Setting, until
from tests.bench.world import practice_world, settings
from tests.support.crash.world import CHATS, TOKEN, KillWorld

FIGURES = (
    Figure(name="written to accepted, p50", label="p50", unit="ms", at_most=4, judged="above"),
    Figure(name="written to accepted, p95", label="p95", unit="ms", at_most=10, judged="above"),
    Figure(name="written to durable, p99", label="durable, p99", unit="ms", at_most=10),
)
_PAUSE = 0.25


class Watch:
    """When each reply was written, on disk, and at its store; in seconds of the monotonic clock."""

    def __init__(self, world: KillWorld) -> None:
        self.written: dict[str, float] = {}
        self.durable: dict[str, float] = {}
        self.accepted: dict[str, float] = {}
        for shop in world.shops:
            shop.vendor.http_server.observers.append(self._accept)
        send = world.slack.sockets.send

        async def timed(kind: Any, payload: Any, **retry: object) -> Ack:
            began = time.monotonic()
            ack = await send(kind, payload, **retry)
            if payload.get("event", {}).get("user") == world.bob.id:
                for token in TOKEN.findall(str(payload["event"].get("text"))):
                    self.durable.setdefault(token, (time.monotonic() - began) * 1000)
            return ack

        vars(world.slack.sockets)["send"] = timed

    def _accept(self, exchange: Exchange) -> None:
        if exchange.method == "POST":
            for token in TOKEN.findall(str(exchange.body)):
                self.accepted.setdefault(token, time.monotonic())

    def milliseconds(self) -> list[float]:
        return [(self.accepted[token] - at) * 1000 for token, at in self.written.items()]

    def until_durable(self) -> list[float]:
        return [took for token, took in self.durable.items() if token in self.written]


async def measure(setting: Setting) -> Readings:
    amount = setting.amount(50, 6)
    world = practice_world("sellgate", shops=SHOPS)
    async with world:
        for shop in world.shops * 2:
            world.customer_opens(shop)
        bot = Bot(setting.folder, settings(world, POLL_SECONDS="60") | {"UNDO_SECONDS": "0"})
        try:
            await bot.start()
            await bot.ready()
            await until(lambda: world.missing() == 0, "every ticket has its threads")
            own = await _play(world, amount)
        finally:
            await bot.kill()
        script = Script("tests.bench.floors.answering", answering(world, setting))
        try:
            await script.start()
            await script.line()
            await script.line()
            floor = await _play(world, amount)
        finally:
            await script.kill()
    readings = {
        figure.name: Reading(percentile(own.milliseconds(), percent), percentile(floor.milliseconds(), percent))
        for figure, percent in zip(FIGURES[:2], (50, 95), strict=True)
    }
    durable = Reading(percentile(own.until_durable(), 99), percentile(floor.until_durable(), 99))
    return readings | {FIGURES[2].name: durable}


def answering(world: KillWorld, setting: Setting) -> Mapping[str, Any]:
    """What the script needs to do the same."""
    more = {
        "gateway": world.discord.gateway_url,
        "token": world.discord.token,
        "app_token": world.slack.app_token,
        "folder": str(setting.folder),
    }
    return {**forwarding(world), **more}


async def _play(world: KillWorld, amount: int) -> Watch:
    """Agents write, now in Discord, now in Slack."""
    watch = Watch(world)
    for number in range(amount):
        ticket, chat = world.tickets[number % len(world.tickets)], CHATS[number % 2]
        before = len(ticket.written[chat])
        at = time.monotonic()
        await world.agent_replies(ticket, chat)
        for token in ticket.written[chat][before:]:
            watch.written[token] = at
        await asyncio.sleep(_PAUSE)
    await until(lambda: watch.written.keys() <= watch.accepted.keys(), "every reply is at the store")
    return watch
