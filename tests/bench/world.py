"""The practice world of a measurement, with the platforms' limits or without, and what is recorded in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Self

from bot.clock import Clock, SystemClock
from bot.sandbox.loopback_server import Exchange, LoopbackServer
from bot.sandbox.slack.rate_limits import SlackRateLimiter
from bot.sandbox.vendors.rate_limits import QuotaCounter
from tests.support.crash.world import KillWorld, Shop

_NO_LIMIT = 1_000_000
_FIRST_CHANNEL = 1_500_000_000_000_000_000


def practice_world(
    *vendors: str, limits: bool = False, clock: Clock | None = None, shops: int | None = None
) -> KillWorld:
    """
    A shop at each of these vendors, each with a channel of its own in both chats.

    Args:
        limits: Whether the platforms' limits are enforced.
        shops: So many instead, at the vendors in turn.
    """
    chosen: Sequence[str] = [vendors[index % len(vendors)] for index in range(shops)] if shops else vendors
    world = KillWorld(clock or SystemClock(), Random(1), lost_answers=0.0, vendors=chosen)
    _with_the_same_channels(world)
    if not limits:
        _without_limits(world)
    return world


def _with_the_same_channels(world: KillWorld) -> None:
    """In each run the channels have the same ids, so that a database which was filled for one fits the next."""
    channels = world.discord.guild.state.channels
    for number, shop in enumerate(world.shops):
        del channels[shop.discord.id]
        shop.discord.id = _FIRST_CHANNEL + number
        channels[shop.discord.id] = shop.discord


def _without_limits(world: KillWorld) -> None:
    world.discord.rate_limiter.speed = None
    workspace = world.slack.workspace
    workspace.limits = replace(
        workspace.limits,
        posts_per_second=float(_NO_LIMIT),
        post_burst=_NO_LIMIT,
        per_minute=(_NO_LIMIT,) * 4,
        special_per_minute=_NO_LIMIT,
        connects_per_minute=_NO_LIMIT,
    )
    workspace.rate_limiter = SlackRateLimiter(SystemClock(), workspace.limits)
    for shop in world.shops:
        shop.vendor.meter = QuotaCounter((), shop.store.now)


def settings(world: KillWorld, **of_each_store: str) -> dict[str, str]:
    """The bot's settings, with some more for each store."""
    more = {
        f"STORES__{shop.name.upper()}__{key}": value for shop in world.shops for key, value in of_each_store.items()
    }
    return world.settings() | more


def only_discord(world: KillWorld, variables: dict[str, str]) -> dict[str, str]:
    """These settings without Slack."""
    kept = {name: value for name, value in variables.items() if not name.startswith("SLACK_")}
    return kept | {f"STORES__{shop.name.upper()}__CHANNELS": f"discord:{shop.discord.id}" for shop in world.shops}


def wires(world: KillWorld) -> list[LoopbackServer]:
    """Every server."""
    vendors = [shop.vendor.http_server for shop in world.shops]
    return [world.discord.http_server, world.slack.http_server, *vendors]


def credentials(shop: Shop) -> dict[str, str]:
    """The headers with which a script asks a Sellgate store."""
    return {"Authorization": f"Bearer {shop.vendor.settings['API_KEY']}"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it came, and when, so that a script can make it again."""

    at: float
    method: str
    url: str
    headers: dict[str, str]
    body: Any

    def as_json(self) -> list[Any]:
        return [self.at, self.method, self.url, self.headers, self.body]


class Recorder:
    """Records the requests that come to some servers, while it is used as a context."""

    def __init__(self, servers: Sequence[LoopbackServer]) -> None:
        self._observers = [(server, self._observer(server)) for server in servers]
        self.requests: list[Recorded] = []

    def __enter__(self) -> Self:
        for server, observer in self._observers:
            server.observers.append(observer)
        return self

    def __exit__(self, *_error: object) -> None:
        for server, observer in self._observers:
            server.observers.remove(observer)

    def _observer(self, server: LoopbackServer) -> Callable[[Exchange], None]:
        address = server.address

        def record(exchange: Exchange) -> None:
            if "Upgrade" in exchange.headers:
                return
            query = "&".join(f"{key}={value}" for key, value in exchange.query.items())
            url = f"http://{address}{exchange.path}" + (f"?{query}" if query else "")
            kept = {"authorization", "content-type", "accept", "user-agent"}
            headers = {key: value for key, value in exchange.headers.items() if key.lower() in kept}
            self.requests.append(Recorded(time.monotonic(), exchange.method, url, headers, exchange.body))

        return record
