"""A channel that seems to be gone while it is read: whether that is believed, and who hears of it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from adapters.chats.discord.agents import Agents
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account
from adapters.chats.discord.missed_messages import MissedMessages
from adapters.chats.discord.reading import DISCORD
from adapters.chats.patrol import Patrol
from bot.errors import Forbidden, Gone, Rejected, RemoteError, Unavailable
from bot.model import ChannelId, Cursor, Place, ThreadId
from bot.ports import Intake

CHANNEL = Place(chat=DISCORD, channel=ChannelId("1"))
CURSOR = Cursor(place=Place(chat=DISCORD, channel=ChannelId("1"), thread=ThreadId("9")), after=None)
GONE = Gone("Unknown Channel")


class Discord:
    """A connection and the core: what asking for the channel and for its thread brings, and what the core hears."""

    def __init__(self, channel: RemoteError, thread: RemoteError | None = None) -> None:
        self.channel_error, self.thread = channel, thread
        self.told: list[tuple[str, Place]] = []

    async def readable(self, _channel: ChannelId) -> Any:
        raise self.channel_error

    async def call(self, *_: str, **ids: str) -> Any:
        assert ids == {"channel_id": "9"}
        if self.thread is not None:
            raise self.thread
        return {}

    async def place_deleted(self, place: Place) -> None:
        self.told.append(("deleted", place))

    async def channel_unreadable(self, place: Place, _reason: str) -> None:
        self.told.append(("unreadable", place))

    async def read(self) -> None:
        made = MissedMessages(
            cast(Account, self), cast(Channels, self), cast(Agents, None), cast(Patrol, None), cast(Intake, self)
        )
        assert [message async for message in made.read([CURSOR])] == []


@pytest.mark.parametrize("thread", [GONE, Forbidden("Missing Access")])
async def test_a_channel_is_gone_with_its_threads(thread: RemoteError) -> None:
    """Then the core hears of it, and its tickets get other threads."""
    asked = Discord(GONE, thread)
    await asked.read()
    assert asked.told == [("deleted", CHANNEL)]


@pytest.mark.parametrize("thread", [None, Unavailable("Discord does not answer.")])
async def test_a_channel_is_not_gone_whose_thread_may_be_there(thread: RemoteError | None) -> None:
    """Discord contradicts itself, or cannot say: it is read again later, and nothing is given up."""
    asked = Discord(GONE, thread)
    with pytest.raises(Unavailable):
        await asked.read()
    assert asked.told == []


@pytest.mark.parametrize("error", [Forbidden("Missing Access"), Rejected("No text channel.")])
async def test_a_channel_that_cannot_be_read_is_reported(error: RemoteError) -> None:
    """It is no reason to stop reading the others."""
    asked = Discord(error)
    await asked.read()
    assert asked.told == [("unreadable", CHANNEL)]
