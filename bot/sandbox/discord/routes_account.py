"""REST: who the bot is, where the gateway is, and what stands in the guild."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.discord.refusals import Refusal
from bot.sandbox.discord.routes import Call, Reply, Rest
from bot.sandbox.discord.values import Thread


class Account:
    """
    Hangs its routes on construction.

    Args:
        gateway_url: Asked at each request, for the port is known only once the server listens.
    """

    def __init__(self, rest: Rest, gateway_url: Callable[[], str]) -> None:
        self._rest = rest
        self._gateway_url = gateway_url
        rest.on("GET", "/gateway", self._gateway)
        rest.on("GET", "/gateway/bot", self._gateway_bot)
        rest.on("GET", "/users/@me", self._me)
        rest.on("GET", "/applications/@me", self._application)
        rest.on("GET", "/oauth2/applications/@me", self._application)
        rest.on("GET", "/guilds/{guild}", self._guild)
        rest.on("GET", "/guilds/{guild}/channels", self._channels)
        rest.on("GET", "/guilds/{guild}/roles", self._roles)
        rest.on("GET", "/guilds/{guild}/members/{member}", self._member)
        rest.on("GET", "/guilds/{guild}/threads/active", self._active)

    async def _gateway(self, _call: Call) -> Reply:
        return Reply(200, {"url": self._gateway_url()})

    async def _gateway_bot(self, _call: Call) -> Reply:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
        return Reply(200, {"url": self._gateway_url(), "shards": 1, "session_start_limit": limit})

    async def _me(self, _call: Call) -> Reply:
        return Reply(200, self._rest.renderer.own_user())

    async def _application(self, _call: Call) -> Reply:
        return Reply(200, self._rest.renderer.application(message_content=self._rest.rules.message_content))

    async def _guild(self, call: Call) -> Reply:
        self._require_guild(call)
        return Reply(200, self._rest.renderer.guild())

    async def _channels(self, call: Call) -> Reply:
        self._require_guild(call)
        channels = self._rest.world.channels.values()
        return Reply(200, [self._rest.renderer.channel(channel) for channel in channels])

    async def _roles(self, call: Call) -> Reply:
        self._require_guild(call)
        return Reply(200, self._rest.renderer.roles())

    async def _member(self, call: Call) -> Reply:
        self._require_guild(call)
        return Reply(200, self._rest.renderer.member(self._rest.world.member(call.id("member"))))

    async def _active(self, call: Call) -> Reply:
        self._require_guild(call)
        active = sorted(self._rest.world.active_threads(), key=_by_id, reverse=True)
        threads = [self._rest.renderer.thread(thread) for thread in active]
        return Reply(200, {"threads": threads, "members": [], "has_more": False})

    def _require_guild(self, call: Call) -> None:
        if call.id("guild") != self._rest.world.guild_id:
            raise Refusal(10004)


def _by_id(thread: Thread) -> int:
    return thread.id
