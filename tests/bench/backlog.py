"""
Row 4: how long a backlog takes after an outage of Slack: 500 tickets with three messages of their customers each.

Slack's limit is enforced: one post a second in a channel, a few more at first. The floor is one post for each ticket,
made by a script in another channel meanwhile. Time passes 25 times faster for all of them: a limit is as long as in
life, only sooner over.
"""

from __future__ import annotations

import asyncio
import time

from bot.sandbox.loopback_server import Exchange
from tests.bench.figures import Figure, Reading, Readings
from tests.bench.processes import processor_seconds, result_of
from tests.bench.setting import Setting, until
from tests.bench.world import practice_world, settings
from tests.support.clocks import FasterClock
from tests.support.crash.nest import Nest
from tests.support.crash.world import TOKEN, KillWorld

FIGURES = (
    Figure(name="slack backlog, seconds", label="until Slack has everything", unit="s", at_most=1.05, judged="ratio"),
    Figure(name="slack backlog, posts", label="posts in Slack", unit="posts", at_most=1.05, judged="ratio"),
    Figure(name="slack backlog, refused", label="posts that Slack refused", unit="posts"),
    Figure(name="slack backlog, processor", label="processor time of a post, with its wait", unit="ms"),
)
_MESSAGES = 3
_SPEED = 25.0


async def measure(setting: Setting) -> Readings:
    tickets = setting.amount(500, 20)
    since = time.time()
    clock = FasterClock(_SPEED, since)
    world = practice_world("sellgate", limits=True, clock=clock)
    async with (
        world,
        Nest(setting.folder, _settings(world), speed=_SPEED, since=since) as nest,
    ):
        own = world.slack.add_channel("floor", [world.bob])
        posts = _Posts(world)
        for _ in range(tickets):
            world.customer_opens(world.shops[0])
        process = await nest.start()
        await until(lambda: posts.shown >= _written(world), "every ticket has its card", 600)
        world.slack.http_server.fail("refuse", path="chat.postMessage", times=1 << 30)
        for ticket in world.tickets:
            for _ in range(_MESSAGES):
                world.customer_goes_on(ticket)
        # Three sweeps, so that all of it waits, and then some seconds of credit in both channels alike.
        await clock.sleep(120.0)
        world.slack.http_server.faults.pop()
        posts.begin()
        began, used = time.monotonic(), processor_seconds(process)
        given = {"token": world.slack.bot_token, "slack": world.slack.api_url, "channel": own.id, "posts": tickets}
        floor = asyncio.create_task(result_of("tests.bench.floors.posting", given | {"speed": _SPEED}))
        await until(lambda: posts.shown >= _written(world), "Slack has everything", 600)
        took = (time.monotonic() - began) * _SPEED
        processor = processor_seconds(process) - used
        least = await floor
        await nest.kill()
    return {
        FIGURES[0].name: Reading(took, least["seconds"]),
        FIGURES[1].name: Reading(posts.made, tickets),
        FIGURES[2].name: Reading(posts.refused),
        FIGURES[3].name: Reading(processor / posts.made * 1000, least["processor"] / tickets * 1000),
    }


def _settings(world: KillWorld) -> dict[str, str]:
    """Slack alone: what waits for Discord would only need time."""
    kept = {name: value for name, value in settings(world).items() if not name.startswith("DISCORD_")}
    return kept | {f"STORES__{shop.name.upper()}__CHANNELS": f"slack:{shop.slack.id}" for shop in world.shops}


def _written(world: KillWorld) -> int:
    return sum(len(ticket.written["customer"]) for ticket in world.tickets)


class _Posts:
    """What the store's channel in Slack has got."""

    def __init__(self, world: KillWorld) -> None:
        self._channel = world.shops[0].slack.id
        self._tokens: set[str] = set()
        self.made = self.refused = 0
        world.slack.http_server.observers.append(self._note)

    @property
    def shown(self) -> int:
        return len(self._tokens)

    def begin(self) -> None:
        """Count posts from now on."""
        self.made = self.refused = 0

    def _note(self, exchange: Exchange) -> None:
        body = str(exchange.body)
        if not exchange.path.endswith("/chat.postMessage") or self._channel not in body:
            return
        self.refused += exchange.status == 429
        if exchange.status == 200:
            self.made += 1
            self._tokens.update(token for token in TOKEN.findall(body) if token[0] == "c")
