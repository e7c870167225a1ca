"""
The discord.py client, its login, and requests that are made once.

discord.py repeats a request up to five times when Discord answers 500, 502, 504 or 524 (and, on some systems, when the
connection is reset), whatever the request does. For a message its nonce makes that harmless; a forum post has no
nonce and would be made twice. There is no switch for it, so `_once` uses the client's own trace hooks
(`discord.Client(http_trace=…)`, `aiohttp.TraceConfig`): for requests marked `_ONCE` they raise as soon as such an
answer or failure is seen, before discord.py can look at it. Its rate limiting stays as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import discord
from discord.http import INTERNAL_API_VERSION, Route

from adapters.chats.discord.refusals import NoAnswer, understood

_ONCE: Final = "once"
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_LOGIN_SECONDS = 60
_LONGEST_WAIT = 30.0
"""Seconds; discord.py sits out shorter rate limits itself and raises for longer ones. It takes no less."""
_READY_SECONDS = 1.0
"""How long the stream of guilds after a login may pause before it counts as over."""

Arrival = Callable[[str, tuple[Any, ...]], None]


def point_at(api_url: str | None) -> None:
    """
    Send every request of discord.py, those of interactions too, to this REST base; None: Discord's own.

    `Route.BASE` is the one place for it in discord.py, and it is the whole process's: two chats of one process
    cannot talk to two Discords. The gateway's address is asked of that server and handed over for each connection.
    """
    Route.BASE = (api_url or f"https://discord.com/api/v{INTERNAL_API_VERSION}").rstrip("/")


class Client(discord.Client):
    """
    discord.py with what we need of it: three intents, no member or message caches, nobody pinged.

    discord.py runs the handler of each event in a task of its own. We need their order, and to know of a new
    connection before its first event: both are there at the moment of `dispatch`, which is therefore where we listen.

    Attributes:
        arrived: Called with each event at that moment; None: nobody listens.
        commands: The commands it answers, as Discord is to be told.
    """

    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=_LONGEST_WAIT,
            guild_ready_timeout=_READY_SECONDS,
            # Tells of every frame, heartbeats included.
            enable_debug_events=True,
            http_trace=_once(),
        )
        self._heard = heard
        self.arrived: Arrival | None = None
        self.commands: list[dict[str, Any]] = []

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event == "socket_raw_receive":
            self._heard()
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
        heard: Called for every frame that comes in by the gateway.
        prepare: Called with the client before it is used.
    """

    def __init__(
        self, *, token: str, api_url: str | None, heard: Callable[[], None], prepare: Callable[[Client], None]
    ) -> None:
        self._token = token
        self._api_url = api_url
        self._heard = heard
        self._prepare = prepare
        self._client: Client | None = None
        self._login = asyncio.Lock()

    async def client(self) -> Client:
        """The client, logged in. Raises `AuthFailed`, `Unavailable`, `RateLimited`."""
        async with self._login:
            if self._client is None:
                self._client = await self._logged_in()
            return self._client

    async def _logged_in(self) -> Client:
        point_at(self._api_url)
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

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: dict[str, Any] | None = None,
        permission: str = "",
        **ids: str,
    ) -> Any:
        """
        Make one request, once, and return what Discord answers.

        Args:
            path: As Discord documents it, with `{channel_id}` and `{guild_id}` by these names: rate limits are theirs.
            permission: What is missing if Discord only says that one is.
            ids: What stands in the path's braces.

        Raises: all of the `RemoteError`s but `Unsupported`.
        """
        client = await self.client()
        rest: dict[str, Any] = {"json": json} if json is not None else {}
        if params:
            rest["params"] = params
        with understood(wrote=method != "GET", permission=permission):
            return await client.http.request(
                Route(method, path, **ids), timeout=_TIMEOUT, trace_request_ctx=_ONCE, **rest
            )

    async def close(self) -> None:
        """Let go of every connection."""
        if self._client is not None:
            await self._client.close()
            self._client = None


def _once() -> aiohttp.TraceConfig:
    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(_answered)
    trace.on_request_exception.append(_failed)
    return trace


async def _answered(_session: aiohttp.ClientSession, marked: Any, answer: aiohttp.TraceRequestEndParams) -> None:
    if marked.trace_request_ctx == _ONCE and answer.response.status >= 500:
        raise NoAnswer(f"answered {answer.response.status}", left=True)


async def _failed(_session: aiohttp.ClientSession, marked: Any, failure: aiohttp.TraceRequestExceptionParams) -> None:
    error = failure.exception
    if marked.trace_request_ctx == _ONCE and isinstance(error, (OSError, aiohttp.ClientError)):
        raise NoAnswer(type(error).__name__, left=not isinstance(error, aiohttp.ClientConnectorError)) from error
