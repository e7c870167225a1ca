"""What the practice Discord has no part for: direct messages, and a day's logins nearly used up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
import pytest
import yarl

from adapters.chats.discord import DiscordChat
from adapters.chats.discord.agents import Agents
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.connection import Connection
from adapters.chats.discord.failures import remote_errors
from adapters.chats.discord.reading import DISCORD, place_of
from adapters.chats.discord.recent_messages import RecentMessageReader
from adapters.chats.echo import Echo
from adapters.chats.patrol import Patrol
from bot.clock import RemoteClock, SystemClock
from bot.model import Agent, AgentId
from tests.support.clocks import StandingClock

ANA = Agent(id=AgentId("5"), name="Ana", can_reply=False)


class Calls:
    """Stands in for Discord's REST API: notes what is asked and answers from a list."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.answers = list(answers)

    async def call(self, method: str, path: str, *, json: Any = None, permission: str = "", **ids: str) -> Any:
        self.asked.append((method, path.format_map(ids), json))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            with remote_errors(wrote=True, permission=permission):
                raise answer
        return answer


def refused(code: int) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=403, reason="Forbidden", headers={})
    return discord.HTTPException(response, {"code": code, "message": "Cannot send messages to this user"})


async def told(*answers: Any) -> list[tuple[str, str, Any]]:
    calls = Calls(*answers)
    chat = DiscordChat(token="t", api_url=None, agent_roles=frozenset(), channels=frozenset(), clock=SystemClock())
    chat._account.call = calls.call  # type: ignore[assignment]
    await chat.tell(place_of(1, 2), ANA, "You may *not* reply.")
    return calls.asked


async def test_a_private_word_is_a_direct_message() -> None:
    """It says which thread it is about, is escaped, and pings nobody."""
    assert await told({"id": "77"}, {"id": "78"}) == [
        ("POST", "/users/@me/channels", {"recipient_id": "5"}),
        (
            "POST",
            "/channels/77/messages",
            {"content": "About <#2>: You may \\*not\\* reply.", "allowed_mentions": {"parse": []}},
        ),
    ]


@pytest.mark.parametrize("answers", [[refused(50007)], [{"id": "77"}, refused(50007)]])
async def test_who_takes_no_direct_messages_is_told_in_the_thread(answers: list[Any]) -> None:
    """By name and without a ping."""
    *_, last = await told(*answers, {"id": "78"})
    assert last == (
        "POST",
        "/channels/2/messages",
        {"content": "<@5> You may \\*not\\* reply.", "allowed_mentions": {"parse": []}},
    )


def gateway_on(calls: Any, clock: StandingClock) -> Connection:
    reader = RecentMessageReader(calls, Channels(calls), Agents(frozenset()), [])
    return Connection(
        account=calls, clock=clock, echo=Echo(clock), patrol=Patrol(DISCORD, reader, clock, RemoteClock(clock))
    )


@pytest.mark.parametrize(("remaining", "waits"), [(1000, []), (10, [360.0]), (0, [3600.0])])
async def test_the_last_logins_of_a_day_are_spread(remaining: int, waits: list[float]) -> None:
    """A bot that uses up its thousand logins loses its token, so a loop of failures slows down before that."""
    clock = StandingClock()
    limit = {"total": 1000, "remaining": remaining, "reset_after": 3_600_000, "max_concurrency": 1}
    calls: Any = Calls({"url": "wss://gateway.example", "session_start_limit": limit})
    gateway = gateway_on(calls, clock)
    assert await gateway._address() == yarl.URL("wss://gateway.example")
    assert clock.slept == waits


async def test_two_logins_are_some_seconds_apart() -> None:
    """Discord allows one in five seconds."""
    clock = StandingClock()
    calls: Any = Calls({"url": "wss://gateway.example"}, {"url": "wss://gateway.example"})
    gateway = gateway_on(calls, clock)

    await gateway._address()
    await gateway._address()
    (wait,) = clock.slept
    assert 4 < wait <= 5
