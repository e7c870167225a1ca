"""
Row 1: how long after a store has shown a customer's message both chats have it, one message a second.

The floor is a script that asks the store's list, reads what changed and posts it in both chats, without any state.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bot.sandbox.loopback_server import Exchange
from tests.bench.figures import Figure, Reading, Readings, percentile
from tests.bench.processes import Bot, Script
from tests.bench.setting import Setting, until
from tests.bench.world import credentials, practice_world, settings
from tests.support.crash.world import TOKEN, KillWorld, Ticket

FIGURES = (
    Figure(name="seen to said, p50", label="p50", unit="ms", at_most=5, judged="above"),
    Figure(name="seen to said, p95", label="p95", unit="ms", at_most=15, judged="above"),
)
SHOPS = 5
"""Slack allows one message a second in a channel; each shop has its own."""


class Watch:
    """When a store first listed each message, and when each chat got it; in seconds of the monotonic clock."""

    def __init__(self, world: KillWorld) -> None:
        self.listed: dict[str, float] = {}
        self.said: dict[tuple[str, str], float] = {}
        self._counted: dict[str, int] = {}
        for shop in world.shops:
            tickets = {ticket.id: ticket for ticket in world.tickets if ticket.shop is shop}
            if tickets:
                shop.vendor.http_server.observers.append(partial(self._list, tickets))
        world.discord.http_server.observers.append(partial(self._post, "discord"))
        world.slack.http_server.observers.append(partial(self._post, "slack"))

    def _list(self, tickets: Mapping[str, Ticket], exchange: Exchange) -> None:
        if exchange.path != "/v1/tickets":
            return
        for row in exchange.answer["data"]:
            for token in tickets[row["id"]].written["customer"][: row["message_count"]]:
                self.listed.setdefault(token, time.monotonic())

    def _post(self, chat: str, exchange: Exchange) -> None:
        if exchange.method == "POST" and exchange.path.endswith(("/messages", "/chat.postMessage")):
            for token in TOKEN.findall(str(exchange.body)):
                self.said.setdefault((chat, token), time.monotonic())

    def milliseconds(self, tokens: Sequence[str]) -> list[float]:
        """From the list to the chat: two figures a message."""
        return [
            (self.said[chat, token] - self.listed[token]) * 1000 for token in tokens for chat in ("discord", "slack")
        ]

    def has_all(self, tokens: Sequence[str]) -> bool:
        return all((chat, token) in self.said for token in tokens for chat in ("discord", "slack"))


async def measure(setting: Setting) -> Readings:
    amount = setting.amount(15, 4)
    world = practice_world("sellgate", shops=SHOPS)
    async with world:
        for shop in world.shops * 2:
            world.customer_opens(shop)
        bot = Bot(setting.folder, settings(world, POLL_SECONDS="1"))
        try:
            await bot.start()
            await bot.ready()
            await until(lambda: world.missing() == 0, "every ticket has its threads")
            own = await _play(world, amount)
        finally:
            await bot.kill()
        script = Script("tests.bench.floors.forwarding", forwarding(world))
        try:
            await script.start()
            for _ in world.shops:
                await script.line()
            floor = await _play(world, amount)
        finally:
            await script.kill()
    return {
        figure.name: Reading(percentile(own, percent), percentile(floor, percent))
        for figure, percent in zip(FIGURES, (50, 95), strict=True)
    }


def forwarding(world: KillWorld) -> Mapping[str, Any]:
    """What the script needs to do the same."""
    shops = [
        {
            "url": shop.vendor.base_url,
            "headers": credentials(shop),
            "slack": shop.slack.id,
            "threads": {ticket.id: dict(ticket.threads) for ticket in world.tickets if ticket.shop is shop},
        }
        for shop in world.shops
    ]
    return {
        "shops": shops,
        "seconds": 1.0,
        "discord": world.discord.api_url,
        "bot": {"Authorization": f"Bot {world.discord.token}"},
        "slack": world.slack.api_url,
        "app": {"Authorization": f"Bearer {world.slack.bot_token}"},
    }


async def _play(world: KillWorld, amount: int) -> list[float]:
    """Customers write once a second; in milliseconds how long each message took to each chat."""
    watch = Watch(world)
    tokens = []
    for number in range(amount):
        ticket = world.tickets[number % len(world.tickets)]
        world.customer_goes_on(ticket)
        tokens.append(ticket.written["customer"][-1])
        await asyncio.sleep(1.0)
    await until(lambda: watch.has_all(tokens), "every message is in both chats")
    return watch.milliseconds(tokens)
