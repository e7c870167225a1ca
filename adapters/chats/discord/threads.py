"""
Threads and their cards: opened, found again, kept as the ticket is.

In a text channel the card is a message of the channel and the thread hangs on it; in a forum the card is the post's
first message. Either way the thread's id is the card's.
https://github.com/discord/discord-api-docs/blob/main/developers/topics/threads.mdx
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import discord
import structlog

from adapters.chats.discord import forum_tags, wording
from adapters.chats.discord.card import Json, card_message, carries, shows, thread_name
from adapters.chats.discord.client import Connection
from adapters.chats.discord.failures import THREAD_EXISTS, TOO_MANY_THREADS, UNKNOWN_MESSAGE, code_of, understood
from adapters.chats.discord.thread_limit import Room
from bot.errors import Forbidden, Gone, Rejected, RemoteError
from bot.model import Card, ChannelId, ChatMessageId, DeliveryKey, Opened, Place, ThreadId

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_WEEK = 10080
"""Minutes; the longest time that Discord keeps a thread in the channel list without anybody writing."""
_PAGE = 100
_MARGIN = timedelta(seconds=5)
"""Discord makes its ids on many machines, whose clocks may be a little apart."""
_LATELY = 1000
"""So many of a place's last messages, or posts, are looked through where nothing is known that is certainly older."""

_CREATE_THREADS = "Create Public Threads"
_SEND = "Send Messages"
_MANAGE = "Manage Threads"
_HISTORY = "Read Message History"


def _safely_before(after: ChatMessageId) -> int:
    """The id of something that is certainly older than what was made after this message."""
    return discord.utils.time_snowflake(discord.utils.snowflake_time(int(after)) - _MARGIN)


