"""What people wrote in the threads in the last minutes, read for the patrol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from functools import partial

import discord

from adapters.chats.discord.agents import Agents
from adapters.chats.discord.card import Json
from adapters.chats.discord.channels import Channels, is_id, last_message_id
from adapters.chats.discord.client import Account
from adapters.chats.discord.missed_messages import written_after
from adapters.chats.discord.reading import place_of, said
from adapters.chats.patrol import Failures, RecentMessage, RecentMessages
from bot.model import ChannelId, Place, Said


class RecentMessageReader:
    """
    Implements `adapters.chats.patrol.MessageReader`.

    Two lists name the last message of each thread: a server's active threads, and for each channel the threads that
    were archived a short time ago, because a thread may be archived right after somebody wrote in it. A thread whose
    last message is new is read. That message may be deleted since; the lists do not show this.

    Args:
        served: The channels whose threads are read.
    """

    def __init__(self, account: Account, channels: Channels, agents: Agents, served: Collection[ChannelId]) -> None:
        self._account = account
        self._channels = channels
        self._agents = agents
        self._served = served

    def id_at(self, moment: datetime) -> int:
        return discord.utils.time_snowflake(moment)

    async def read(self, after: int) -> RecentMessages:
        newest, failures = 0, Failures()
        written: list[RecentMessage] = []
        for guild, channels in (await self._visible()).items():
            async for thread in self._threads(guild, channels, after, failures):
                newest = max(newest, last_message_id(thread))
                if last_message_id(thread) > after and is_id(thread.get("parent_id")):
                    place = place_of(int(thread["parent_id"]), int(thread["id"]))
                    with failures.passed_over(thread=place.thread):
                        written += [
                            RecentMessage(message.id, place.thread, partial(_said, message, guild, place, self._agents))
                            async for message in written_after(self._account, guild, place, after)
                        ]
        return RecentMessages(newest, written, is_complete=not failures.any)

    async def _visible(self) -> dict[int, set[str]]:
        """The served channels that we can see, by server; the gateway sends nothing about others anyway."""
        client = await self._account.client()
        found: dict[int, set[str]] = defaultdict(set)
        for channel in self._served:
            known = client.get_channel(int(channel))
            if isinstance(known, discord.abc.GuildChannel):
                found[known.guild.id].add(str(channel))
        return found

    async def _threads(self, guild: int, channels: set[str], after: int, failures: Failures) -> AsyncIterator[Json]:
        """The threads of these channels that are active, or were archived since."""
        active: list[Json] = []
        with failures.passed_over(server=guild):
            active = await self._channels.active_threads(guild)
        for thread in active:
            if thread.get("parent_id") in channels:
                yield thread
        since = discord.utils.snowflake_time(after)
        for channel in channels:
            archived: list[Json] = []
            with failures.passed_over(channel=channel):
                archived = [thread async for thread in self._channels.archived_threads(channel, lambda: since)]
            for thread in archived:
                yield thread


async def _said(message: discord.Message, guild: int, place: Place, agents: Agents) -> Said:
    return said(message, place, await agents.author(message, guild))
