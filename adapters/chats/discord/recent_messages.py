"""What people wrote in the threads lately, read for the patrol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from functools import partial

import discord
import structlog

from adapters.chats.discord.card import Json
from adapters.chats.discord.client import Connection
from adapters.chats.discord.history import Missed, last_in, written_after
from adapters.chats.discord.reading import Agents, place_of
from adapters.chats.discord.threads import Threads, archived_threads
from adapters.chats.patrol import Reading, Written
from bot.errors import Forbidden, Gone, Rejected
from bot.model import ChannelId, Place

_log = structlog.get_logger(__name__)


class StandingInDiscord:
    """
    Implements `adapters.chats.patrol.Standing`.

    Two lists name the last message of each thread: one of a server's active threads, and one for each channel of
    those that were archived lately, for a thread in which somebody wrote may have been archived since. A thread
    whose last message is a new one is read. That message may be deleted since, which the list does not tell.

    Args:
        served: The channels whose threads count.
    """

    def __init__(self, connection: Connection, threads: Threads, agents: Agents, served: Collection[ChannelId]) -> None:
        self._connection = connection
        self._threads = threads
        self._agents = agents
        self._served = served

    def id_at(self, moment: datetime) -> int:
        return discord.utils.time_snowflake(moment)

    async def read(self, after: int) -> Reading:
        newest, written = 0, []
        for guild, channels in (await self._visible()).items():
            missed = Missed(self._connection, self._threads, self._agents, _not_heard, None)
            async for thread in self._listed(guild, channels, after):
                newest = max(newest, last_in(thread))
                if last_in(thread) > after:
                    place = place_of(int(thread["parent_id"]), int(thread["id"]))
                    said = partial(missed.said, guild, place)
                    written += [
                        Written(each.id, partial(said, each)) for each in await self._after(guild, place, after)
                    ]
        return Reading(newest, written)

    async def _after(self, guild: int, place: Place, after: int) -> list[discord.Message]:
        try:
            return [message async for message in written_after(self._connection, guild, place, after)]
        except (Forbidden, Gone, Rejected) as error:
            _log.info("discord thread not looked at", thread=place.thread, reason=error.told)
            return []

    async def _visible(self) -> dict[int, set[str]]:
        """The channels that are there, by their servers; of others nobody tells us anything in any case."""
        client = await self._connection.client()
        found: dict[int, set[str]] = defaultdict(set)
        for channel in self._served:
            known = client.get_channel(int(channel))
            if isinstance(known, discord.abc.GuildChannel):
                found[known.guild.id].add(str(channel))
        return found

    async def _listed(self, guild: int, channels: set[str], after: int) -> AsyncIterator[Json]:
        """The threads of these channels that are active, or were archived since."""
        active = await self._connection.call("GET", "/guilds/{guild_id}/threads/active", guild_id=str(guild))
        for thread in active["threads"]:
            if thread["parent_id"] in channels:
                yield thread
        since = discord.utils.snowflake_time(after)
        for channel in channels:
            try:
                async for thread in archived_threads(self._connection, channel, lambda: since):
                    yield thread
            except (Forbidden, Gone, Rejected) as error:
                _log.info("discord channel not looked at", channel=channel, reason=error.told)


def _not_heard(message: int) -> None:
    """What the patrol reads has not come in by that."""
