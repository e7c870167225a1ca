"""Channels that hold tickets, and lists of their threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import discord

from adapters.chats.discord import wording
from adapters.chats.discord.card import Json
from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import library_errors, no_answer, usable_answer
from bot.errors import Forbidden, Gone, Rejected, Unavailable
from bot.model import ChannelId

READ_HISTORY = "Read Message History"

PAGE = 100
"""So many messages or threads Discord lists in one answer."""
_ID_LENGTH = 20


class Channels:
    """Looks up channels and lists their threads."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def channel(self, channel: ChannelId) -> discord.TextChannel | discord.ForumChannel:
        """A channel as it is now, from the gateway's data if connected. Raises `Gone`, `Forbidden`, `Rejected`."""
        client = await self._account.client()
        found: Any = client.get_channel(int(channel))
        if found is None:
            try:
                with library_errors():
                    found = await client.fetch_channel(int(channel))
            except Gone as error:
                await self.must_exist(channel)
                raise Unavailable(wording.CONTRADICTED) from error
        if not isinstance(found, discord.TextChannel | discord.ForumChannel):
            raise Rejected(wording.WRONG_KIND)
        return found

    async def must_exist(self, channel: ChannelId) -> None:
        """Returns if Discord shows this channel or thread itself. Raises `Gone` if not, `Unavailable` while unsure."""
        try:
            await self._account.call("GET", "/channels/{channel_id}", channel_id=channel)
        except Gone as error:
            raise Gone(wording.CHANNEL_GONE) from error

    async def readable(self, channel: ChannelId) -> discord.TextChannel | discord.ForumChannel:
        """As `channel`, but `Forbidden` if we may not read its history; Discord would show us an empty one."""
        found = await self.channel(channel)
        me: discord.Member | None = found.guild.me
        if me is not None and not found.permissions_for(me).read_message_history:
            raise Forbidden(wording.FORBIDDEN.format(permission=READ_HISTORY))
        return found

    async def active_threads(self, guild: int) -> list[Json]:
        """All active threads of a server, in one request."""
        answer = await self._account.call("GET", "/guilds/{guild_id}/threads/active", guild_id=str(guild))
        return _threads(answer)

    async def archived_threads(self, channel: str, oldest: Callable[[], datetime]) -> AsyncIterator[Json]:
        """
        A channel's archived threads, the last archived first.

        Discord pages them by the time they were archived at. Pages are read back to the time that `oldest()` gives
        when a page has been read.
        """
        before: str | None = None
        while True:
            params = {"limit": PAGE, **({"before": before} if before else {})}
            page = await self._account.call(
                "GET",
                "/channels/{channel_id}/threads/archived/public",
                channel_id=channel,
                params=params,
                permission=READ_HISTORY,
            )
            for thread in _threads(page):
                yield thread
            with usable_answer(wrote=False):
                if not page["has_more"] or not page["threads"]:
                    return
                last, before = before, str(page["threads"][-1]["thread_metadata"]["archive_timestamp"])
                if before == last:
                    raise ValueError("the same page again")
                if datetime.fromisoformat(before) < oldest():
                    return


def last_message_id(thread: Json) -> int:
    """The id of a thread's last message, which may be deleted since; 0: it never had one."""
    last = str(thread.get("last_message_id") or 0)
    return int(last) if is_id(last) else 0


def is_id(value: Any) -> bool:
    """Whether this can be one of Discord's ids: a number of 64 bits, as text."""
    return isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _ID_LENGTH


def _threads(answer: Any) -> list[Json]:
    """
    The threads in an answer. One that has no id is left out: who needs it asks for it by itself.

    Raises:
        Unavailable: There is no list of threads, which does not mean that there are none.
    """
    with usable_answer(wrote=False):
        listed = answer["threads"]
        if not isinstance(listed, list):
            raise TypeError("no list of threads")
    return [thread for thread in listed if isinstance(thread, dict) and is_id(thread.get("id"))]


def listed_messages(page: Any) -> list[Json]:
    """The messages of a page. One without an id is left out. Raises `Unavailable` if there is no list."""
    if not isinstance(page, list):
        raise no_answer(wrote=False)
    return [message for message in page if isinstance(message, dict) and is_id(message.get("id"))]
