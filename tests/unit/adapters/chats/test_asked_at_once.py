"""Two questions of one moment are one look at what seems to be gone, however late the second one is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.chats.disappearance import APART
from adapters.chats.discord.agents import Agents as DiscordAgents
from adapters.chats.discord.channels import Channels as DiscordChannels
from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_SERVER, remote_errors
from adapters.chats.discord.reading import DISCORD
from adapters.chats.discord.requests import Requests as DiscordRequests
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.deletions import Deletions
from adapters.chats.slack.history import History
from adapters.chats.slack.reading import SLACK
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Forbidden, Gone, RemoteError
from bot.model import Agent, AgentId, Attachment, ChannelId, ChatMessageId, Place, ThreadId
from tests.support.clocks import ManualClock
from tests.support.waiting import until

ANN = Agent(id=AgentId("3"), name="Ann", is_full_member=True)
THREAD = Place(chat=SLACK, channel=ChannelId("C1"), thread=ThreadId("1.0"))
MESSAGE = ChatMessageId("2.0")
FILE = Attachment(name="a.txt", url="https://cdn.example/a.txt", source="http://127.0.0.1:9/a.txt")

Ask = Callable[[], Awaitable[object]]


class Platform:
    """
    Says of everything that it does not exist, and without a code that there are no messages.

    Attributes:
        questions: How many questions of the kind that counts it was asked.
        late: What its answer to the second one of them waits for.
    """

    def __init__(self, counts: str) -> None:
        self.counts = counts
        self.questions = 0
        self.late = asyncio.Event()

    async def asked(self, question: str) -> None:
        """Returns when it answers: never before whoever asks at the same time has asked."""
        if question == self.counts:
            self.questions += 1
            if self.questions == 2:
                await self.late.wait()
        await asyncio.sleep(0)

    @asynccontextmanager
    async def get(self, _address: str, **_: Any) -> AsyncIterator[Any]:
        """A file's host."""
        await self.asked("file")
        yield SimpleNamespace(status=404, headers={})


class Slack(Requests):
    """Slack's requests without a network."""

    def __init__(self, platform: Platform, code: str, clock: Clock) -> None:
        super().__init__(bot_token="xoxb", app_token="xapp", api_url="http://127.0.0.1:9/api/", clock=clock)
        self.platform, self.code = platform, code
        self.client = cast(AsyncWebClient, SimpleNamespace(api_call=self.api_call, base_url=self.client.base_url))

    @property
    def session(self) -> Any:
        return self.platform

    async def api_call(self, method: str, **_: Any) -> AsyncSlackResponse:
        await self.platform.asked(method)
        body = {"ok": False, "error": self.code} if self.code else {"ok": True, "messages": []}
        answer = AsyncSlackResponse(
            client=None, http_verb="GET", api_url="", req_args={}, data=body, headers={}, status_code=200
        )
        if self.code:
            raise SlackApiError(self.code, answer)  # type: ignore[no-untyped-call]  # slack_sdk has no types for it
        return answer


def in_slack(what: str, platform: Platform, code: str, clock: Clock) -> Ask:
    requests = Slack(platform, code, clock)
    deletions = Deletions(requests, clock)
    agents = Agents(requests, clock, [frozenset({"3"})])

    async def judged(judging: Awaitable[RemoteError]) -> None:
        raise await judging

    asks: dict[str, Ask] = {
        "thread": lambda: judged(deletions.judged(THREAD)),
        "message": lambda: judged(deletions.judged_message(THREAD, MESSAGE)),
        "reread": lambda: History(requests, agents, deletions).reread(THREAD, MESSAGE),
        "channel": lambda: requests.read("conversations.history", channel="C1"),
        "members": lambda: agents.members.of_channel("C1"),
        "group": lambda: agents.members.of_group("S1"),
        "writers": lambda: agents.channels.writers("C1"),
        "person": lambda: agents.agent("U9"),
        "file": lambda: agents.file("F1", ANN),
        "content": lambda: requests.download(FILE, BytesIO()),
    }
    return asks[what]


