"""The discord.py client, its login, and where it finds Discord."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import discord
from discord.http import INTERNAL_API_VERSION, Route

from adapters.chats.discord.failures import understood
from adapters.chats.discord.requests import Requests
from bot.clock import Clock

_LOGIN_SECONDS = 60
_LONGEST_WAIT = 30.0
"""Seconds; discord.py takes no less. What it asks itself are few reads; the rest goes through `requests`."""
_READY_SECONDS = 0.25
"""How long the stream of servers after a login may pause before it counts as over; later ones are welcome, too."""

Arrival = Callable[[str, tuple[Any, ...]], None]
Heard = Callable[[str | None], None]


def base_of(api_url: str | None) -> str:
    """What stands before Discord's documented paths; None: Discord itself."""
    return (api_url or f"https://discord.com/api/v{INTERNAL_API_VERSION}").rstrip("/")


def point_at(base: str) -> None:
    """
    Send what discord.py itself asks to this REST base: the login, some reads, and what answers interactions.

    `Route.BASE` is the one place for it in discord.py, and it is the whole process's: two chats of one process
    cannot talk to two Discords. The gateway's address is asked of that server and handed over for each connection.
    """
    Route.BASE = base


class Client(discord.Client):
    """
    discord.py with what we need of it: three intents, no member or message caches, nobody pinged.

    discord.py runs the handler of each event in a task of its own. We need their order, and to know of a new
    connection before its first event: both are there at the moment of `dispatch`, which is therefore where we listen.

    Attributes:
        arrived: Called with each event at that moment; None: nobody listens.
        commands: The commands it answers, as Discord is to be told.
    """

    def __init__(self, heard: Heard) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=_LONGEST_WAIT,
            guild_ready_timeout=_READY_SECONDS,
            # Tells of every frame, heartbeats included, and of the event that is in it.
            enable_debug_events=True,
        )
        self._heard = heard
        self.arrived: Arrival | None = None
        self.commands: list[dict[str, Any]] = []

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event == "socket_raw_receive":
            self._heard(None)
            return
        if event == "socket_event_type":
            self._heard(*args)
            return
        if self.arrived is not None:
            self.arrived(event, args)
        super().dispatch(event, *args, **kwargs)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait here, with the socket open already: `gateway` keeps the distance between logins."""


class Connection:
    """
    One bot account: logs in when first needed, stays usable until closed, also while the gateway is not connected.

    Args:
        heard: Called for every frame that comes in by the gateway, and again with its name for every event in one.
        prepare: Called with the client before it is used.

    Attributes:
        call, download, their_clock: See `Requests`; they need no login.
    """

    def __init__(
        self,
        *,
        token: str,
        api_url: str | None,
        clock: Clock,
        heard: Heard,
        prepare: Callable[[Client], None],
    ) -> None:
        self._token = token
        self._base = base_of(api_url)
        self._heard = heard
        self._prepare = prepare
        self._client: Client | None = None
        self._login = asyncio.Lock()
        self._requests = Requests(token=token, base=self._base, clock=clock)
        self.call = self._requests.call
        self.download = self._requests.download
        self.their_clock = self._requests.their_clock

    async def client(self) -> Client:
        """The client, logged in. Raises `AuthFailed`, `Unavailable`, `RateLimited`."""
        async with self._login:
            if self._client is None:
                self._client = await self._logged_in()
            return self._client

    async def _logged_in(self) -> Client:
        point_at(self._base)
        client = Client(self._heard)
        self._prepare(client)
        try:
            with understood(wrote=False):
                async with asyncio.timeout(_LOGIN_SECONDS):
                    await client.login(self._token)
        except BaseException:
            await client.close()
            raise
        return client

    async def close(self) -> None:
        """Let go of every connection."""
        await self._requests.close()
        if self._client is not None:
            await self._client.close()
            self._client = None
