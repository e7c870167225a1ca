"""The connection to Slack: opened, opened again, until cancelled; and how it is."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp

from adapters.chats.echo import Echo
from adapters.chats.malformed import Malformed
from adapters.chats.patrol import Patrol
from adapters.chats.slack import wording
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.background_tasks import BackgroundTasks
from adapters.chats.slack.commands import Commands
from adapters.chats.slack.deletions import Deletions
from adapters.chats.slack.events import Events
from adapters.chats.slack.manifest import FOR_PICTURES, missing
from adapters.chats.slack.posting import Posting
from adapters.chats.slack.reading import SLACK
from adapters.chats.slack.recent_messages import RecentMessageReader
from adapters.chats.slack.requests import Requests
from adapters.chats.slack.socket import Socket
from bot.clock import Clock
from bot.errors import AuthFailed, RemoteError
from bot.ports import ChatHealth, Intake

_log = structlog.get_logger(__name__)

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_STEADY = 10.0
"""After a connection that lasted so many seconds, the next one is made without a pause."""
_RENEWALS = frozenset({"refresh_requested", "warning"})
"""Slack renews every connection after some hours and says so; nothing is wrong then."""


class Connection:
    """
    Keeps one Socket Mode connection open and knows how it is.

    On a new connection Slack repeats only what it tried to deliver in the last minutes. So every connection counts as
    a new one: the core learns that messages may be missing, and once Slack says hello, that they may be read.

    Args:
        served: The channels in which we listen.
        heartbeat: Seconds between pings.
        echo, patrol: They notice when the connection delivers nothing, or not everything.
        reader: What the patrol reads with.
        deletions: Judges threads of which an event says that they were deleted.
        malformed: Counts what Slack sends and nobody can read.
    """

    def __init__(
        self,
        requests: Requests,
        agents: Agents,
        posting: Posting,
        clock: Clock,
        *,
        served: Collection[str],
        heartbeat: float,
        echo: Echo,
        patrol: Patrol,
        reader: RecentMessageReader,
        deletions: Deletions,
        malformed: Malformed,
    ) -> None:
        self._requests = requests
        self._agents = agents
        self._posting = posting
        self._clock = clock
        self._served = served
        self._heartbeat = heartbeat
        self._echo = echo
        self._patrol = patrol
        self._reader = reader
        self._deletions = deletions
        self._malformed = malformed
        self._connected = False
        self._last_event_at: datetime | None = None
        self._last_sign_at: datetime | None = None
        self._trouble = wording.NOT_CONNECTED

    def health(self) -> ChatHealth:
        """How the connection is now."""
        return ChatHealth(
            connected=self._connected,
            last_event_at=self._last_event_at,
            last_sign_at=self._last_sign_at,
            compared_at=self._patrol.compared_at,
            overlooked_at=self._patrol.overlooked_at,
            malformed=self._malformed.count,
            problem="" if self._connected else self._trouble,
        )

    async def run(self, intake: Intake) -> None:
        """What `Chat.run` promises."""
        tasks = BackgroundTasks()
        events = Events(
            agents=self._agents,
            commands=Commands(self._requests, self._agents, self._posting, intake, tasks),
            intake=intake,
            tasks=tasks,
            deletions=self._deletions,
            served=self._served,
            echo=self._echo,
            patrol=self._patrol,
            malformed=self._malformed,
        )
        app = events.app(self._requests.client.base_url)
        pause = 0.0
        try:
            while True:
                await self._clock.sleep(pause)
                began = self._clock.monotonic()
                reason = await self._connect_once(app, events, intake, tasks)
                steady = reason in _RENEWALS or self._clock.monotonic() - began >= _STEADY
                pause = 0.0 if steady else min(max(_FIRST_PAUSE, pause * 2), _LONGEST_PAUSE)
        finally:
            self._connected = False
            await tasks.finish()

    async def _connect_once(self, app: AsyncApp, events: Events, intake: Intake, tasks: BackgroundTasks) -> str:
        """
        One connection from beginning to end. Raises only `AuthFailed`; other errors are in `health`.

        Returns:
            Slack's reason to end it; empty if it gave none.
        """

        def on_open() -> None:
            intake.gap_possible(SLACK)
            self._reader.begin()
            self._patrol.begin()

        def on_hello() -> None:
            self._connected = True
            tasks.start(intake.connected(SLACK))

        def on_malformed(what: str, error: Exception) -> None:
            self._malformed.add(what, error)
            if self._connected:
                intake.gap_possible(SLACK)
                tasks.start(intake.connected(SLACK))

        socket = Socket(
            app,
            heartbeat=self._heartbeat,
            on_open=on_open,
            on_hello=on_hello,
            on_frame=self._on_frame,
            on_event=self._on_event,
            on_malformed=on_malformed,
        )
        reason = ""
        try:
            await self._identify(events)
            address = await self._requests.socket_address()
            reason = await self._listen(socket, address, intake)
            self._trouble = wording.ENDED.get(reason, wording.LOST)
        except AuthFailed as error:
            self._trouble = error.user_message
            raise
        except RemoteError as error:
            self._trouble = error.user_message
        except (aiohttp.ClientError, TimeoutError) as error:
            self._trouble = wording.SOCKET_FAILED.format(error=type(error).__name__)
        finally:
            self._connected = False
        _log.info("slack connection lost", reason=self._trouble)
        return reason

    async def _listen(self, socket: Socket, address: str, intake: Intake) -> str:
        """As `Socket.listen`; also ends a connection that does not deliver everything."""
        listening = asyncio.create_task(
            socket.listen(self._requests.session, address, self._requests.client.proxy), name="slack socket"
        )
        watching = [
            asyncio.create_task(self._echo.silence(), name="slack silence"),
            asyncio.create_task(self._patrol.run(intake), name="slack patrol"),
        ]
        try:
            done, _ = await asyncio.wait([listening, *watching], return_when=asyncio.FIRST_COMPLETED)
            if listening not in done:
                for task in done:
                    task.result()
                _log.warning("slack connection does not deliver everything")
                await socket.leave()
            return await listening
        finally:
            for task in (listening, *watching):
                task.cancel()
            await asyncio.gather(listening, *watching, return_exceptions=True)

    async def _identify(self, events: Events) -> None:
        """Find out who we are and whether the token has the scopes that we need; once per connection."""
        identity = await self._requests.identity()
        self._agents.team = identity.team
        self._agents.user = identity.user
        events.user = identity.user
        lacking = [
            scope
            for scope in missing(identity.scopes, groups=self._agents.asks_for_groups)
            if scope not in FOR_PICTURES
        ]
        if lacking:
            raise AuthFailed(wording.SCOPES_MISSING.format(scopes=", ".join(lacking)))

    def _on_frame(self) -> None:
        self._last_sign_at = self._clock.now()

    def _on_event(self) -> None:
        self._last_event_at = self._clock.now()
