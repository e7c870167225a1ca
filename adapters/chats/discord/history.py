"""Reading back: whether something of ours was posted, and one message as it is now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import discord

from adapters.chats.discord import wording
from adapters.chats.discord.agents import Agents
from adapters.chats.discord.card import Json, has_key
from adapters.chats.discord.channels import PAGE, READ_HISTORY, Channels, listed_messages
from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import UNKNOWN_MESSAGE, code_of, usable_answer
from adapters.chats.discord.reading import is_content_hidden, message_of, said
from bot.errors import Gone, Rejected, Unavailable
from bot.model import ChatMessageId, DeliveryKey, Place, Said, ThreadId

_MARGIN = timedelta(seconds=5)
"""Discord makes its ids on many machines, and their clocks may differ a little."""
_LAST = 1000
"""So many of the last messages or posts are searched if we know of none that is certainly older."""


class History:
    """Looks in channels and threads for single messages and posts."""

    def __init__(self, account: Account, channels: Channels, agents: Agents) -> None:
        self._account = account
        self._channels = channels
        self._agents = agents

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        """The message, or the forum post, that was posted under this key."""
        where = await self._channels.readable(place.channel)
        if isinstance(where, discord.ForumChannel) and place.thread is None:
            found = await self.find_forum_post(where, key, after)
        else:
            found = await self.find_message(place.thread or place.channel, key, after)
        return None if found is None else ChatMessageId(found)

    async def find_message(self, channel: str, key: DeliveryKey, after: ChatMessageId | None) -> str | None:
        """The id of the message in a channel or thread that was posted under `key`; the newest are read first."""
        oldest = 0 if after is None else _certainly_before(after)
        us = await self._us()
        before: dict[str, str] = {}
        read = 0
        while after is not None or read < _LAST:
            page = await self._account.call(
                "GET",
                "/channels/{channel_id}/messages",
                channel_id=channel,
                params={"limit": PAGE, **before},
                permission=READ_HISTORY,
            )
            messages = listed_messages(page)
            for message in messages:
                if int(message["id"]) < oldest:
                    return None
                if has_key(message, key, us):
                    return str(message["id"])
            if len(page) < PAGE or not messages:
                return None
            read += len(page)
            before = {"before": str(messages[-1]["id"])}
        return None

    async def find_forum_post(
        self, forum: discord.ForumChannel, key: DeliveryKey, after: ChatMessageId | None
    ) -> str | None:
        """
        The id of our post that was made under `key`, archived or not.

        A post without its first message is passed over, but only when that is certain: it might be ours.
        """
        oldest = 0 if after is None else _certainly_before(after)
        us = await self._us()
        listed = 0
        unsure: Unavailable | None = None
        async for post in self._forum_posts(forum, oldest):
            listed += 1
            if after is None and listed > _LAST:
                break
            if int(post["id"]) < oldest or post.get("owner_id") != us:
                continue
            try:
                message = await self._account.call(
                    "GET", "/channels/{channel_id}/messages/{message_id}", channel_id=post["id"], message_id=post["id"]
                )
            except Gone:
                continue
            except Unavailable as error:
                unsure = unsure or error
                continue
            if has_key(message, key, us):
                return str(post["id"])
        if unsure is not None:
            raise unsure
        return None

    async def _us(self) -> str:
        """Our own id; it is known after the login."""
        user = (await self._account.client()).user
        if user is None:
            raise Unavailable(wording.UNREACHABLE)
        return str(user.id)

    async def _forum_posts(self, forum: discord.ForumChannel, oldest: int) -> AsyncIterator[Json]:
        """A forum's posts: the active ones, newest first, then those that were archived since `oldest`."""
        active = await self._channels.active_threads(forum.guild.id)
        here = [post for post in active if post.get("parent_id") == str(forum.id)]
        for post in sorted(here, key=lambda post: int(post["id"]), reverse=True):
            yield post
        since = discord.utils.snowflake_time(oldest)
        async for post in self._channels.archived_threads(str(forum.id), lambda: since):
            yield post

    async def reread(self, place: Place, message: ChatMessageId) -> Said | None:
        """One message as it is now; the contract is `bot.ports.Chat.reread`."""
        client = await self._account.client()
        guild = (await self._channels.channel(place.channel)).guild.id
        thread = ThreadId(str(place.thread))
        try:
            answer = await self._account.call(
                "GET", "/channels/{channel_id}/messages/{message_id}", channel_id=thread, message_id=message
            )
        except Gone as error:
            if code_of(error) != UNKNOWN_MESSAGE:
                raise
            return None
        with usable_answer(wrote=False):
            found = message_of(client, guild, thread, answer)
            if is_content_hidden(found):
                raise Rejected(wording.INTENT_MISSING)
        return said(found, place, await self._agents.author(found, guild))


def _certainly_before(after: ChatMessageId) -> int:
    """An id that is certainly older than everything that was made after this message."""
    return discord.utils.time_snowflake(discord.utils.snowflake_time(int(after)) - _MARGIN)
