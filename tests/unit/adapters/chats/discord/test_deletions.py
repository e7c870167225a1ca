"""Events about deletions: what Discord has to answer before one is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.chats.disappearance import Disappearances
from adapters.chats.discord.client import Deletion
from adapters.chats.discord.deletions import Deletions
from bot.errors import Forbidden, Gone, RateLimited, RemoteError, Unavailable
from bot.model import ChannelId
from tests.support.clocks import ManualClock
from tests.support.waiting import until

THREAD = {"id": "9", "parent_id": "1"}
CHANNEL = {"id": "1"}
SERVER = {"id": "5"}
UNSURE = Unavailable("once", retry_after=5.0)
HERE: dict[str, Any] = {}


@dataclass
class Account:
    """Answers one after the other."""

    answers: list[RemoteError | dict[str, Any]]
    clock: ManualClock = field(default_factory=ManualClock)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.disappearances = Disappearances(self.clock)

    async def call(self, method: str, path: str, **ids: str) -> dict[str, Any]:
        self.asked.append((path, *ids.values()))  # type: ignore[arg-type]
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, RemoteError):
            raise answer
        return answer


async def believed(event: str, data: dict[str, Any], *answers: RemoteError | dict[str, Any]) -> tuple[bool, Account]:
    """Whether discord.py gets to read the event, and what was asked."""
    read: list[str] = []
    account = Account(list(answers))
    server = SimpleNamespace(channels=[SimpleNamespace(id=1)])
    client = SimpleNamespace(get_guild=lambda guild: server if guild == 5 else None)
    deletions = Deletions(account, client, {ChannelId("1")})  # type: ignore[arg-type]
    deletions.take(Deletion(event, data, lambda: read.append(event)))
    await until(lambda: not deletions._asking, "it has asked")
    return bool(read), account


@pytest.mark.parametrize(
    ("event", "data", "path"),
    [
        ("THREAD_DELETE", THREAD, ("/channels/{channel_id}", "9")),
        ("CHANNEL_DELETE", CHANNEL, ("/channels/{channel_id}", "1")),
        ("GUILD_DELETE", SERVER, ("/guilds/{guild_id}", "5")),
    ],
)
async def test_what_discord_still_shows_is_not_deleted(event: str, data: dict[str, Any], path: tuple[str, str]) -> None:
    """The thing itself is asked for."""
    answer, account = await believed(event, data, HERE)
    assert (answer, account.asked) == (False, [path])


@pytest.mark.parametrize(
    ("event", "data", "answers", "is_believed"),
    [
        ("THREAD_DELETE", THREAD, (UNSURE, Gone("twice")), True),
        ("THREAD_DELETE", THREAD, (UNSURE, HERE), False),
        ("THREAD_DELETE", THREAD, (Unavailable("down"), RateLimited("slow", retry_after=3), Gone("x")), True),
        ("CHANNEL_DELETE", CHANNEL, (UNSURE, Gone("twice")), True),
        ("CHANNEL_DELETE", CHANNEL, (Forbidden("hidden"),), False),
        ("CHANNEL_DELETE", CHANNEL, (Unavailable("down"),), False),
        ("GUILD_DELETE", SERVER, (Forbidden("not there"), Forbidden("not there")), True),
        ("GUILD_DELETE", SERVER, (Forbidden("not there"), HERE), False),
        # What is malformed is discord.py's to read, and what we do not serve is nobody's.
        ("THREAD_DELETE", {}, (HERE,), True),
        ("THREAD_DELETE", {"id": "9", "parent_id": "2"}, (HERE,), True),
        ("CHANNEL_DELETE", {"id": "2"}, (HERE,), True),
        ("GUILD_DELETE", {"id": "6"}, (HERE,), True),
    ],
)
async def test_it_is_believed_when_discord_says_it_twice(
    event: str, data: dict[str, Any], answers: tuple[Any, ...], is_believed: bool
) -> None:
    """Once is not enough, no answer says nothing, and what we do not serve needs no asking."""
    assert (await believed(event, data, *answers))[0] is is_believed


async def test_closing_stops_asking() -> None:
    """What is not confirmed by then stays unread."""
    account = Account([UNSURE])
    deletions = Deletions(account, SimpleNamespace(), {ChannelId("1")})  # type: ignore[arg-type]
    deletions.take(Deletion("THREAD_DELETE", THREAD, lambda: pytest.fail("believed")))
    await deletions.aclose()
    assert not deletions._asking
