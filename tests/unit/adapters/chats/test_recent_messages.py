"""What is read for the patrol: one thread, channel or server that cannot be read hides no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import discord
import pytest

from adapters.chats.discord.recent_messages import RecentMessageReader as DiscordReader
from adapters.chats.patrol import RecentMessages
from adapters.chats.slack.recent_messages import RecentMessageReader as SlackReader
from bot.clock import SystemClock
from bot.errors import Forbidden, RemoteError, Unavailable


class Instant(SystemClock):
    """Nobody waits."""

    async def sleep(self, seconds: float) -> None:
        """At once."""


class Slack:
    """Two channels of two threads, each with one message; some cannot be read, by channel or by thread."""

    def __init__(self, error: RemoteError, *failing: str) -> None:
        self._error, self._failing = error, failing

    async def pages(self, method: str, **asked: Any) -> AsyncIterator[dict[str, Any]]:
        channel = asked["channel"]
        if (asked.get("ts") or channel) in self._failing:
            raise self._error
        if method == "conversations.history":
            threads = [f"{channel[1]}{number}.000000" for number in (1, 2)]
            yield {"messages": [{"ts": thread, "latest_reply": "90.000000"} for thread in threads]}
        else:
            said = {"user": "U1", "text": "Hello", "thread_ts": asked["ts"], "type": "message"}
            yield {"messages": [{"ts": asked["ts"].replace(".0", ".5"), **said}]}


async def slack(error: RemoteError, *failing: str) -> RecentMessages:
    requests = cast("Any", Slack(error, *failing))
    return await SlackReader(requests, Mock(), Instant(), ["C1", "C2"], Mock()).read(1)


class Discord:
    """Two servers of a channel with an active and an archived thread; some cannot be read, by whatever id."""

    def __init__(self, error: RemoteError, *failing: int) -> None:
        self._error, self._failing = error, failing

    async def client(self) -> Any:
        return self

    def get_channel(self, channel: int) -> Any:
        found = Mock(spec=discord.TextChannel)
        found.guild = SimpleNamespace(id=channel // 10)
        return found

    async def active_threads(self, guild: int) -> list[dict[str, Any]]:
        self._fail(guild)
        return [self._thread(guild * 100)]

    async def archived_threads(self, channel: str, _since: Any) -> AsyncIterator[dict[str, Any]]:
        self._fail(int(channel))
        yield self._thread(int(channel) * 10 + 1)

    async def call(self, _method: str, _path: str, channel_id: str, **_rest: Any) -> list[dict[str, Any]]:
        self._fail(int(channel_id))
        return []

    def _thread(self, thread: int) -> dict[str, Any]:
        self._listed = thread
        return {"id": str(thread), "parent_id": str(thread // 10), "last_message_id": str(thread)}

    def _fail(self, which: int) -> None:
        if which in self._failing:
            raise self._error


@pytest.mark.parametrize("error", [Unavailable("Not now."), Forbidden("Not for you.")])
@pytest.mark.parametrize(("failing", "found"), [((), 4), (("11.000000",), 3), (("C1",), 2), (("C1", "21.000000"), 1)])
async def test_in_slack(error: RemoteError, failing: tuple[str, ...], found: int) -> None:
    """The others are read; and whether all were that may be read another time is said."""
    recent = await slack(error, *failing)
    assert len(recent.written) == found
    assert recent.is_complete == (not failing or isinstance(error, Forbidden))


@pytest.mark.parametrize("error", [Unavailable("Not now."), Forbidden("Not for you.")])
@pytest.mark.parametrize("failing", [(), (1,), (10,), (100,)])
async def test_in_discord(error: RemoteError, failing: tuple[int, ...]) -> None:
    """A server's list, a channel's list, and a thread: the last thread of all is seen in any case."""
    calls: Any = Discord(error, *failing)
    recent = await DiscordReader(calls, calls, Mock(), cast("Any", ["10", "20"])).read(1)
    assert recent.newest == 201
    assert recent.is_complete == (not failing or isinstance(error, Forbidden))