class Threads:
    """Opens and keeps threads; the methods are those of the port."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._room = Room(connection)

    async def with_room(self, channel: ChannelId, act: Callable[[], Awaitable[T]]) -> T:
        """Do what may make a thread of this channel active; in a full server again, once room was made for it."""
        made = self._room.made
        try:
            return await act()
        except Forbidden as error:
            if code_of(error) != TOO_MANY_THREADS:
                raise
            guild = (await self.channel(channel)).guild.id
            if not await self._room.make(guild, before=made):
                raise
        return await act()

    async def channel(self, channel: ChannelId) -> discord.TextChannel | discord.ForumChannel:
        """A channel as it is now, from the gateway where that is connected. Raises `Gone`, `Forbidden`, `Rejected`."""
        client = await self._connection.client()
        found: Any = client.get_channel(int(channel))
        if found is None:
            try:
                with understood(wrote=False):
                    found = await client.fetch_channel(int(channel))
            except Gone as error:
                raise Gone(wording.CHANNEL_GONE) from error
        if not isinstance(found, discord.TextChannel | discord.ForumChannel):
            raise Rejected(wording.WRONG_KIND)
        return found

    async def readable(self, channel: ChannelId) -> discord.TextChannel | discord.ForumChannel:
        """As `channel`, where its history may be read; Discord shows an empty one where it may not."""
        where = await self.channel(channel)
        me: discord.Member | None = where.guild.me
        if me is not None and not where.permissions_for(me).read_message_history:
            raise Forbidden(wording.FORBIDDEN.format(permission=_HISTORY))
        return where

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        where = await self.channel(channel)
        if isinstance(where, discord.ForumChannel):
            post = await self.open_post(where, thread_name(card), card_message(card, key), card)
            return Opened(thread=ThreadId(post), card=ChatMessageId(post))
        me: discord.Member | None = where.guild.me
        held = None if me is None else where.permissions_for(me)
        if held is not None and held.view_channel and not held.create_public_threads:
            raise Forbidden(wording.FORBIDDEN.format(permission=_CREATE_THREADS))
        message = await self._connection.call(
            "POST",
            "/channels/{channel_id}/messages",
            channel_id=channel,
            json={**card_message(card, key), "nonce": key, "enforce_nonce": True},
            permission=_SEND,
        )
        try:
            return await self._thread_of(channel, message["id"], card)
        except RemoteError as error:
            if error.certain:
                await self._take_back(channel, message["id"])
            raise

    async def _take_back(self, channel: ChannelId, message: str) -> None:
        """Remove a card that certainly got no thread; else each attempt would leave one more."""
        try:
            await self._connection.call(
                "DELETE", "/channels/{channel_id}/messages/{message_id}", channel_id=channel, message_id=message
            )
        except RemoteError as error:
            _log.warning("discord card left without a thread", channel=channel, reason=error.told)

    async def open_post(self, forum: discord.ForumChannel, name: str, message: Json, card: Card | None = None) -> str:
        """
        Make a forum post; returns its id.

        Discord takes no nonce here: the request is made once, and `find` looks for the key in the posts.
        """
        applied = await forum_tags.applied(self._connection, forum, card.status if card else None)
        if forum.flags.require_tag and not applied:
            raise Forbidden(wording.TAG_NEEDED)
        body = {"name": name, "auto_archive_duration": _WEEK, "applied_tags": applied, "message": message}
        channel = str(forum.id)
        post = await self.with_room(
            ChannelId(channel),
            lambda: self._connection.call(
                "POST", "/channels/{channel_id}/threads", channel_id=channel, json=body, permission=_SEND
            ),
        )
        return str(post["id"])

    async def _thread_of(self, channel: ChannelId, message: str, card: Card) -> Opened:
        try:
            await self.with_room(
                channel,
                lambda: self._connection.call(
                    "POST",
                    "/channels/{channel_id}/messages/{message_id}/threads",
                    channel_id=channel,
                    message_id=message,
                    json={"name": thread_name(card), "auto_archive_duration": _WEEK},
                    permission=_CREATE_THREADS,
                ),
            )
        except Rejected as error:
            # A message has at most one thread, and its id is the message's.
            if code_of(error) != THREAD_EXISTS:
                raise
        return Opened(thread=ThreadId(message), card=ChatMessageId(message))

    async def find_thread(
        self, channel: ChannelId, card: Card, key: DeliveryKey, after: ChatMessageId | None
    ) -> Opened | None:
        """A card that is there without its thread gets it now: half done is finished, not done again."""
        where = await self.readable(channel)
        if isinstance(where, discord.ForumChannel):
            post = await self.find_forum_post(where, key, after)
            return None if post is None else Opened(thread=ThreadId(post), card=ChatMessageId(post))
        message = await self.find_message(channel, key, after)
        return None if message is None else await self._thread_of(channel, message, card)

    async def find_message(self, channel: str, key: DeliveryKey, after: ChatMessageId | None) -> str | None:
        """The id of the message in a channel or thread that was posted under `key`; the newest are read first."""
        oldest = 0 if after is None else _safely_before(after)
        before: dict[str, str] = {}
        read = 0
        while after is not None or read < _LATELY:
            page = await self._connection.call(
                "GET",
                "/channels/{channel_id}/messages",
                channel_id=channel,
                params={"limit": _PAGE, **before},
                permission=_HISTORY,
            )
            for message in page:
                if int(message["id"]) < oldest:
                    return None
                if carries(message, key):
                    return str(message["id"])
            if len(page) < _PAGE:
                return None
            read += len(page)
            before = {"before": str(page[-1]["id"])}
        return None

    async def find_forum_post(
        self, forum: discord.ForumChannel, key: DeliveryKey, after: ChatMessageId | None
    ) -> str | None:
        """The id of the post of ours that was made under `key`, archived or not."""
        oldest = 0 if after is None else _safely_before(after)
        us = (await self._connection.client()).user
        listed = 0
        async for post in self._posts(forum, oldest):
            listed += 1
            if after is None and listed > _LATELY:
                return None
            if int(post["id"]) < oldest or (us is not None and post.get("owner_id") != str(us.id)):
                continue
            try:
                message = await self._connection.call(
                    "GET", "/channels/{channel_id}/messages/{message_id}", channel_id=post["id"], message_id=post["id"]
                )
            except Gone:
                continue
            if carries(message, key):
                return str(post["id"])
        return None

    async def _posts(self, forum: discord.ForumChannel, oldest: int) -> AsyncIterator[Json]:
        """The posts of a forum: those that are active, the newest first, and those that were archived since then."""
        active = await self._connection.call("GET", "/guilds/{guild_id}/threads/active", guild_id=str(forum.guild.id))
        here = [post for post in active["threads"] if post["parent_id"] == str(forum.id)]
        for post in sorted(here, key=lambda post: int(post["id"]), reverse=True):
            yield post
        since = discord.utils.snowflake_time(oldest)
        async for post in archived_threads(self._connection, str(forum.id), lambda: since):
            yield post

    async def render_card(self, place: Place, opened: Opened, card: Card) -> bool:
        """
        Make everything what the card says, by as few requests as that takes; the name is never changed.

        A card that lies in the thread, as a forum post's does, cannot be edited while that is archived: it is opened
        for the edit and archived again. A card in a text channel can always be edited.
        """
        where = await self.channel(place.channel)
        forum = where if isinstance(where, discord.ForumChannel) else None
        lies_in_thread = forum is not None or str(opened.card) != str(opened.thread)
        channel = str(opened.thread if lies_in_thread else place.channel)
        thread = await self._connection.call("GET", "/channels/{channel_id}", channel_id=opened.thread)
        applied = None
        if forum is not None:
            applied = await forum_tags.applied(self._connection, forum, card.status, thread.get("applied_tags") or [])
        message = await self._card(channel, opened)
        outdated = message is not None and not shows(message, card)
        is_archived = bool(thread["thread_metadata"]["archived"])
        tagged = applied is not None and sorted(applied) != sorted(thread.get("applied_tags") or [])
        changes: dict[str, Any] = {"applied_tags": applied} if tagged else {}
        if is_archived and (tagged or (outdated and lies_in_thread)):
            await self.set_thread(place, archived=False, **changes)
            is_archived, changes = False, {}
        if outdated:
            await self._connection.call(
                "PATCH",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=channel,
                message_id=opened.card,
                json=card_message(card),
            )
        if is_archived != card.archived:
            changes["archived"] = card.archived
        if changes:
            await self.set_thread(place, **changes)
        return message is not None

    async def _card(self, channel: str, opened: Opened) -> Json | None:
        """The card's message; None: people have deleted it."""
        try:
            message: Json = await self._connection.call(
                "GET", "/channels/{channel_id}/messages/{message_id}", channel_id=channel, message_id=opened.card
            )
        except Gone as error:
            if code_of(error) != UNKNOWN_MESSAGE:
                raise
            return None
        return message

    async def set_thread(self, place: Place, **changes: Any) -> None:
        """Change a thread's archived state or tags."""
        await self.with_room(
            place.channel,
            lambda: self._connection.call(
                "PATCH", "/channels/{channel_id}", channel_id=str(place.thread), json=changes, permission=_MANAGE
            ),
        )


async def archived_threads(connection: Connection, channel: str, oldest: Callable[[], datetime]) -> AsyncIterator[Json]:
    """
    A channel's archived threads, the last archived first, as far back as `oldest()` says when a page is asked for.

    Discord pages them by the time they were archived at.
    """
    before: str | None = None
    while True:
        params = {"limit": _PAGE, **({"before": before} if before else {})}
        page = await connection.call(
            "GET",
            "/channels/{channel_id}/threads/archived/public",
            channel_id=channel,
            params=params,
            permission=_HISTORY,
        )
        for thread in page["threads"]:
            yield thread
        if not page["has_more"] or not page["threads"]:
            return
        before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
        if datetime.fromisoformat(before) < oldest():
            return
