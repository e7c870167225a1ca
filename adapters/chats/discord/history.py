"""What people wrote while nobody listened, read from the threads themselves."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime

import discord
import structlog

from adapters.chats.discord import wording
from adapters.chats.discord.card import Json
from adapters.chats.discord.client import Connection
from adapters.chats.discord.failures import UNKNOWN_MESSAGE, code_of, understood
from adapters.chats.discord.reading import DISCORD, Agents, by_person, kept_from_us, said, text_of
from adapters.chats.discord.threads import Threads, archived_threads
from bot.errors import Forbidden, Gone, Rejected
from bot.model import Agent, ChannelId, ChatMessageId, Cursor, Place, Said
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_PAGE = 100
_PAGE_SECONDS = 60


class Missed:
    """
    One reading of what was missed.

    Active threads cost one request a server. A thread that is not among them is looked for among the archived ones,
    the last archived first, only as far back as something unseen can lie: a message opens an archived thread, so what
    was archived before the last message that we know holds nothing new. One that is among neither may be gone, and is
    asked for by itself.

    Args:
        heard: Called with the id of each message once it has been taken.
        intake: Who is told of what is gone, and of channels that may not be read; None: nobody.
    """

    def __init__(
        self,
        connection: Connection,
        threads: Threads,
        agents: Agents,
        heard: Callable[[int], None],
        intake: Intake | None,
    ) -> None:
        self._connection = connection
        self._threads = threads
        self._agents = agents
        self._heard = heard
        self._intake = intake
        self._people: dict[tuple[int, int], Agent] = {}
        self._active: dict[int, list[Json]] = {}

    async def read(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        """Oldest first within a thread. What is gone or hidden holds nothing, is told of and passed over."""
        by_channel: dict[ChannelId, dict[str, Cursor]] = defaultdict(dict)
        for cursor in cursors:
            by_channel[cursor.place.channel][str(cursor.place.thread)] = cursor
        for channel, waiting in by_channel.items():
            place = Place(chat=DISCORD, channel=channel)
            try:
                async for message in self._read_channel(channel, waiting):
                    yield message
            except Gone as error:
                _log.warning("discord channel gone", channel=channel, reason=error.told)
                if self._intake is not None:
                    await self._intake.vanished(place)
            except (Forbidden, Rejected) as error:
                _log.warning("discord channel not read", channel=channel, reason=error.told)
                if self._intake is not None:
                    await self._intake.barred(place, error.told)

    async def _read_channel(self, channel: ChannelId, waiting: dict[str, Cursor]) -> AsyncIterator[Said]:
        guild = (await self._threads.readable(channel)).guild.id
        async for thread in self._found(channel, guild, waiting):
            cursor = waiting.pop(thread["id"])
            if last_in(thread) > _known(cursor):
                async for message in self._unread(guild, cursor):
                    yield message
        for cursor in waiting.values():
            if await self._is_gone(cursor) and self._intake is not None:
                await self._intake.vanished(cursor.place)

    async def _is_gone(self, cursor: Cursor) -> bool:
        try:
            await self._connection.call("GET", "/channels/{channel_id}", channel_id=str(cursor.place.thread))
        except Gone:
            return True
        return False

    async def _found(self, channel: ChannelId, guild: int, waiting: dict[str, Cursor]) -> AsyncIterator[Json]:
        for thread in await self._active_in(guild):
            if thread["id"] in waiting:
                yield thread
        if not waiting:
            return
        async for thread in archived_threads(self._connection, channel, lambda: _oldest(waiting.values())):
            if thread["id"] in waiting:
                yield thread
            if not waiting:
                return

    async def _active_in(self, guild: int) -> list[Json]:
        if guild not in self._active:
            answer = await self._connection.call("GET", "/guilds/{guild_id}/threads/active", guild_id=str(guild))
            self._active[guild] = answer["threads"]
        return self._active[guild]

    async def _unread(self, guild: int, cursor: Cursor) -> AsyncIterator[Said]:
        async for message in written_after(self._connection, guild, cursor.place, _known(cursor)):
            yield await self.said(guild, cursor.place, message)
            self._heard(message.id)

    async def said(self, guild: int, place: Place, message: discord.Message) -> Said:
        """A message out of a thread, as the core takes it."""
        return said(message, place, await self._agent(guild, message.author))

    async def _agent(self, guild: int, author: discord.abc.User) -> Agent:
        """The author, whose roles a message in the history does not tell; asked for once a reading."""
        key = (guild, author.id)
        if key not in self._people:
            self._people[key] = await self._ask(guild, author)
        return self._people[key]

    async def _ask(self, guild: int, author: discord.abc.User) -> Agent:
        try:
            member = await self._connection.call(
                "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=str(guild), user_id=str(author.id)
            )
        except Gone:
            return self._agents.known(str(author.id), author.display_name, ())
        return self._agents.known(str(author.id), member.get("nick") or author.display_name, member["roles"])


async def reread(connection: Connection, threads: Threads, place: Place, message: ChatMessageId) -> str | None:
    """What one message reads like now; the contract is `bot.ports.Chat.reread`."""
    client = await connection.client()
    guild = (await threads.channel(place.channel)).guild.id
    thread = client.get_partial_messageable(int(str(place.thread)), guild_id=guild)
    try:
        with understood(wrote=False):
            async with asyncio.timeout(_PAGE_SECONDS):
                found = await thread.fetch_message(int(message))
    except Gone as error:
        if code_of(error) != UNKNOWN_MESSAGE:
            raise
        return None
    if kept_from_us(found):
        raise Rejected(wording.INTENT_MISSING)
    return text_of(found)


async def written_after(connection: Connection, guild: int, place: Place, after: int) -> AsyncIterator[discord.Message]:
    """What people wrote in a thread after this id, oldest first."""
    client = await connection.client()
    thread = client.get_partial_messageable(int(str(place.thread)), guild_id=guild)
    while True:
        page: list[discord.Message] = []
        with understood(wrote=False):
            async with asyncio.timeout(_PAGE_SECONDS):
                history = thread.history(limit=_PAGE, after=discord.Object(after), oldest_first=True)
                page = [message async for message in history]
        for message in page:
            if by_person(message):
                yield message
        if len(page) < _PAGE:
            return
        after = page[-1].id


def _known(cursor: Cursor) -> int:
    """The id after which nothing is known; a thread's own id is older than anything in it."""
    return int(cursor.after or str(cursor.place.thread))


def last_in(thread: Json) -> int:
    """The id of a thread's last message, which may be deleted since; 0: it never had one."""
    return int(thread.get("last_message_id") or 0)


def _oldest(waiting: Iterable[Cursor]) -> datetime:
    known = [discord.utils.snowflake_time(_known(cursor)) for cursor in waiting]
    return min(known, default=datetime.max.replace(tzinfo=UTC))
