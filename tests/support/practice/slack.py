"""An app by hand: plain HTTP and plain WebSocket against the practice Slack, and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx

from bot.sandbox.slack import PracticeSlack, SlackApp, SlackLimits
from bot.sandbox.slack.values import SlackChannel, User
from tests.support.clocks import StandingClock
from tests.support.waiting import PATIENCE, until

Answer = Callable[[dict[str, Any]], Awaitable[Any]]
Make = Callable[..., PracticeSlack]
"""Makes a practice Slack with an app or rules of one's own, by the names of their fields."""


def maker(clock: StandingClock) -> Make:
    """Practice Slacks that live by this clock."""

    def make(*, app: dict[str, Any] | None = None, **rules: Any) -> PracticeSlack:
        return PracticeSlack(
            app=SlackApp(**(app or {})), limits=SlackLimits(**{"ack_seconds": PATIENCE, **rules}), clock=clock
        )

    return make


async def time_is_up(slack: PracticeSlack, amount: int = 1) -> None:
    """Wait until so many envelopes are not acknowledged; from now on these are late, on however fast a machine."""

    def waiting() -> list[asyncio.Future[Any]]:
        return [answered for answered in slack.sockets._waiting.values() if not answered.done()]

    await until(lambda: len(waiting()) == amount, f"{amount} envelopes wait")
    for answered in waiting():
        answered.set_exception(TimeoutError())


class Web:
    """The Web API as an app calls it, by plain HTTP."""

    def __init__(self, http: httpx.AsyncClient, slack: PracticeSlack) -> None:
        self.http = http
        self.slack = slack

    async def __call__(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a method with the bot token and a JSON body; the answer's body, whatever it says."""
        headers = {"Authorization": f"Bearer {self.slack.bot_token}"}
        response = await self.http.post(self.slack.api_url + method, json=arguments, headers=headers)
        answer: dict[str, Any] = response.json()
        return answer

    async def error(self, method: str, **arguments: Any) -> str:
        """The word with which a call is refused; `ok` where it is not."""
        return str((await self(method, **arguments)).get("error", "ok"))


class Socket:
    """An app's end of one Socket Mode connection, by hand."""

    def __init__(self, web_socket: aiohttp.ClientWebSocketResponse) -> None:
        self.web_socket = web_socket

    async def next(self, within: float = PATIENCE) -> dict[str, Any]:
        """The next frame that Slack sends; `TimeoutError` where none comes."""
        frame: dict[str, Any] = await self.web_socket.receive_json(timeout=within)
        return frame

    async def serve(self, answer: Answer | None = None) -> dict[str, Any]:
        """Take the next envelope, do with its payload what the app does, acknowledge it with what that returns."""
        envelope = await self.next()
        await self.ack(envelope, None if answer is None else await answer(envelope["payload"]))
        return envelope

    async def ack(self, envelope: dict[str, Any], payload: Any = None) -> None:
        """Acknowledge an envelope, with or without an answer."""
        answer = {"envelope_id": envelope["envelope_id"]} | ({} if payload is None else {"payload": payload})
        await self.web_socket.send_json(answer)


@asynccontextmanager
async def web_of(slack: PracticeSlack) -> AsyncIterator[Web]:
    """Serve a practice Slack."""
    await slack.start()
    try:
        async with httpx.AsyncClient() as http:
            yield Web(http, slack)
    finally:
        await slack.stop()


@asynccontextmanager
async def connect(web: Web) -> AsyncIterator[Socket]:
    """Connect by Socket Mode as an app does; the greeting is left to be read."""
    headers = {"Authorization": f"Bearer {web.slack.app_token}"}
    answer = (await web.http.post(web.slack.api_url + "apps.connections.open", headers=headers)).json()
    async with aiohttp.ClientSession() as session, session.ws_connect(answer["url"]) as web_socket:
        yield Socket(web_socket)


@asynccontextmanager
async def connected_app(make: Make) -> AsyncIterator[tuple[PracticeSlack, Web, Socket, User, SlackChannel]]:
    """A person in a channel, and an app with a shortcut that is connected and waits."""
    slack = make(app={"shortcuts": ("send",)})
    jane = slack.add_user("jane")
    channel = slack.add_channel("support", [jane])
    async with web_of(slack) as web, connect(web) as socket:
        await socket.next()
        yield slack, web, socket, jane, channel
