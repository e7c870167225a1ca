"""The discord.py client, its login, and which Discord it talks to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import discord
from discord.http import INTERNAL_API_VERSION, Route

from adapters.chats.disappearance import Disappearances
from adapters.chats.discord.failures import library_errors
from adapters.chats.discord.reading import DISCORD
from adapters.chats.discord.requests import Requests
from adapters.chats.malformed import SHAPE_ERRORS, Malformed
from bot.clock import Clock

_LOGIN_SECONDS = 60
_LONGEST_WAIT = 30.0
"""Seconds; discord.py accepts no less. It makes only a few reads by itself; all else goes through `Requests`."""
_READY_SECONDS = 0.25
"""After a login Discord lists the servers. A pause this long counts as the end; later ones are accepted, too."""

MALFORMED: Final = "malformed"
"""Our own event, in place of one that discord.py could not read."""
DELETION: Final = "deletion"
"""Our own event, with a `Deletion`, before discord.py reads one about a deletion."""
_DELETIONS = frozenset({"THREAD_DELETE", "CHANNEL_DELETE", "GUILD_DELETE"})
_NEEDED = frozenset({"READY", "RESUMED"})
"""Without these a connection is of no use: if they cannot be read, it has to be made again."""

EventListener = Callable[[str, tuple[Any, ...]], None]
FrameListener = Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class Deletion:
    """
    The gateway says that a thread or a channel was deleted, or that we were removed from a server.

    Attributes:
        event: Discord's name for the event.
        believe: Lets discord.py read it: then what it remembers changes, and its own events follow.
    """

    event: str
    data: Any
    believe: Callable[[], None]


def base_of(api_url: str | None) -> str:
    """What comes before Discord's documented paths; None: Discord itself."""
    return (api_url or f"https://discord.com/api/v{INTERNAL_API_VERSION}").rstrip("/")


def point_at(base: str) -> None:
    """
    Make discord.py use this REST base for its own requests: the login, some reads, and answers to interactions.

    `Route.BASE` is the only place for it in discord.py, and it holds for the whole process: two chats in one process
    cannot use two Discords. The gateway's address is asked of that server and passed on for each connection.
    """
    Route.BASE = base


class Client(discord.Client):
    """
    discord.py as we need it: three intents, no caches of members or messages, no pings.

    discord.py runs the handler of each event in a task of its own. We need the events in order, and must know about a
    new connection before its first event. Both are known when `dispatch` is called, so we listen there.

    Args:
        malformed: Counts the events that discord.py cannot read.

    Attributes:
        listener: Called with each event at that moment; None: nobody listens.
        commands: The commands that it answers, as Discord wants them described.
    """

    def __init__(self, on_frame: FrameListener, malformed: Malformed) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=_LONGEST_WAIT,
            guild_ready_timeout=_READY_SECONDS,
            # Dispatches every frame, heartbeats included, and the name of the event in it.
            enable_debug_events=True,
        )
        self._on_frame = on_frame
        self._malformed = malformed
        self.listener: EventListener | None = None
        self.commands: list[dict[str, Any]] = []
        parsers = self._connection.parsers
        for event in parsers.keys() - _NEEDED:
            parsers[event] = partial(self._take, event, partial(self._parse, event, parsers[event]))

    def _take(self, event: str, parse: Callable[[Any], None], data: Any) -> None:
        """Read one event, or hand one about a deletion to the listener, who knows when to believe it."""
        outage = isinstance(data, dict) and data.get("unavailable")
        if event not in _DELETIONS or outage or self.listener is None:
            parse(data)
            return
        self.listener(DELETION, (Deletion(event, data, partial(parse, data)),))

    def _parse(self, event: str, parse: Callable[[Any], None], data: Any) -> None:
        """
        Let discord.py read one event. If it cannot, only this event is lost, and not the connection.

        What it was about can be found by reading the threads, so `MALFORMED` is dispatched in its place.
        """
        try:
            parse(data)
        except SHAPE_ERRORS as error:
            self._malformed.add(event, error)
            self.dispatch(MALFORMED)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event == "socket_raw_receive":
            self._on_frame(None)
            return
        if event == "socket_event_type":
            self._on_frame(*args)
            return
        if self.listener is not None:
            self.listener(event, args)
        super().dispatch(event, *args, **kwargs)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait here, where the socket is already open: `Connection` keeps logins apart."""


class Account:
    """
    The bot account: logs in when first needed, and works until it is closed, with or without a gateway connection.

    Args:
        on_frame: Called for every frame from the gateway, and again with the event's name if the frame holds one.
        prepare: Called with the client before it is used.

    Attributes:
        call, download, limits, their_clock: See `Requests`; they need no login.
        malformed: Counts what Discord sent and nobody can read.
        disappearances: Members that Discord says have left, and channels and servers that it does not show.
    """

    def __init__(
        self,
        *,
        token: str,
        api_url: str | None,
        clock: Clock,
        on_frame: FrameListener,
        prepare: Callable[[Client], None],
    ) -> None:
        self._token = token
        self._base = base_of(api_url)
        self._on_frame = on_frame
        self._prepare = prepare
        self._client: Client | None = None
        self._login = asyncio.Lock()
        self.clock = clock
        self.malformed = Malformed(DISCORD)
        self.disappearances = Disappearances(clock)
        self._requests = Requests(token=token, base=self._base, clock=clock)
        self.call = self._requests.call
        self.download = self._requests.download
        self.limits = self._requests.limits
        self.their_clock = self._requests.their_clock

    async def client(self) -> Client:
        """The client, logged in. Raises `AuthFailed`, `Unavailable`, `RateLimited`."""
        async with self._login:
            if self._client is None:
                self._client = await self._log_in()
            return self._client

    def server_of(self, channel: str) -> int:
        """The server of a channel, from what the gateway told; 0: it has not told yet."""
        known = None if self._client is None else self._client.get_channel(int(channel))
        return known.guild.id if isinstance(known, discord.abc.GuildChannel) else 0

    async def _log_in(self) -> Client:
        point_at(self._base)
        client = Client(self._on_frame, self.malformed)
        self._prepare(client)
        try:
            with library_errors():
                async with asyncio.timeout(_LOGIN_SECONDS):
                    await client.login(self._token)
                # discord.py answers interactions without the form of User-Agent that Discord asks every bot for.
                client.http._HTTPClient__session.headers["User-Agent"] = client.http.user_agent  # type: ignore[attr-defined]  # noqa: SLF001
        except BaseException:
            await client.close()
            raise
        return client

    async def aclose(self) -> None:
        """Close every connection."""
        await self._requests.aclose()
        if self._client is not None:
            await self._client.close()
            self._client = None
