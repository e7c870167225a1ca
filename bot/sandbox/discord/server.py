"""The practice Discord, put together: one guild with one bot, served on loopback."""

from __future__ import annotations

from aiohttp import web

from bot.clock import Clock, SystemClock
from bot.sandbox.discord.gateway import Gateway, GatewayRules
from bot.sandbox.discord.guild import Guild
from bot.sandbox.discord.interactions import Interactions
from bot.sandbox.discord.people_interactions import Asking
from bot.sandbox.discord.permissions import EVERYBODY, has, mask
from bot.sandbox.discord.rate_limits import Allowances, Rates
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.routes import PREFIX, Rest
from bot.sandbox.discord.routes_account import Account
from bot.sandbox.discord.routes_channels import Channels
from bot.sandbox.discord.routes_commands import Commands
from bot.sandbox.discord.routes_interactions import Answers
from bot.sandbox.discord.routes_messages import Messages
from bot.sandbox.discord.serializers import Renderer, signature
from bot.sandbox.discord.state import World
from bot.sandbox.discord.values import Role
from bot.sandbox.loopback_server import Wire

TOKEN = "practice.discord.token"
BOT_PERMISSIONS = (*EVERYBODY, "manage_threads")


class PracticeDiscord(Asking):
    """
    A Discord that the real discord.py can talk to.

    Set `discord.http.Route.BASE` to `api_url` and `discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY` to `gateway_url`.

    Args:
        token: The one bot token that is good; `rules.tokens` holds it and takes others.
        speed: How many times faster than at Discord the windows of the rate limits pass; None: no rate limits.
        clock: For all that Discord measures: windows, sessions, snowflakes.

    Attributes:
        wire: The exchanges that were seen, and faults to come.
        rules: Tokens, the message content intent, heartbeats, and whether Discord is away; may be changed any time.
        rates: The rate limits; `rates.speed` may be changed any time.
        gateway: The sessions, to cut or to deafen.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = TOKEN,
        speed: float | None = 1.0,
        clock: Clock | None = None,
        allowances: Allowances | None = None,
        name: str = "Practice shop",
    ) -> None:
        clock = clock or SystemClock()
        world = World(clock, name=name)
        world.roles[world.guild_id] = Role(world.guild_id, "@everyone", mask(EVERYBODY))
        bot_role = Role(world.new_id(), "shopbell", mask(BOT_PERMISSIONS))
        world.roles[bot_role.id] = bot_role
        world.bot.roles.append(bot_role.id)
        self.token = token
        self.rules = GatewayRules(tokens={token})
        self.rates = Rates(clock, speed)
        self._renderer = Renderer(world, lambda: f"http://{self.wire.address}")
        self.gateway = Gateway(self.rules, clock, ready=self._ready, sees=self._sees)
        guild = Guild(world, self.gateway, self._renderer, clock, allowances or Allowances())
        interactions = Interactions(guild)
        rest = Rest(guild, self.rates, self.rules)
        self.commands = Commands(rest)
        Account(rest, lambda: self.gateway_url)
        Channels(rest)
        Messages(rest)
        Answers(rest, interactions)
        super().__init__(guild, interactions, self.commands)
        gateway = [web.get(path, self.gateway.handle) for path in ("/gateway", "/gateway/")]
        files = web.get("/attachments/{channel}/{attachment}/{name}", self._file)
        self.wire = Wire([*rest.routes, *gateway, files], port=port)

    @property
    def api_url(self) -> str:
        return f"http://{self.wire.address}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        return f"ws://{self.wire.address}/gateway"

    async def start(self) -> None:
        await self.wire.start()

    async def leave(self) -> None:
        """Be away from now on: connections break, requests get 503, the gateway takes nobody."""
        self.rules.away = True
        await self.gateway.cut(abrupt=True)

    def come_back(self) -> None:
        """Be there again, with everything as it was."""
        self.rules.away = False

    async def stop(self) -> None:
        """End every connection and stop listening."""
        await self.leave()
        await self.wire.stop()

    def _ready(self) -> tuple[Json, list[Json]]:
        world = self.guild.world
        application = self._renderer.application(message_content=self.rules.message_content)
        ready = {
            "v": 10,
            "user": self._renderer.own_user(),
            "guilds": [{"id": str(world.guild_id), "unavailable": True}],
            "resume_gateway_url": self.gateway_url,
            "application": {"id": application["id"], "flags": application["flags"]},
        }
        return ready, [self._renderer.guild_create()]

    def _sees(self, place_id: int) -> bool:
        world = self.guild.world
        return has(world, world.bot, world.place(place_id), "view_channel")

    async def _file(self, request: web.Request) -> web.Response:
        attachment = self.guild.world.attachments.get(int(request.match_info["attachment"]))
        expires = int(request.query.get("ex", "0"), 16)
        if attachment is None or request.query.get("hm") != signature(attachment.id, expires):
            return web.Response(status=404, text="This content is no longer available.")
        if self.guild.world.now().timestamp() > expires:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=attachment.upload.data, content_type=attachment.upload.content_type)
