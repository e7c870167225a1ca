"""Reading what people wrote while the bot was not connected."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime

import discord
import structlog

from adapters.chats.disappearance import APART, is_unsure
from adapters.chats.discord import wording
from adapters.chats.discord.agents import Agents
from adapters.chats.discord.card import Json
from adapters.chats.discord.channels import PAGE, READ_HISTORY, Channels, last_message_id, listed_messages
from adapters.chats.discord.client import Account
from adapters.chats.discord.reading import DISCORD, is_from_person, message_of, said
from adapters.chats.malformed import SHAPE_ERRORS
from adapters.chats.patrol import Patrol
from bot.errors import AuthFailed, Forbidden, Gone, RateLimited, Rejected, RemoteError, Unavailable
from bot.model import ChannelId, Cursor, Place, Said, ThreadId
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_CHANNEL = "/channels/{channel_id}"
"""A channel or a thread itself."""
_MOST_FAILURES = 5
"""After so many threads and channels of a server that could not be read, the rest of it is not tried."""


class MissedMessages:
    """
    One reading of what people wrote while the bot was not connected.

    Active threads cost one request per server. Other threads are looked for among the archived ones, the last
    archived first, and only as far back as there can be something new: a message makes an archived thread active, so
    a thread that was archived before the last message we know of holds nothing new. A thread in neither list is asked
    for by itself: lists may be incomplete, and only its own answer can say that it was deleted.

    Args:
        patrol: Gets the id of each message once the core has taken it.
        intake: Gets threads and channels that are deleted, and channels that we may not read; None: nobody does.
    """

    def __init__(
        self,
        account: Account,
        channels: Channels,
        agents: Agents,
        patrol: Patrol,
        intake: Intake | None,
    ) -> None:
        self._account = account
        self._channels = channels
        self._agents = agents
        self._patrol = patrol
        self._intake = intake
        self._active: dict[int, list[Json]] = {}
        self._problem: RemoteError | None = None
        self._failures: Counter[int] = Counter()
        self._server = 0

    async def read(self, cursors: Sequence[Cursor]) -> AsyncIterator[Said]:
        """
        Oldest first within a thread. A deleted or hidden channel is reported and does not stop the others.

        Raises:
            RemoteError: Something could not be read for now; the other channels and threads have been read.
        """
        by_channel: dict[ChannelId, dict[str, Cursor]] = defaultdict(dict)
        for cursor in cursors:
            by_channel[cursor.place.channel][str(cursor.place.thread)] = cursor
        for channel, waiting in by_channel.items():
            place = Place(chat=DISCORD, channel=channel)
            try:
                async for message in self._read_channel(channel, waiting):
                    yield message
            except Gone as error:
                await self._channel_gone(place, next(iter(waiting), None), error)
            except (Forbidden, Rejected) as error:
                _log.warning("discord channel not read", channel=channel, reason=error.user_message)
                if self._intake is not None:
                    await self._intake.channel_unreadable(place, error.user_message)
            except (AuthFailed, RateLimited):
                raise
            except RemoteError as error:
                self._remember(error)
        if self._problem is not None:
            raise self._problem

    async def _server_of(self, channel: ChannelId) -> int:
        """The channel's server, by which failures are counted: Discord has outages of single ones. 0: not known."""
        known = (await self._account.client()).get_channel(int(channel))
        return known.guild.id if isinstance(known, discord.abc.GuildChannel) else 0

    @property
    def _is_given_up(self) -> bool:
        return self._failures[self._server] >= _MOST_FAILURES

    async def _channel_gone(self, place: Place, thread: str | None, error: Gone) -> None:
        """Report a channel that Discord does not know any more, unless it still knows one of its threads."""
        try:
            if thread is not None:
                await self._account.call("GET", _CHANNEL, channel_id=thread)
                self._remember(Unavailable(wording.CONTRADICTED))
                return
        except (Gone, Forbidden):
            pass
        except RemoteError as unsure:
            self._remember(unsure)
            return
        _log.warning("discord channel gone", channel=place.channel, reason=error.user_message)
        if self._intake is not None:
            await self._intake.place_deleted(place)

    def _note(self, error: RemoteError) -> None:
        """Go on with the rest, and raise the first of these errors at the end; or raise it if that is no use."""
        self._remember(error)
        if self._is_given_up:
            raise error

    def _remember(self, error: RemoteError) -> None:
        """What is only not sure is no failure."""
        self._failures[self._server] += not is_unsure(error)
        self._problem = self._problem or error

    async def _read_channel(self, channel: ChannelId, waiting: dict[str, Cursor]) -> AsyncIterator[Said]:
        self._server = await self._server_of(channel)
        if self._is_given_up:
            return
        guild = (await self._channels.readable(channel)).guild.id
        unlisted = dict(waiting)
        async for thread in self._found(channel, guild, unlisted):
            cursor = unlisted.pop(thread["id"])
            if last_message_id(thread) > _last_known(cursor):
                async for message in self._thread(guild, cursor):
                    yield message
        perhaps_gone = [cursor for cursor in unlisted.values() if await self._may_hold_more(cursor)]
        if perhaps_gone:
            await self._account.clock.sleep(APART)
        for cursor in perhaps_gone:
            async for message in self._thread(guild, cursor):
                yield message

    async def _may_hold_more(self, cursor: Cursor) -> bool:
        """Whether a thread that no list shows must be read: it has something new, or may be gone."""
        try:
            thread = await self._account.call("GET", _CHANNEL, channel_id=str(cursor.place.thread))
        except (Gone, Unavailable):
            return True
        return not isinstance(thread, dict) or last_message_id(thread) > _last_known(cursor)

    async def _thread(self, guild: int, cursor: Cursor) -> AsyncIterator[Said]:
        """What one thread holds; one that is gone is reported, one that cannot be read now does not stop the others."""
        try:
            async for message in self._unread(guild, cursor):
                yield message
        except Gone as error:
            _log.info("discord thread gone", thread=cursor.place.thread, reason=error.user_message)
            if self._intake is not None and not cursor.is_former:
                await self._intake.place_deleted(cursor.place)
        except Unavailable as error:
            self._note(error)

    async def _found(self, channel: ChannelId, guild: int, waiting: dict[str, Cursor]) -> AsyncIterator[Json]:
        """The threads that are waited for, from the lists; the caller takes each out of `waiting`."""
        for thread in await self._active_in(guild):
            if thread["id"] in waiting:
                yield thread
        if not waiting:
            return
        async for thread in self._channels.archived_threads(channel, lambda: _oldest(waiting.values())):
            if thread["id"] in waiting:
                yield thread
            if not waiting:
                return

    async def _active_in(self, guild: int) -> list[Json]:
        if guild not in self._active:
            self._active[guild] = await self._channels.active_threads(guild)
        return self._active[guild]

    async def _unread(self, guild: int, cursor: Cursor) -> AsyncIterator[Said]:
        """
        What one thread holds, up to an author of whom it is not sure yet whether they have left.

        The authors after that are asked for all the same, so that all are sure the next time: many people may have
        written in a thread and then left.
        """
        unsure: RemoteError | None = None
        unsure_of: set[int] = set()
        async for message in written_after(self._account, guild, cursor.place, _last_known(cursor)):
            if message.author.id in unsure_of:
                continue
            try:
                found = said(message, cursor.place, await self._agents.author(message, guild))
            except Unavailable as error:
                if not is_unsure(error):
                    raise
                unsure = unsure or error
                unsure_of.add(message.author.id)
                continue
            except SHAPE_ERRORS as error:
                self._account.malformed.add("a message in a thread", error)
                continue
            if unsure is None:
                yield found
                self._patrol.received(message.id)
        if unsure is not None:
            raise unsure


