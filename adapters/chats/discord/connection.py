"""
The connection to Discord's gateway: opened, resumed, opened again, until cancelled; and how it is.

`discord.Client.connect` is not used. It fails with an AttributeError when its very first attempt finds no network. It
sleeps by the machine's clock. When it gives up, it closes the HTTP session that replies still need. So we run
discord.py's own socket (`DiscordWebSocket.from_client`, as its AutoShardedClient does) in a loop of our own.
"""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from typing import NoReturn

import structlog
import yarl
from discord.errors import ConnectionClosed
from discord.gateway import ReconnectWebSocket

from adapters.chats.discord import wording
from adapters.chats.discord.client import Account, Client
from adapters.chats.discord.failures import library_errors, remote_errors, usable_answer
from adapters.chats.discord.socket import Session, close_socket, open_socket, read_events, session_of
from adapters.chats.echo import Echo
from adapters.chats.patrol import Patrol
from bot.clock import Clock
from bot.errors import AuthFailed, RemoteError
from bot.ports import ChatHealth, Intake

_log = structlog.get_logger(__name__)

_BAD_TOKEN = 4004
_INTENTS_REFUSED = (4013, 4014)
_FINAL = (4010, 4011, 4012)
_BETWEEN_LOGINS = 5.0
"""Seconds between two IDENTIFY; Discord allows one in five seconds."""
_FEW_LOGINS = 50
"""A bot has a thousand logins a day and loses its token without them: the last ones are spread over the day's rest."""
_LONGEST_PAUSE = 60.0
_DOUBLINGS = 6
"""After so many the longest pause is reached. After a thousand, as in half a day, no number would be large enough."""
_RESUME_ATTEMPTS = 3
_CONNECT_EVENTS = frozenset({"READY", "RESUMED", "GUILD_CREATE"})
"""Discord sends these because we have connected; they do not show that anybody did something."""


class Connection:
    """
    Keeps one gateway connection open and knows how it is.

    Args:
        echo, patrol: They notice when the connection delivers nothing, or not everything.

    Attributes:
        text_missing: Whether messages come without their text, so that the intent must be missing.
    """

    def __init__(self, *, account: Account, clock: Clock, echo: Echo, patrol: Patrol) -> None:
        self._account = account
        self._clock = clock
        self._echo = echo
        self._patrol = patrol
        self._connected = False
        self._trouble = wording.NOT_CONNECTED
        self._attempts = 0
        self._last_login: float | None = None
        self._last_event_at: datetime | None = None
        self._last_sign_at: datetime | None = None
        self.text_missing = False

    def health(self) -> ChatHealth:
        """How the connection is now."""
        text_missing = self._connected and self.text_missing
        return ChatHealth(
            connected=self._connected and not text_missing,
            last_event_at=self._last_event_at,
            last_sign_at=self._last_sign_at,
            compared_at=self._patrol.compared_at,
            overlooked_at=self._patrol.overlooked_at,
            malformed=self._account.malformed.count,
            problem=wording.INTENT_MISSING if text_missing else self._trouble,
        )

    def on_frame(self, event: str | None) -> None:
        """A frame came in; `event` is Discord's name for the event in it, None for heartbeats."""
        self._last_sign_at = self._clock.now()
        if event is not None and event not in _CONNECT_EVENTS:
            self._last_event_at = self._last_sign_at

    def on_event(self, event: str) -> None:
        """To be called with discord.py's name of each event: some show how the connection is."""
        if event in ("connect", "resumed"):
            self._connected, self._trouble, self._attempts = True, "", 0
        if event == "connect":
            self._patrol.begin()
        elif event == "message":
            self._echo.received()

    async def client(self) -> Client:
        """The client, logged in, however long that takes. Raises `AuthFailed`."""
        while True:
            try:
                return await self._account.client()
            except AuthFailed as error:
                self._trouble = error.user_message
                raise
            except RemoteError as error:
                self._trouble = error.user_message
                await self._clock.sleep(max(error.retry_after or 0.0, self._pause()))

    async def listen(self, intake: Intake) -> NoReturn:
        """
        Stay connected until cancelled. `intake` gets the messages that the connection did not deliver.

        Raises:
            AuthFailed: The token or an intent is refused, or this program is too old for Discord.
        """
        session: Session | None = None
        while True:
            try:
                session = await self._connect(session, intake)
                reason = "reconnect"
            except AuthFailed as error:
                self._trouble = error.user_message
                raise
            except RemoteError as error:
                reason = error.user_message
                if error.retry_after is not None:
                    await self._clock.sleep(error.retry_after)
            self._trouble = wording.LOST.format(reason=reason)
            _log.info("discord connection lost", reason=reason, resumable=session is not None)
            await self._clock.sleep(self._pause())
            if self._attempts > _RESUME_ATTEMPTS:
                session = None

    def _pause(self) -> float:
        """Seconds: none before the first new attempt, then longer each time, and random, so that bots spread out."""
        attempts, self._attempts = self._attempts, self._attempts + 1
        return (
            0.0 if attempts == 0 else min(_LONGEST_PAUSE, 2.0 ** min(attempts, _DOUBLINGS)) * random.uniform(0.5, 1.0)
        )

    async def _connect(self, session: Session | None, intake: Intake) -> Session | None:
        """Serve one connection until it ends; returns what the next one can resume, None: nothing."""
        client = await self._account.client()
        gateway = session.gateway if session else await self._address()
        try:
            with remote_errors(wrote=False):
                await self._serve(client, session, gateway, intake)
        except ReconnectWebSocket as request:
            return session_of(client) if request.resume else None
        except ConnectionClosed as closed:
            return self._after(closed, client)
        else:
            _log.warning("discord connection does not deliver everything")
            return None  # the fault may be in its session, so a new one is begun
        finally:
            self._connected = False
            await close_socket(client)

    async def _serve(self, client: Client, session: Session | None, gateway: yarl.URL, intake: Intake) -> None:
        """Returns when the connection is open but does not deliver everything; raises when it ends."""
        with library_errors():
            await open_socket(client, gateway, session)
        tasks = [
            asyncio.create_task(read_events(client), name="discord gateway"),
            asyncio.create_task(self._echo.silence(), name="discord silence"),
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
        answer = await self._account.call("GET", "/gateway/bot")
        with usable_answer(wrote=False):
            address = yarl.URL(answer["url"])
            limit = answer.get("session_start_limit") or {}
            remaining, seconds = int(limit.get("remaining", _FEW_LOGINS)), limit.get("reset_after", 0) / 1000
        if remaining < _FEW_LOGINS:
            await self._clock.sleep(seconds / max(1, remaining))
        if self._last_login is not None:
            await self._clock.sleep(self._last_login + _BETWEEN_LOGINS - self._clock.monotonic())
        self._last_login = self._clock.monotonic()
        return address

    def _after(self, closed: ConnectionClosed, client: Client) -> Session | None:
        """What can be resumed after Discord closed the socket. Raises `AuthFailed` where a new one is no use."""
        if closed.code == _BAD_TOKEN:
            raise AuthFailed(wording.LOGIN_REFUSED) from closed
        if closed.code in _INTENTS_REFUSED:
            raise AuthFailed(wording.INTENT_MISSING) from closed
        if closed.code in _FINAL:
            raise AuthFailed(wording.GATEWAY_REFUSED.format(code=closed.code)) from closed
        return session_of(client)
