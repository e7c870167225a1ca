"""Events from Slack, handed to the core in each thread's order, and acknowledged when the core has taken them."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Collection
from weakref import WeakValueDictionary

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.chats.echo import Echo
from adapters.chats.malformed import SHAPE_ERRORS, Malformed
from adapters.chats.patrol import Patrol
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.background_tasks import BackgroundTasks
from adapters.chats.slack.commands import Commands
from adapters.chats.slack.deletions import Deletions
from adapters.chats.slack.reading import (
    SLACK,
    Event,
    MessageChanged,
    MessageDeleted,
    MessageEvent,
    PersonMessage,
    edited,
    number_of,
    read_event,
    said,
)
from bot.errors import ShopbellError
from bot.model import Deleted, Place
from bot.ports import Intake

_log = structlog.get_logger(__name__)


class Events:
    """
    Listens with bolt for everything that the manifest subscribes to.

    Args:
        tasks: For what goes on after an acknowledgement.
        deletions: Judges threads of which an event says that they were deleted.
        served: The channels in which we listen.
        echo: Learns of every message event.
        patrol: Gets the id of each message that was handed over.
        malformed: Counts the events that cannot be read.

    Attributes:
        user: Our own id; empty: not known yet.
    """

    def __init__(
        self,
        *,
        agents: Agents,
        commands: Commands,
        intake: Intake,
        tasks: BackgroundTasks,
        deletions: Deletions,
        served: Collection[str],
        echo: Echo,
        patrol: Patrol,
        malformed: Malformed,
    ) -> None:
        self._agents = agents
        self._commands = commands
        self._intake = intake
        self._tasks = tasks
        self._deletions = deletions
        self._served = served
        self._echo = echo
        self._patrol = patrol
        self._malformed = malformed
        self._order: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()
        self.user = ""

    def app(self, base_url: str) -> AsyncApp:
        """
        The bolt app, with the commands.

        It acknowledges an event after the listener has returned (`process_before_response`). So what is acknowledged
        is on disk, and when a listener raises, Slack sends the event again. bolt's own check of who we are is left
        out, because it acknowledges events that it could not authorize.
        """

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=self._agents.team or None)

        logger = logging.getLogger(f"{__name__}.bolt")
        # Below ERROR, bolt logs about settings that it does not know and events that nobody listens for.
        logger.setLevel(logging.ERROR)
        app = AsyncApp(
            name="shopbell",
            logger=logger,
            client=AsyncWebClient(base_url=base_url, retry_handlers=[]),
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
        )
        self._commands.register(app)
        app.error(_on_error)
        app.event("message")(self._on_message)
        app.event("member_joined_channel")(self._on_joined)
        for left in ("channel_left", "group_left"):
            app.event(left)(self._on_membership)
        app.event("member_left_channel")(self._on_left)
        for archived in ("channel_archive", "channel_unarchive", "group_archive", "group_unarchive"):
            app.event(archived)(self._on_archived)
        app.event("app_home_opened")(self._on_home_opened)
        app.event("user_change")(self._on_person_changed)
        for changed in ("subteam_members_changed", "subteam_updated"):
            app.event(changed)(self._on_group_changed)
        app.event(re.compile(".*"))(_on_other)
        return app

    async def _on_message(self, event: Event) -> None:
        """When this returns, the event is acknowledged; when it raises, it is not."""
        self._echo.received()
        try:
            message = read_event(event, self._served)
        except SHAPE_ERRORS as error:
            await self._pass_over(error)
            return
        if message is None:
            return
        # We may have to ask Slack who somebody is; later events of the same thread must wait for that.
        async with self._order.setdefault(message.place, asyncio.Lock()):
            try:
                await self._deliver(message)
            except SHAPE_ERRORS as error:
                await self._pass_over(error)
            except Exception:
                # Slack repeats the event only a few times. So count it as missed: it is read before newer messages.
                self._intake.gap_possible(SLACK)
                await self._intake.connected(SLACK)
                raise

    async def _pass_over(self, error: Exception) -> None:
        """An event cannot be read, and would not become better by being sent again: what it is about is read."""
        self._malformed.add("message", error)
        self._intake.gap_possible(SLACK)
        await self._intake.connected(SLACK)

    async def _on_left(self, event: Event) -> None:
        """Somebody else has left a channel, so they may not act there any more."""
        self._agents.left(str(event.get("channel")), str(event.get("user")))

    async def _on_archived(self, event: Event) -> None:
        """A channel was archived, so nobody can write there any more; or it was opened again."""
        self._agents.channels.changed(str(event.get("channel")))

    async def _on_home_opened(self, event: Event) -> None:
        """Slack waits three seconds for the acknowledgement, and the tab may take longer."""
        if event.get("tab") == "home":
            self._tasks.start(self._commands.show_home(str(event.get("user"))))

    async def _on_person_changed(self, event: Event) -> None:
        self._agents.person_changed(str((event.get("user") or {}).get("id")))

    async def _on_group_changed(self, event: Event) -> None:
        group = event.get("subteam_id") or (event.get("subteam") or {}).get("id")
        self._agents.members.changed(str(group))

    async def _on_joined(self, event: Event) -> None:
        self._agents.came(str(event.get("channel")), str(event.get("user")))
        if event.get("user") == self.user:
            await self._on_membership(event)

    async def _on_membership(self, event: Event) -> None:
        """The bot was invited or removed: it got no events while it was out, so the threads have to be read."""
        self._agents.members.changed(str(event.get("channel")))
        if str(event.get("channel")) in self._served:
            self._intake.gap_possible(SLACK)
            await self._intake.connected(SLACK)

    async def _deliver(self, message: MessageEvent) -> None:
        match message:
            case PersonMessage():
                heard = await said(message, self._agents)
                await self._agents.wrote(heard.agent, message.place, message.said_at)
                await self._intake.said(heard)
                self._patrol.received(number_of(message.message))
            case MessageChanged():
                await self._intake.edited(await edited(message, self._agents))
            case MessageDeleted() if message.deletes_thread:
                # One that is not confirmed before the program ends is found by reading at the next start.
                self._tasks.start(self._deletions.confirm(message.place, self._intake.place_deleted))
            case MessageDeleted():
                await self._intake.deleted(Deleted(place=message.place, message=message.message))


async def _on_other() -> None:
    """Acknowledge events that we do not need, so that Slack does not send them again."""


async def _on_error(error: Exception) -> None:
    """When a listener raises, its event stays unacknowledged. Our own errors say what to do, so they need no trace."""
    is_ours = isinstance(error, ShopbellError)
    _log.warning("slack event not taken", reason=str(error), exc_info=None if is_ours else error)
