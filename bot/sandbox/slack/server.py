"""The whole practice Slack: a loopback server that the real SDKs can talk to, and the people who use it."""

from __future__ import annotations

from bot.clock import Clock, SystemClock
from bot.sandbox.loopback_server import LoopbackServer
from bot.sandbox.slack.people import PATIENCE
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

    Give `api_url` to `AsyncWebClient(base_url=…)`; the SDKs get all other addresses from the server's answers.

    Args:
        app: What the manifest declares: scopes, events, commands, shortcuts.
        limits: The platform's limits; make them shorter only if a test cannot wait.
        clock: For `ts`, trigger ids, rate limits and redelivery.
        port: 0: any free one.

    Attributes:
        http_server: The requests so far, and the faults to come.
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
        """The app's connections; a test can cut them, refresh them and make them silent, and see what was lost."""
        return self.workspace.sockets

    async def start(self) -> None:
        """Listen on loopback."""
        await self.http_server.start()
        self.workspace.address = self.http_server.address

    async def stop(self) -> None:
        """Close every connection and stop listening; what happened can still be read."""
        await self.workspace.sockets.stop()
        await self.http_server.stop()

    async def settled(self, within: float = PATIENCE) -> bool:
        """Wait at most so many seconds. Returns whether every event is acknowledged or lost."""
        return await self.workspace.sockets.settled(within)
