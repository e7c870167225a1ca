"""
The gateway: connected, resumed, connected anew, until cancelled.

`discord.Client.connect` is not used: it fails with an AttributeError when its very first attempt finds no network, it
sleeps by the machine's clock, and where it gives up it closes the HTTP session that replies still need. What is left
is discord.py's own socket (`DiscordWebSocket.from_client`, as its AutoShardedClient uses it) in a loop of ours.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import aiohttp
import structlog
import yarl
from discord.errors import ConnectionClosed
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from adapters.chats.discord import wording
from adapters.chats.discord.client import Client, Connection
from adapters.chats.discord.failures import understood
from adapters.chats.echo import Echo
from adapters.chats.patrol import Patrol
from bot.clock import Clock
from bot.errors import AuthFailed, RemoteError
from bot.ports import ChatHealth, Intake

_log = structlog.get_logger(__name__)

_BAD_TOKEN = 4004
_INTENTS_REFUSED = (4013, 4014)
_FOR_GOOD = (4010, 4011, 4012)
_CLEAN, _RESUMABLE = 1000, 4000
_HANDSHAKE_SECONDS = 60
_CLOSING_SECONDS = 2
_BETWEEN_LOGINS = 5.0
"""Seconds between two IDENTIFY; Discord allows one in five seconds."""
_FEW_LOGINS = 50
"""Of a thousand a day; whoever uses them up loses the token: the last ones are spread over what is left of the day."""
_LONGEST_PAUSE = 60.0
_RESUME_ATTEMPTS = 3
_GREETINGS = frozenset({"READY", "RESUMED", "GUILD_CREATE"})
"""What Discord sends because we have connected; nothing has happened."""


@dataclass(frozen=True, slots=True)
class _Session:
    """What a connection needs to go on where the last one ended."""

    id: str
    sequence: int | None
    gateway: yarl.URL


class Gateway:
    """
    Keeps one gateway connection alive and knows how it is.

    Args:
        echo, patrol: Tell when the connection brings nothing, or not everything.

    Attributes:
        deaf: Whether messages come without their text, which means that the intent is missing after all.
    """

    def __init__(self, *, connection: Connection, clock: Clock, echo: Echo, patrol: Patrol) -> None:
        self._connection = connection
        self._clock = clock
        self._echo = echo
        self._patrol = patrol
        self._connected = False
        self._trouble = wording.NOT_CONNECTED
        self._attempts = 0
        self._last_login: float | None = None
        self._last_event_at: datetime | None = None
        self._last_sign_at: datetime | None = None
        self.deaf = False

    def health(self) -> ChatHealth:
        """How the connection is now."""
        deaf = self._connected and self.deaf
        return ChatHealth(
            connected=self._connected and not deaf,
            last_event_at=self._last_event_at,
            last_sign_at=self._last_sign_at,
            compared_at=self._patrol.compared_at,
            overlooked_at=self._patrol.overlooked_at,
            trouble=wording.INTENT_MISSING if deaf else self._trouble,
        )

    def heard(self, kind: str | None) -> None:
        """A frame came in; `kind` is Discord's name for the event in it, None: none, as in an answered heartbeat."""
        self._last_sign_at = self._clock.now()
        if kind is not None and kind not in _GREETINGS:
            self._last_event_at = self._last_sign_at

    def noted(self, event: str) -> None:
        """Note what an event says about the connection; to be called with each."""
        if event in ("connect", "resumed"):
            self._connected, self._trouble, self._attempts = True, "", 0
        if event == "connect":
            self._patrol.begin()
        elif event == "message":
            self._echo.heard()

    async def client(self) -> Client:
        """The client, logged in, however long that takes. Raises `AuthFailed`."""
        while True:
            try:
                return await self._connection.client()
            except AuthFailed as error:
                self._trouble = error.told
                raise
            except RemoteError as error:
                self._trouble = error.told
                await self._clock.sleep(max(error.retry_after or 0.0, self._pause()))

    async def listen(self, intake: Intake) -> NoReturn:
        """
        Stay connected; returns only by cancellation. `intake` gets what the connection has not brought.

        Raises:
            AuthFailed: The token or an intent is refused, or this program is too old for Discord.
        """
        session: _Session | None = None
        while True:
            try:
                session = await self._connect(session, intake)
                reason = "reconnect"
            except AuthFailed as error:
                self._trouble = error.told
                raise
            except RemoteError as error:
                reason = error.told
                if error.retry_after is not None:
                    await self._clock.sleep(error.retry_after)
            self._trouble = wording.LOST.format(reason=reason)
            _log.info("discord connection lost", reason=reason, resumable=session is not None)
            await self._clock.sleep(self._pause())
            if self._attempts > _RESUME_ATTEMPTS:
                session = None

    def _pause(self) -> float:
        """Nothing before the first new attempt, then longer and longer, never in step with other bots."""
        attempts, self._attempts = self._attempts, self._attempts + 1
        return 0.0 if attempts == 0 else min(_LONGEST_PAUSE, 2.0**attempts) * random.uniform(0.5, 1.0)

    async def _connect(self, session: _Session | None, intake: Intake) -> _Session | None:
        """Serve one connection until it ends; returns what the next one can resume, None: nothing."""
        client = await self._connection.client()
        gateway = session.gateway if session else await self._address()
        try:
            with understood(wrote=False):
                await self._serve(client, session, gateway, intake)
        except ReconnectWebSocket as wish:
            return _session_of(client.ws) if wish.resume else None
        except ConnectionClosed as closed:
            return self._after(closed, client)
        else:
            _log.warning("discord gateway does not bring everything")
            return None  # its session is what has gone wrong: a new one is begun
        finally:
            self._connected = False
            await _let_go(client)

    async def _serve(self, client: Client, session: _Session | None, gateway: yarl.URL, intake: Intake) -> None:
        """Returns when the connection is there but does not bring everything; raises when it ends."""
        opening = _socket_of(client).from_client(
            client,
            initial=True,
            gateway=gateway,
            session=session.id if session else None,
            sequence=session.sequence if session else None,
            resume=session is not None,
        )
        await asyncio.wait_for(opening, _HANDSHAKE_SECONDS)
        tasks = [
            asyncio.create_task(_poll(client), name="discord gateway polling"),
            asyncio.create_task(self._echo.missing(), name="discord gateway silence"),
            asyncio.create_task(self._patrol.run(intake), name="discord patrol"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _address(self) -> yarl.URL:
        """Where to log in, once a login is allowed."""
        answer = await self._connection.call("GET", "/gateway/bot")
        limit = answer.get("session_start_limit") or {}
        remaining, seconds = limit.get("remaining", _FEW_LOGINS), limit.get("reset_after", 0) / 1000
        if remaining < _FEW_LOGINS:
            await self._clock.sleep(seconds / max(1, remaining))
        if self._last_login is not None:
            await self._clock.sleep(self._last_login + _BETWEEN_LOGINS - self._clock.monotonic())
        self._last_login = self._clock.monotonic()
        return yarl.URL(answer["url"])

    def _after(self, closed: ConnectionClosed, client: Client) -> _Session | None:
        if closed.code == _BAD_TOKEN:
            raise AuthFailed(wording.LOGIN_REFUSED) from closed
        if closed.code in _INTENTS_REFUSED:
            raise AuthFailed(wording.INTENT_MISSING) from closed
        if closed.code in _FOR_GOOD:
            raise AuthFailed(wording.GATEWAY_REFUSED.format(code=closed.code)) from closed
        return _session_of(client.ws)


async def _poll(client: Client) -> NoReturn:
    while True:
        await client.ws.poll_event()


def _session_of(socket: DiscordWebSocket) -> _Session | None:
    return _Session(socket.session_id, socket.sequence, socket.gateway) if socket.session_id else None


def _socket_of(client: Client) -> type[DiscordWebSocket]:
    """discord.py's socket, known to the client from the start: one cancelled in its handshake can be closed, too."""

    class Socket(DiscordWebSocket):
        def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, loop: asyncio.AbstractEventLoop) -> None:
            super().__init__(socket, loop=loop)
            client.ws = self

    return Socket


async def _let_go(client: Client) -> None:
    """Close the socket if it is open: for good when we are stopping, else so that it can be resumed."""
    socket: Any = client.ws
    if socket is None or not socket.open:
        return
    task = asyncio.current_task()
    stopping = task is not None and task.cancelling() > 0
    try:
        async with asyncio.timeout(_CLOSING_SECONDS):
            await socket.close(_CLEAN if stopping else _RESUMABLE)
    except TimeoutError:
        _log.debug("discord gateway silent on close")
