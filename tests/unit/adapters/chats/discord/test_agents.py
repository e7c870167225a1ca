"""What a person may do where Discord says little of a channel or a thread: when in doubt, it is asked again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from adapters.chats.disappearance import APART, Disappearances
from adapters.chats.discord.agents import Agents
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account
from adapters.chats.discord.reading import DISCORD
from bot.errors import Forbidden, Gone, Rejected, RemoteError, Unavailable
from bot.model import Agent, AgentId, ChannelId, Place, ThreadId
from tests.support.clocks import ManualClock

ANN = Agent(id=AgentId("3"), name="Ann")
HERE = Place(chat=DISCORD, channel=ChannelId("1"))


class Server:
    """A connection whose client knows no channel; `found` is what asking for one brings."""

    def __init__(self, found: RemoteError | dict[str, Any] | None) -> None:
        self.found = found
        self.clock = ManualClock()
        self.disappearances = Disappearances(self.clock)

    async def client(self) -> Any:
        return SimpleNamespace(get_channel=lambda _: None)

    async def channel(self, _channel: ChannelId) -> Any:
        return await self.call()

    async def call(self, *_: str, **__: Any) -> Any:
        if isinstance(self.found, RemoteError):
            raise self.found
        return self.found

    def agents(self) -> Agents:
        return Agents(cast(Account, self), cast(Channels, self), self.clock)


@pytest.mark.parametrize("error", [Forbidden("Missing Access"), Gone("Unknown Channel"), Rejected("A voice channel.")])
async def test_nobody_can_write_in_a_channel_that_is_hidden_for_certain(error: RemoteError) -> None:
    """Discord has to say so twice: before that a reply would be taken for talk."""
    server = Server(error)
    agents = server.agents()
    with pytest.raises(Unavailable):
        await agents.writable(ANN, [HERE])
    server.clock.advance(APART)
    assert await agents.writable(ANN, [HERE]) == frozenset()


async def test_a_channel_whose_server_has_not_come_in_is_asked_for_again() -> None:
    """Discord shows it, so what it said before was wrong; but without the server nobody knows a right."""
    server = Server(Gone("Unknown Channel"))
    agents = server.agents()
    with pytest.raises(Unavailable):
        await agents.writable(ANN, [HERE])
    server.found = None
    server.clock.advance(APART)
    with pytest.raises(Unavailable):
        await agents.writable(ANN, [HERE])
    server.found = Gone("Unknown Channel")
    with pytest.raises(Unavailable):
        await agents.writable(ANN, [HERE])


def unsure(cause: RemoteError) -> Unavailable:
    error = Unavailable("It may be gone.")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("found", "locked"),
    [
        ({"thread_metadata": {"locked": True}}, True),
        ({"thread_metadata": {"locked": False}}, False),
        ({}, False),
        (Gone("Unknown Channel"), False),
        (Forbidden("Missing Access"), False),
        (unsure(Gone("Unknown Channel")), False),
    ],
)
async def test_a_thread_that_is_not_there_is_not_locked(found: Any, *, locked: bool) -> None:
    """What was written in it was written while that was possible."""
    guild = cast(discord.Guild, SimpleNamespace(get_thread=lambda _: None))
    assert await Server(found).agents()._is_locked(guild, ThreadId("9")) is locked


async def test_whether_a_thread_is_locked_is_asked_again_in_an_outage() -> None:
    """Else a message in a locked thread would pass as one that everybody could have written."""
    guild = cast(discord.Guild, SimpleNamespace(get_thread=lambda _: None))
    with pytest.raises(Unavailable, match="away"):
        await Server(Unavailable("away")).agents()._is_locked(guild, ThreadId("9"))