async def written_after(account: Account, guild: int, place: Place, after: int) -> AsyncIterator[discord.Message]:
    """What people wrote in a thread after this id, oldest first. A message that cannot be read is passed over."""
    client, thread = await account.client(), ThreadId(str(place.thread))
    while True:
        page = await account.call(
            "GET",
            "/channels/{channel_id}/messages",
            channel_id=thread,
            params={"limit": PAGE, "after": str(after)},
            permission=READ_HISTORY,
        )
        listed = {int(each["id"]): each for each in listed_messages(page)}
        for number in sorted(listed):
            try:
                message = message_of(client, guild, thread, listed[number])
                is_ours_to_read = is_from_person(message)
            except SHAPE_ERRORS as error:
                account.malformed.add("a message in a thread", error)
                continue
            if is_ours_to_read:
                yield message
        newest = max(listed, default=after)
        if len(page) < PAGE or newest <= after:
            return
        after = newest


def _last_known(cursor: Cursor) -> int:
    """The id after which nothing is known; a thread's own id is older than everything in it."""
    return int(cursor.after or str(cursor.place.thread))


def _oldest(waiting: Iterable[Cursor]) -> datetime:
    known = [discord.utils.snowflake_time(_last_known(cursor)) for cursor in waiting]
    return min(known, default=datetime.max.replace(tzinfo=UTC))
