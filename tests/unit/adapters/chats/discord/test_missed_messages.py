"""Which threads are read for what was missed where Discord has an outage of one server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import discord
import pytest

from adapters.chats.discord.missed_messages import MissedMessages
from bot.errors import Unavailable
from bot.model import ChannelId, ChatName, Cursor, Place, ThreadId


class Servers:
    """Each channel is on the server of its first digit, and has one thread; some servers list nothing."""

    def __init__(self, *sick: int) -> None:
        self._sick = sick
        self.listed: list[int] = []
        self.read: list[str] = []

    async def client(self) -> Any:
        return self

    def get_channel(self, channel: int) -> Any:
        found = Mock(spec=discord.TextChannel)
        found.guild = SimpleNamespace(id=int(str(channel)[0]))
        return found

    async def readable(self, channel: ChannelId) -> Any:
        return self.get_channel(int(channel))

    async def active_threads(self, guild: int) -> list[dict[str, Any]]:
        self.listed.append(guild)
        if guild in self._sick:
            raise Unavailable("The server is out of order.")
        return [{"id": f"{guild}{number}5", "last_message_id": "999"} for number in range(10)]

    async def call(self, _method: str, _path: str, channel_id: str, **_rest: Any) -> list[dict[str, Any]]:
        self.read.append(channel_id)
        return []


@pytest.mark.parametrize("first", [1, 2])
async def test_a_server_that_is_out_of_order_hides_no_other(first: int) -> None:
    """However many channels it has, and whichever comes first; of it not all are tried."""
    calls: Any = Servers(1)
    channels = [f"{server}{number}" for server in (first, 3 - first) for number in range(10)]
    cursors = [
        Cursor(place=Place(chat=ChatName("discord"), channel=ChannelId(each), thread=ThreadId(f"{each}5")), after=None)
        for each in channels
    ]
    reading = MissedMessages(calls, calls, Mock(), Mock(), None)
    with pytest.raises(Unavailable, match="out of order"):
        _ = [said async for said in reading.read(cursors)]
    assert calls.read == [f"2{number}5" for number in range(10)]
    assert calls.listed.count(1) == 5
