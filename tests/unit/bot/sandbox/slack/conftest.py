"""A practice Slack whose time passes only when it is told to, and a way to ask it over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import httpx
import pytest

from bot.sandbox.slack import App, PracticeSlack, Rules


class Stopwatch:
    """A clock that stands still until it is moved; whoever sleeps is let go at once, and it is noted how long."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


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


Story = Callable[[Web], Awaitable[None]]
Tell = Callable[[PracticeSlack, Story], None]


@pytest.fixture
def clock() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def make(clock: Stopwatch) -> Callable[..., PracticeSlack]:
    """Make a practice Slack with an app or rules of one's own, by the names of their fields."""

    def build(*, app: dict[str, Any] | None = None, **rules: Any) -> PracticeSlack:
        return PracticeSlack(app=App(**(app or {})), rules=Rules(**{"ack_seconds": 0.2, **rules}), clock=clock)

    return build


@pytest.fixture
def slack(make: Callable[..., PracticeSlack]) -> PracticeSlack:
    return make()


@pytest.fixture
def tell() -> Tell:
    """Start a practice Slack and tell a story to it."""

    def run(slack: PracticeSlack, story: Story) -> None:
        async def told() -> None:
            await slack.start()
            try:
                async with httpx.AsyncClient() as http:
                    await story(Web(http, slack))
            finally:
                await slack.stop()

        asyncio.run(told())

    return run


Answer = Callable[[dict[str, Any]], Awaitable[Any]]


class Socket:
    """An app's end of one Socket Mode connection, by hand."""

    def __init__(self, web_socket: aiohttp.ClientWebSocketResponse) -> None:
        self.web_socket = web_socket

    async def next(self, within: float = 2.0) -> dict[str, Any]:
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


@pytest.fixture
def connect() -> Callable[[Web], Any]:
    """Connect by Socket Mode as an app does; the greeting is left to be read."""

    @contextlib.asynccontextmanager
    async def connected(web: Web) -> AsyncIterator[Socket]:
        headers = {"Authorization": f"Bearer {web.slack.app_token}"}
        answer = (await web.http.post(web.slack.api_url + "apps.connections.open", headers=headers)).json()
        async with aiohttp.ClientSession() as session, session.ws_connect(answer["url"]) as web_socket:
            yield Socket(web_socket)

    return connected


@pytest.fixture
def played(make: Any, tell: Tell, connect: Callable[[Web], Any]) -> Callable[[Any], None]:
    """Play a scene: a person in a channel, and an app that is connected and waits."""

    def play(scene: Any) -> None:
        slack = make(app={"shortcuts": ("send",)})
        jane = slack.add_user("jane")
        channel = slack.add_channel("support", [jane])

        async def story(web: Web) -> None:
            async with connect(web) as socket:
                await socket.next()
                await scene(slack, web, socket, jane, channel)

        tell(slack, story)

    return play
