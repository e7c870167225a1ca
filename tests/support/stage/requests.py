"""Counting what an act asks of both chats."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable

from bot.sandbox.loopback_server import Exchange
from tests.support.stage.stage import Stage

_ID = re.compile(r"(?<=/)(?:\d{5,}|[^/]{60,})(?=/|$)")
_NOW_AND_THEN = frozenset(
    {
        "discord GET /channels/…/messages",
        "slack conversations.history",
        "slack conversations.info",
        "slack conversations.members",
        "slack users.info",
    }
)
"""What is read by patrols, or remembered for some time, whatever is written."""


async def counted_requests(stage: Stage, act: Callable[[], Awaitable[object]]) -> Counter[str]:
    """
    What both chats are asked for by an act, by chat, method and path, until nothing is on its way any more.

    Only what the act makes necessary: without what is read now and then anyway.
    """
    await stage.at_rest()
    found: Counter[str] = Counter()

    def in_discord(exchange: Exchange) -> None:
        found[f"discord {exchange.method} {_ID.sub('…', exchange.path.removeprefix('/api/v10'))}"] += 1

    def in_slack(exchange: Exchange) -> None:
        found[f"slack {exchange.path.removeprefix('/api/')}"] += 1

    observers = [(stage.world.discord.http_server, in_discord), (stage.world.slack.http_server, in_slack)]
    for server, observer in observers:
        server.observers.append(observer)
    try:
        await act()
        await stage.at_rest()
    finally:
        for server, observer in observers:
            server.observers.remove(observer)
    return Counter({name: amount for name, amount in found.items() if name not in _NOW_AND_THEN})
