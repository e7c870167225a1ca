"""A day's logins, which the practice Discord does not count: nearly used up, they are spread."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
import yarl

from adapters.chats.discord import wording
from adapters.chats.discord.agents import Agents
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Client
from adapters.chats.discord.connection import Connection
from adapters.chats.discord.reading import DISCORD
from adapters.chats.discord.recent_messages import RecentMessageReader
from adapters.chats.discord.socket import Session
from adapters.chats.echo import Echo
from adapters.chats.patrol import Patrol
from bot.clock import RemoteClock
from bot.errors import AuthFailed
from tests.support.clocks import StandingClock
from tests.support.discord_calls import Calls


def gateway_on(calls: Any, clock: StandingClock) -> Connection:
    channels = Channels(calls)
    reader = RecentMessageReader(calls, channels, Agents(calls, channels, clock), [])
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


def test_the_pause_stays_a_minute_however_long_discord_is_away() -> None:
    """After a thousand attempts, too, as in an outage of half a day."""
    gateway = gateway_on(Calls(), StandingClock())
    pauses = [gateway._pause() for _ in range(1_100)]
    assert pauses[0] == 0
    assert all(1 <= pause <= 60 for pause in pauses[1:])
    assert min(pauses[10:]) >= 30


class Closed(discord.ConnectionClosed):
    """Discord closed the socket with a code."""

    def __init__(self, code: int) -> None:
        self.code = code


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (4004, wording.LOGIN_REFUSED),
        (4013, wording.INTENT_MISSING),
        (4014, wording.INTENT_MISSING),
        (4012, wording.GATEWAY_REFUSED.format(code=4012)),
    ],
)
def test_a_refusal_that_stays_is_told(code: int, words: str) -> None:
    """Each new connection would be refused as well, and the operator has to do something."""
    gateway = gateway_on(Calls(), StandingClock())
    with pytest.raises(AuthFailed) as refused:
        gateway._after(Closed(code), cast(Client, None))
    assert refused.value.user_message == words


@pytest.mark.parametrize("session", ["abc", None])
def test_after_other_closings_the_session_goes_on(session: str | None) -> None:
    """What was missed comes in then; without a session a new one begins."""
    socket = SimpleNamespace(session_id=session, sequence=7, gateway=yarl.URL("wss://gateway.example"))
    gateway = gateway_on(Calls(), StandingClock())
    found = gateway._after(Closed(4000), cast(Client, SimpleNamespace(ws=socket)))
    assert found == (None if session is None else Session("abc", 7, yarl.URL("wss://gateway.example")))
