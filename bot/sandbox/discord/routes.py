"""What all REST routes share: the token, the rate limits, the body, and the answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.discord.calls import DiscordCall, DiscordResponse, read_call
from bot.sandbox.discord.gateway import GatewaySettings
from bot.sandbox.discord.guild import Guild
from bot.sandbox.discord.permissions import require
from bot.sandbox.discord.rate_limits import DiscordRateLimiter, RateLimitRefusal
from bot.sandbox.discord.refusals import DiscordRefusal, Json
from bot.sandbox.discord.serializers import DiscordSerializer
from bot.sandbox.discord.state import DiscordState
from bot.sandbox.discord.values import DiscordMessage, Member, Place

PREFIX = "/api/v10"
MINUTES = (60, 1440, 4320, 10080)
"""After how many minutes without messages a thread is archived; Discord has no other choices."""


Handler = Callable[[DiscordCall], Awaitable[DiscordResponse]]


@dataclass(slots=True)
class DiscordRoutes:
    """
    All routes, and what they need.

    Attributes:
        settings: The valid tokens, and whether Discord is down.
        definitions: The routes for the HTTP server.
    """

    guild: Guild
    rate_limiter: DiscordRateLimiter
    settings: GatewaySettings
    definitions: list[web.RouteDef] = field(default_factory=list)

    @property
    def state(self) -> DiscordState:
        return self.guild.state

    @property
    def serializer(self) -> DiscordSerializer:
        return self.guild.serializer

    @property
    def bot(self) -> Member:
        return self.guild.state.bot

    def on(self, method: str, path: str, handler: Handler, *, by_token: bool = False) -> None:
        """
        Add a route.

        Args:
            by_token: Whether the path has its own token (interactions and their webhooks): such a route needs no bot
                token and does not count for the global limit.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, f"{method} {path}", handler, by_token=by_token)

        self.definitions.append(web.route(method, PREFIX + path, answer))

    def place(self, call: DiscordCall, *permissions: str) -> Place:
        """The channel or thread of the path. Raises `DiscordRefusal` if the bot lacks a permission there."""
        place = self.state.place(call.id("channel"))
        require(self.state, self.bot, place, *permissions)
        return place

    def message_json(self, message: DiscordMessage) -> Json:
        """A message as REST returns it: without people's texts if the message content intent is off."""
        return self.serializer.message(message, readable=self.settings.message_content)

    async def _answer(self, request: web.Request, route: str, handler: Handler, *, by_token: bool) -> web.Response:
        if self.settings.away:
            return web.Response(status=503, text="upstream connect error or disconnect/reset before headers")
        headers: dict[str, str] = {}
        try:
            if not by_token:
                self._require_token(request)
            headers = self.rate_limiter.take(route, _major(request), counts_everywhere=not by_token)
            reply = await handler(await read_call(request))
        except RateLimitRefusal as refusal:
            return _response(refusal.status, refusal.body(), headers | refusal.headers)
        except DiscordRefusal as refusal:
            return _response(refusal.status, refusal.body(), headers)
        return _response(reply.status, reply.body, headers)

    def _require_token(self, request: web.Request) -> None:
        if request.headers.get("Authorization", "") not in {f"Bot {token}" for token in self.settings.tokens}:
            raise DiscordRefusal(0)


def _major(request: web.Request) -> str:
    """The part of the path that has its own bucket."""
    for name in ("channel", "guild", "token"):
        if name in request.match_info:
            return request.match_info[name]
    return ""


def _response(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    # without a `Via` header discord.py thinks that a 429 is Cloudflare's, and gives up
    headers = headers | {"Via": "1.1 practice"}
    if status == 204:
        return web.Response(status=204, headers=headers)
    # `application/json` with nothing after it: discord.py compares the whole header
    headers["Content-Type"] = "application/json"
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)
