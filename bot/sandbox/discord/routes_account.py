"""REST: the bot's account, the gateway's address, and the guild's channels, roles and members."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.discord.calls import DiscordCall, DiscordResponse
from bot.sandbox.discord.refusals import DiscordRefusal
from bot.sandbox.discord.routes import DiscordRoutes
from bot.sandbox.discord.values import Thread


class AccountRoutes:
    """
    Adds its routes on construction.

    Args:
        gateway_url: Called at each request, because the port is known only when the server listens.
    """

    def __init__(self, routes: DiscordRoutes, gateway_url: Callable[[], str]) -> None:
        self._routes = routes
        self._gateway_url = gateway_url
        routes.on("GET", "/gateway", self._gateway)
        routes.on("GET", "/gateway/bot", self._gateway_bot)
        routes.on("GET", "/users/@me", self._me)
        routes.on("GET", "/applications/@me", self._application)
        routes.on("GET", "/oauth2/applications/@me", self._application)
        routes.on("GET", "/guilds/{guild}", self._guild)
        routes.on("GET", "/guilds/{guild}/channels", self._channels)
        routes.on("GET", "/guilds/{guild}/roles", self._roles)
        routes.on("GET", "/guilds/{guild}/members/{member}", self._member)
        routes.on("GET", "/guilds/{guild}/threads/active", self._active)

    async def _gateway(self, _call: DiscordCall) -> DiscordResponse:
        return DiscordResponse(200, {"url": self._gateway_url()})

    async def _gateway_bot(self, _call: DiscordCall) -> DiscordResponse:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
        return DiscordResponse(200, {"url": self._gateway_url(), "shards": 1, "session_start_limit": limit})

    async def _me(self, _call: DiscordCall) -> DiscordResponse:
        return DiscordResponse(200, self._routes.serializer.own_user())

    async def _application(self, _call: DiscordCall) -> DiscordResponse:
        return DiscordResponse(
            200, self._routes.serializer.application(message_content=self._routes.settings.message_content)
        )

    async def _guild(self, call: DiscordCall) -> DiscordResponse:
        self._require_guild(call)
        return DiscordResponse(200, self._routes.serializer.guild())

    async def _channels(self, call: DiscordCall) -> DiscordResponse:
        self._require_guild(call)
        channels = self._routes.state.channels.values()
        return DiscordResponse(200, [self._routes.serializer.channel(channel) for channel in channels])

    async def _roles(self, call: DiscordCall) -> DiscordResponse:
        self._require_guild(call)
        return DiscordResponse(200, self._routes.serializer.roles())

    async def _member(self, call: DiscordCall) -> DiscordResponse:
        self._require_guild(call)
        return DiscordResponse(200, self._routes.serializer.member(self._routes.state.member(call.id("member"))))

    async def _active(self, call: DiscordCall) -> DiscordResponse:
        self._require_guild(call)
        active = sorted(self._routes.state.active_threads(), key=_by_id, reverse=True)
        threads = [self._routes.serializer.thread(thread) for thread in active]
        return DiscordResponse(200, {"threads": threads, "members": [], "has_more": False})

    def _require_guild(self, call: DiscordCall) -> None:
        if call.id("guild") != self._routes.state.guild_id:
            raise DiscordRefusal(10004)


def _by_id(thread: Thread) -> int:
    return thread.id
