"""The connection to Slack: kept up, its events brought to the core, and how it is doing."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.chats.echo import Echo
from adapters.chats.patrol import Patrol
from adapters.chats.slack import reading
from adapters.chats.slack.agents import People
from adapters.chats.slack.background_tasks import Errands
from adapters.chats.slack.commands import Commands, typed
from adapters.chats.slack.manifest import missing
from adapters.chats.slack.posting import Posting
from adapters.chats.slack.recent_messages import StandingInSlack
from adapters.chats.slack.requests import Api
from adapters.chats.slack.socket import Socket
from bot.clock import Clock
from bot.errors import AuthFailed, RemoteError, ShopbellError
from bot.model import Deleted, Place
from bot.ports import ChatHealth, Intake

_log = logging.getLogger(__name__)

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_STEADY = 10.0
"""A connection that held so many seconds was a good one: the next is made without a pause."""
_RENEWALS = frozenset({"refresh_requested", "warning"})
"""Slack renews every connection after some hours and says so; nothing is wrong then."""
_TROUBLES = {
    "link_disabled": "Socket Mode is switched off. Switch it on in the app's settings.",
    "too_many_websockets": "Too many programs are connected with this app token. Stop the others.",
}


class Connection:
    """
    One run of the adapter: connect, listen, reconnect.

    Slack replays nothing on a new connection but what it tried to deliver in the last minutes, so every one of them
    is fresh: the core is told that it was blind, and once Slack says hello, that it sees again.

    Args:
        served: The channels in which we listen.
        heartbeat: Seconds between pings.
        echo, patrol: Tell when a connection brings nothing, or not everything.
        standing: What the patrol reads.
    """

    def __init__(
        self,
        api: Api,
        people: People,
        posting: Posting,
        clock: Clock,
        *,
        served: frozenset[str],
        heartbeat: float,
        echo: Echo,
        patrol: Patrol,
        standing: StandingInSlack,
    ) -> None:
        self._api = api
        self._people = people
        self._posting = posting
        self._clock = clock
        self._served = served
        self._heartbeat = heartbeat
        self._echo = echo
        self._patrol = patrol
        self._standing = standing
        self._turns: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()
        self._connected = False
        self._user = ""
        self._last_event_at: datetime | None = None
        self._last_sign_at: datetime | None = None
        self._trouble = "It has not connected yet."

    def health(self) -> ChatHealth:
        return ChatHealth(
            connected=self._connected,
            last_event_at=self._last_event_at,
            last_sign_at=self._last_sign_at,
            compared_at=self._patrol.compared_at,
            overlooked_at=self._patrol.overlooked_at,
            trouble="" if self._connected else self._trouble,
        )

    async def run(self, intake: Intake) -> None:
        """What `Chat.run` promises."""
        errands = Errands()
        app = self._app(intake, errands)
        pause = 0.0
        try:
            while True:
                await self._clock.sleep(pause)
                began = self._clock.monotonic()
                reason = await self._connect_once(app, intake, errands)
                steady = reason in _RENEWALS or self._clock.monotonic() - began >= _STEADY
                pause = 0.0 if steady else min(max(_FIRST_PAUSE, pause * 2), _LONGEST_PAUSE)
        finally:
            self._connected = False
            await errands.finish()

    async def _connect_once(self, app: AsyncApp, intake: Intake, errands: Errands) -> str:
        """
        One connection from beginning to end. Raises `AuthFailed` only; the rest is in `health`.

        Returns:
            Slack's reason to end it; empty where it gave none.
        """

        def opened() -> None:
            intake.blind(reading.SLACK)
            self._standing.begin()
            self._patrol.begin()

        def hello() -> None:
            self._connected = True
            errands.start(intake.sighted(reading.SLACK))

        socket = Socket(
            app,
            heartbeat=self._heartbeat,
            on_open=opened,
            on_hello=hello,
            on_frame=self._on_frame,
            on_event=self._on_event,
        )
        reason = ""
        try:
            await self._identify()
            address = await self._api.socket_address()
            reason = await self._listen(socket, address, intake)
            self._trouble = _TROUBLES.get(reason, "The connection to Slack ended; a new one is being made.")
        except AuthFailed as error:
            self._trouble = error.told
            raise
        except RemoteError as error:
            self._trouble = error.told
        except (aiohttp.ClientError, TimeoutError) as error:
            self._trouble = f"The socket to Slack could not be kept ({type(error).__name__})."
        finally:
            self._connected = False
        _log.info("not connected to Slack: %s", self._trouble)
        return reason

    async def _listen(self, socket: Socket, address: str, intake: Intake) -> str:
        """As `Socket.listen`; a connection that does not bring everything any more is ended, too."""
        listening = asyncio.create_task(
            socket.listen(self._api.session, address, self._api.client.proxy), name="slack socket"
        )
        watching = [
            asyncio.create_task(self._echo.missing(), name="slack silence"),
            asyncio.create_task(self._patrol.run(intake), name="slack patrol"),
        ]
        try:
            done, _ = await asyncio.wait([listening, *watching], return_when=asyncio.FIRST_COMPLETED)
            if listening not in done:
                for task in done:
                    task.result()
                _log.warning("the connection to Slack does not bring everything")
                await socket.leave()
            return await listening
        finally:
            for task in (listening, *watching):
                task.cancel()
            await asyncio.gather(listening, *watching, return_exceptions=True)

    async def _identify(self) -> None:
        """Learn who we are, and that the token may do what is needed; cheap, and once a connection."""
        identity = await self._api.identity()
        self._people.team = identity.team
        self._user = identity.user
        lacking = missing(identity.scopes, groups=self._people.asks_for_groups)
        if lacking:
            names = ", ".join(lacking)
            raise AuthFailed(f"The Slack app lacks the scopes {names}. Add them to the app and reinstall the app.")

    def _on_frame(self) -> None:
        self._last_sign_at = self._clock.now()

    def _on_event(self) -> None:
        self._last_event_at = self._clock.now()

    def _app(self, intake: Intake, errands: Errands) -> AsyncApp:
        """
        The bolt app.

        It answers after the listener (`process_before_response`): what it acknowledges is on disk, and a listener
        that raises leaves the event to be sent again. Its own look at who we are is left out, since it acknowledges
        events that it could not authorize.
        """

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=self._people.team or None)

        logger = logging.getLogger(f"{__name__}.bolt")
        # below that, bolt speaks of settings that are not its own and of events that nobody waits for
        logger.setLevel(logging.ERROR)
        app = AsyncApp(
            name="shopbell",
            logger=logger,
            client=AsyncWebClient(base_url=self._api.client.base_url, retry_handlers=[]),
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
        )
        commands = Commands(self._api, self._people, self._posting, intake, errands)
        commands.register(app)

        async def on_message(event: Mapping[str, Any]) -> None:
            await self._on_message(event, intake, commands)

        async def on_coming(event: Mapping[str, Any]) -> None:
            if event.get("user") == self._user:
                await self._on_moved(event, intake)

        async def on_leaving(event: Mapping[str, Any]) -> None:
            await self._on_moved(event, intake)

        async def on_anything_else() -> None:
            """Acknowledge what nobody asked for, so that Slack does not send it again."""

        async def on_error(error: Exception) -> None:
            """What a listener raises leaves its event unacknowledged; our own errors say in a sentence what to do."""
            known = isinstance(error, ShopbellError)
            _log.warning("an event of Slack's was not taken: %s", error, exc_info=None if known else error)

        app.error(on_error)
        app.event("message")(on_message)
        app.event("member_joined_channel")(on_coming)
        for leaving in ("channel_left", "group_left"):
            app.event(leaving)(on_leaving)
        app.event(re.compile(".*"))(on_anything_else)
        return app

    async def _on_message(self, event: Mapping[str, Any], intake: Intake, commands: Commands) -> None:
        """When this returns the event is acknowledged; where it raises, it is not."""
        self._echo.heard()
        heard = reading.hear(event, self._served)
        if heard is None:
            return
        # Slack may have to be asked who somebody is; what is done in the same thread meanwhile must not overtake it.
        async with self._turns.setdefault(heard.place, asyncio.Lock()):
            try:
                await self._bring(heard, intake, commands)
            except Exception:
                # Slack sends it again a few times at most: there is a gap, to be read before anything newer counts.
                intake.blind(reading.SLACK)
                await intake.sighted(reading.SLACK)
                raise

    async def _bring(self, heard: reading.Heard, intake: Intake, commands: Commands) -> None:
        if isinstance(heard, reading.Spoken):
            await self._on_spoken(heard, intake, commands)
            self._patrol.heard(reading.number(heard.message))
        elif isinstance(heard, reading.Changed):
            await self._on_changed(heard, intake, commands)
        elif heard.headed:
            await intake.vanished(heard.place)
        else:
            await intake.deleted(Deleted(place=heard.place, message=heard.message))

    async def _on_moved(self, event: Mapping[str, Any], intake: Intake) -> None:
        """The bot was invited or removed: what was said while it was out was told to nobody; reading finds out."""
        if str(event.get("channel")) in self._served:
            intake.blind(reading.SLACK)
            await intake.sighted(reading.SLACK)

    async def _on_spoken(self, spoken: reading.Spoken, intake: Intake, commands: Commands) -> None:
        command = typed(spoken.markup)
        if command is None:
            await intake.said(await self._people.said(spoken))
        else:
            commands.on_typed(spoken, *command)

    async def _on_changed(self, changed: reading.Changed, intake: Intake, commands: Commands) -> None:
        """What became a command is taken back as a message, and what was one becomes a message."""
        command = typed(changed.now.markup)
        if command is not None:
            await intake.deleted(Deleted(place=changed.now.place, message=changed.now.message))
            commands.on_typed(changed.now, *command)
        elif typed(changed.before) is not None:
            await intake.said(await self._people.said(changed.now))
        else:
            await intake.edited(await self._people.edited(changed.now))
