"""The practice Slack: a loopback server that the real SDKs take for Slack, and the people who use it."""

from __future__ import annotations

from bot.clock import Clock, SystemClock
from bot.sandbox.loopback_server import LoopbackServer
from bot.sandbox.slack.people_interactions import SlackPeopleInteractions
from bot.sandbox.slack.rate_limits import SlackLimits
from bot.sandbox.slack.routes import APP_TOKEN, BOT_TOKEN, SlackRoutes
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.state import BOT_USER
from bot.sandbox.slack.values import SlackApp
from bot.sandbox.slack.workspace import Workspace


class PracticeSlack(SlackPeopleInteractions):
    """
    One workspace with one app installed.

    Hand `api_url` to `AsyncWebClient(base_url=…)`; everything else the SDKs learn from the server's answers.

    Args:
        app: What the manifest declares: scopes, events, commands, shortcuts.
        rules: The platform's limits; shorten them only where a test cannot wait.
        clock: For `ts`, trigger ids, paces and redelivery.
        port: 0: any free one.

    Attributes:
        wire: What was asked of it, and faults to come.
        bot_user: The bot's user id.
    """

    bot_token = BOT_TOKEN
    app_token = APP_TOKEN
    bot_user = BOT_USER

    def __init__(
        self,
        *,
        app: SlackApp | None = None,
        limits: SlackLimits | None = None,
        clock: Clock | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(Workspace(clock or SystemClock(), app or SlackApp(), limits or SlackLimits()))
        self.http_server = LoopbackServer(SlackRoutes(self.workspace).routes(), port=port)

    @property
    def api_url(self) -> str:
        """Base of the Web API, ending in `/api/`; known once started."""
        return f"http://{self.http_server.address}/api/"

    @property
    def sockets(self) -> Sockets:
        """The app's connections: cut them, refresh them, make them deaf, see what was lost."""
        return self.workspace.sockets

    async def start(self) -> None:
        """Listen on loopback."""
        await self.http_server.start()
        self.workspace.address = self.http_server.address

    async def stop(self) -> None:
        """Close every connection and stop listening; what happened stays to be read."""
        await self.workspace.sockets.stop()
        await self.http_server.stop()

    async def settled(self, within: float = 5.0) -> bool:
        """Whether the app has acknowledged every event, or they are lost, waiting at most so many seconds."""
        return await self.workspace.sockets.settled(within)
