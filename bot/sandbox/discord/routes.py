"""What all REST routes share: who asks, how fast, what was sent, and how it is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.discord.gateway import GatewaySettings
from bot.sandbox.discord.guild import Guild
from bot.sandbox.discord.permissions import require
from bot.sandbox.discord.rate_limits import DiscordRateLimiter, RateLimitRefusal
from bot.sandbox.discord.refusals import DiscordRefusal, FieldErrors, Json
from bot.sandbox.discord.serializers import DiscordSerializer
from bot.sandbox.discord.state import DiscordState
from bot.sandbox.discord.values import DiscordMessage, Member, Place, Upload

PREFIX = "/api/v10"
MINUTES = (60, 1440, 4320, 10080)
"""How long until a quiet thread is archived; Discord knows no other lengths."""


@dataclass(slots=True)
class DiscordCall:
    """
    One request that may proceed.

    Attributes:
        body: The JSON body, in a multipart request its `payload_json`; None: there is none.
        files: What else a multipart request carried.
    """

    request: web.Request
    body: Any = None
    files: tuple[Upload, ...] = ()

    def id(self, name: str) -> int:
        """An id from the path; one that is no number refuses with 50035."""
        text = self.request.match_info[name]
        if not text.isdecimal():
            errors = FieldErrors()
            errors.add(f"{name}_id", "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
            errors.raise_any()
        return int(text)

    def text(self, name: str) -> str:
        return self.request.match_info[name]

    def fields(self) -> Json:
        """The body as an object; anything else refuses with 50035."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise DiscordRefusal(
                50035, errors={"_errors": [{"code": "DICT_TYPE_CONVERT", "message": "Not an object."}]}
            )
        return self.body


@dataclass(frozen=True, slots=True)
class DiscordResponse:
    status: int
    body: Any = None


Handler = Callable[[DiscordCall], Awaitable[DiscordResponse]]


@dataclass(slots=True)
class DiscordRoutes:
    """
    Where the routes hang.

    Attributes:
        rules: The tokens that are good, and whether Discord is there at all.
    """

    guild: Guild
    rate_limiter: DiscordRateLimiter
    settings: GatewaySettings
    routes: list[web.RouteDef] = field(default_factory=list)

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
        Serve a route.

        Args:
            by_token: The path itself carries the right to call it (interactions and their webhooks): no bot token is
                asked for, and the global limit leaves it out.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, f"{method} {path}", handler, by_token=by_token)

        self.routes.append(web.route(method, PREFIX + path, answer))

    def place(self, call: DiscordCall, *permissions: str) -> Place:
        """The channel or thread of the path, where the bot has these permissions."""
        place = self.state.place(call.id("channel"))
        require(self.state, self.bot, place, *permissions)
        return place

    def shown(self, message: DiscordMessage) -> Json:
        """A message as REST gives it: without people's words where the message content intent is off."""
        return self.serializer.message(message, readable=self.settings.message_content)

    async def _answer(self, request: web.Request, route: str, handler: Handler, *, by_token: bool) -> web.Response:
        if self.settings.away:
            return web.Response(status=503, text="upstream connect error or disconnect/reset before headers")
        headers: dict[str, str] = {}
        try:
            if not by_token:
                self._require_token(request)
            headers = self.rate_limiter.take(route, _major(request), counts_everywhere=not by_token)
            body, files = await _read(request)
            reply = await handler(DiscordCall(request, body, files))
        except RateLimitRefusal as refusal:
            return _response(refusal.status, refusal.body(), headers | refusal.headers)
        except DiscordRefusal as refusal:
            return _response(refusal.status, refusal.body(), headers)
        return _response(reply.status, reply.body, headers)

    def _require_token(self, request: web.Request) -> None:
        if request.headers.get("Authorization", "") not in {f"Bot {token}" for token in self.settings.tokens}:
            raise DiscordRefusal(0)


def _major(request: web.Request) -> str:
    """What has a bucket of its own."""
    for name in ("channel", "guild", "token"):
        if name in request.match_info:
            return request.match_info[name]
    return ""


def _response(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    # discord.py takes a 429 without a `Via` header for Cloudflare's and gives up
    headers = headers | {"Via": "1.1 practice"}
    if status == 204:
        return web.Response(status=204, headers=headers)
    # `application/json` and nothing after it: discord.py compares the whole header
    headers["Content-Type"] = "application/json"
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)


async def _read(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    raw = await request.read()
    if not raw:
        return None, ()
    files: tuple[Upload, ...] = ()
    if request.content_type == "multipart/form-data":
        parts = _parts(raw, request.headers["Content-Type"])
        raw = next((data for name, _, data in parts if name == "payload_json"), b"{}")
        files = tuple(Upload(file_name, data) for _, file_name, data in parts if file_name is not None)
    try:
        return json.loads(raw), files
    except ValueError as broken:
        raise DiscordRefusal(50109) from broken


def _parts(raw: bytes, content_type: str) -> list[tuple[str, str | None, bytes]]:
    """Name, file name and bytes of each part; the body is here already, so aiohttp's own reader has nothing to read."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if boundary is None:
        raise DiscordRefusal(50109)
    parts = []
    for piece in (b"\r\n" + raw).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, _, data = piece.partition(b"\r\n\r\n")
        text = head.decode("utf-8", "replace")
        name = re.search(r'name="([^"]*)"', text)
        file_name = re.search(r'filename="([^"]*)"', text)
        parts.append((name[1] if name else "", file_name[1] if file_name else None, data))
    return parts
