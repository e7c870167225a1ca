"""The whole practice Discord: one guild with one bot, served on loopback."""

from __future__ import annotations

from aiohttp import web

from bot.clock import Clock, SystemClock
from bot.sandbox.discord.gateway import Gateway, GatewaySettings
from bot.sandbox.discord.guild import Guild
from bot.sandbox.discord.interactions import OpenInteractions
from bot.sandbox.discord.people_interactions import DiscordPeopleInteractions
from bot.sandbox.discord.permissions import EVERYBODY, has, mask
from bot.sandbox.discord.rate_limits import DiscordLimits, DiscordRateLimiter
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.routes import PREFIX, DiscordRoutes
from bot.sandbox.discord.routes_account import AccountRoutes
from bot.sandbox.discord.routes_channels import ChannelRoutes
from bot.sandbox.discord.routes_commands import CommandRoutes
from bot.sandbox.discord.routes_interactions import InteractionRoutes
from bot.sandbox.discord.routes_messages import MessageRoutes
from bot.sandbox.discord.serializers import DiscordSerializer, signature
from bot.sandbox.discord.state import DiscordState
from bot.sandbox.discord.values import Role
from bot.sandbox.loopback_server import LoopbackServer

TOKEN = "practice.discord.token"
BOT_PERMISSIONS = (*EVERYBODY, "manage_threads")


class PracticeDiscord(DiscordPeopleInteractions):
    """
    A Discord that the real discord.py can talk to.

    Set `discord.http.Route.BASE` to `api_url` and `discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY` to `gateway_url`.

    Args:
        token: The valid bot token; others can be added to `settings.tokens`.
        speed: How many times faster than at Discord the windows of the rate limits pass; None: no rate limits.
        clock: For everything that Discord measures: rate limits, sessions, snowflakes.

    Attributes:
        http_server: The requests so far, and the faults to come.
        settings: Tokens, the message content intent, heartbeats, and whether Discord is down; may be changed any time.
        rate_limiter: Its `speed` may be changed any time.
        gateway: The sessions; a test can cut them or make them silent.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = TOKEN,
        speed: float | None = 1.0,
        clock: Clock | None = None,
        limits: DiscordLimits | None = None,
        name: str = "Practice shop",
    ) -> None:
        clock = clock or SystemClock()
        state = DiscordState(clock, name=name)
        state.roles[state.guild_id] = Role(state.guild_id, "@everyone", mask(EVERYBODY))
        bot_role = Role(state.new_id(), "shopbell", mask(BOT_PERMISSIONS))
        state.roles[bot_role.id] = bot_role
        state.bot.roles.append(bot_role.id)
        self.token = token
        self.settings = GatewaySettings(tokens={token})
        self.rate_limiter = DiscordRateLimiter(clock, speed)
        self._serializer = DiscordSerializer(state, lambda: f"http://{self.http_server.address}")
        self.gateway = Gateway(self.settings, clock, ready=self._ready, sees=self._sees)
        guild = Guild(state, self.gateway, self._serializer, clock, limits or DiscordLimits())
        interactions = OpenInteractions(guild)
        routes = DiscordRoutes(guild, self.rate_limiter, self.settings)
        self.commands = CommandRoutes(routes)
        AccountRoutes(routes, lambda: self.gateway_url)
        ChannelRoutes(routes)
        MessageRoutes(routes)
        InteractionRoutes(routes, interactions)
        super().__init__(guild, interactions, self.commands)
        gateway = [web.get(path, self.gateway.handle) for path in ("/gateway", "/gateway/")]
        files = web.get("/attachments/{channel}/{attachment}/{name}", self._file)
        self.http_server = LoopbackServer([*routes.definitions, *gateway, files], port=port)

    @property
    def api_url(self) -> str:
        return f"http://{self.http_server.address}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        return f"ws://{self.http_server.address}/gateway"

    async def start(self) -> None:
        await self.http_server.start()

    async def leave(self) -> None:
        """Be down from now on: connections break, requests get 503, the gateway accepts nobody."""
        self.settings.away = True
        await self.gateway.cut(abrupt=True)

    def come_back(self) -> None:
        """Be up again, with everything as it was."""
        self.settings.away = False

    async def stop(self) -> None:
        """End every connection and stop listening."""
        await self.leave()
        await self.http_server.stop()

    def _ready(self) -> tuple[Json, list[Json]]:
        state = self.guild.state
        application = self._serializer.application(message_content=self.settings.message_content)
        ready = {
            "v": 10,
            "user": self._serializer.own_user(),
            "guilds": [{"id": str(state.guild_id), "unavailable": True}],
            "resume_gateway_url": self.gateway_url,
            "application": {"id": application["id"], "flags": application["flags"]},
        }
        return ready, [self._serializer.guild_create()]

    def _sees(self, place_id: int) -> bool:
        state = self.guild.state
        return has(state, state.bot, state.place(place_id), "view_channel")

    async def _file(self, request: web.Request) -> web.Response:
        attachment = self.guild.state.attachments.get(int(request.match_info["attachment"]))
        expires = int(request.query.get("ex", "0"), 16)
        if attachment is None or request.query.get("hm") != signature(attachment.id, expires):
            return web.Response(status=404, text="This content is no longer available.")
        if self.guild.state.now().timestamp() > expires:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=attachment.upload.data, content_type=attachment.upload.content_type)