class Discord(DiscordRequests):
    """Discord's requests without a network."""

    def __init__(self, platform: Platform, code: int, clock: Clock) -> None:
        super().__init__(token="token", base="", clock=clock)
        self.platform, self.code = platform, code

    def _open_session(self) -> Any:
        return self.platform

    async def _call(self, method: str, path: str, **_: Any) -> None:
        await self.platform.asked(f"{method} {path}")
        with remote_errors(wrote=method != "GET"):
            raise discord.NotFound(SimpleNamespace(status=404, reason=""), {"code": self.code, "message": ""})


def in_discord(what: str, platform: Platform, code: int, clock: Clock) -> Ask:
    requests = Discord(platform, code, clock)
    account: Any = SimpleNamespace(call=requests.call, clock=clock, disappearances=requests._disappearances)

    async def client() -> Any:
        return SimpleNamespace(get_channel=lambda _: None)

    async def channel(_channel: ChannelId) -> None:
        await platform.asked("channel")
        raise Forbidden("Missing Access")

    account.client = client
    agents = DiscordAgents(cast(Account, account), cast(DiscordChannels, SimpleNamespace(channel=channel)), clock)
    here = Place(chat=DISCORD, channel=ChannelId("1"))
    asks: dict[str, Ask] = {
        "thread": lambda: requests.call("GET", "/channels/{channel_id}", channel_id="1"),
        "in a thread": lambda: requests.call("POST", "/channels/{channel_id}/messages", channel_id="1"),
        "message": lambda: requests.call(
            "GET", "/channels/{channel_id}/messages/{message_id}", channel_id="1", message_id="2"
        ),
        "server": lambda: requests.call("GET", "/guilds/{guild_id}", guild_id="1"),
        "in a server": lambda: requests.call("GET", "/guilds/{guild_id}/roles", guild_id="1"),
        "person": lambda: agents._look_up(1, 2),
        "channel": lambda: agents.writable(ANN, [here]),
        "content": lambda: requests.download(FILE, BytesIO()),
    }
    return asks[what]


async def is_sure(ask: Ask) -> bool:
    try:
        await ask()
    except (Gone, Forbidden):
        return True
    except RemoteError as error:
        return not error.retry_after
    return True


async def one_look(ask: Ask, platform: Platform, clock: ManualClock) -> None:
    """Two questions at once; the second one's answer comes when the first one is old enough. Then a third one."""
    first, second = (asyncio.create_task(is_sure(ask)) for _ in range(2))
    await until(lambda: platform.questions == 2 and (first.done() or second.done()), seconds=10)
    clock.advance(APART + 1)
    platform.late.set()
    assert [await first, await second] == [False, False]
    assert await is_sure(ask)


@pytest.mark.parametrize(
    ("what", "counts", "code"),
    [
        ("thread", "conversations.replies", "thread_not_found"),
        ("message", "conversations.replies", ""),
        ("reread", "conversations.replies", ""),
        ("channel", "conversations.info", "channel_not_found"),
        ("members", "conversations.members", "fetch_members_failed"),
        ("group", "usergroups.users.list", "no_such_subteam"),
        ("writers", "conversations.info", "method_not_supported_for_channel_type"),
        ("person", "users.info", "user_not_found"),
        ("file", "files.info", "file_not_found"),
        ("content", "file", ""),
    ],
)
async def test_a_late_answer_of_slack_is_no_second_look(what: str, counts: str, code: str) -> None:
    """It says what was true when the first question was asked, too."""
    clock, platform = ManualClock(), Platform(counts)
    await one_look(in_slack(what, platform, code, clock), platform, clock)


@pytest.mark.parametrize(
    ("what", "counts", "code"),
    [
        ("thread", "GET /channels/{channel_id}", UNKNOWN_CHANNEL),
        ("in a thread", "GET /channels/{channel_id}", UNKNOWN_CHANNEL),
        ("message", "GET /channels/{channel_id}/messages/{message_id}", UNKNOWN_MESSAGE),
        ("server", "GET /guilds/{guild_id}", UNKNOWN_SERVER),
        ("in a server", "GET /guilds/{guild_id}", UNKNOWN_SERVER),
        ("person", "GET /guilds/{guild_id}/members/{user_id}", 10007),
        ("channel", "channel", 0),
        ("content", "file", 0),
    ],
)
async def test_a_late_answer_of_discord_is_no_second_look(what: str, counts: str, code: int) -> None:
    """It says what was true when the first question was asked, too."""
    clock, platform = ManualClock(), Platform(counts)
    await one_look(in_discord(what, platform, code, clock), platform, clock)
