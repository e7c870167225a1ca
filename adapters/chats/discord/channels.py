"""Channels that hold tickets, and lists of their threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import discord

from adapters.chats.discord import wording
from adapters.chats.discord.card import Json
from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import remote_errors
from bot.errors import Forbidden, Gone, Rejected
from bot.model import ChannelId

READ_HISTORY = "Read Message History"

_PAGE = 100


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
                with remote_errors(wrote=False):
                    found = await client.fetch_channel(int(channel))
            except Gone as error:
                raise Gone(wording.CHANNEL_GONE) from error
        if not isinstance(found, discord.TextChannel | discord.ForumChannel):
            raise Rejected(wording.WRONG_KIND)
        return found

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
        threads: list[Json] = answer["threads"]
        return threads

    async def archived_threads(self, channel: str, oldest: Callable[[], datetime]) -> AsyncIterator[Json]:
        """
        A channel's archived threads, the last archived first.

        Discord pages them by the time they were archived at. Pages are read back to the time that `oldest()` gives
        when a page has been read.
        """
        before: str | None = None
        while True:
            params = {"limit": _PAGE, **({"before": before} if before else {})}
            page = await self._account.call(
                "GET",
                "/channels/{channel_id}/threads/archived/public",
                channel_id=channel,
                params=params,
                permission=READ_HISTORY,
            )
            for thread in page["threads"]:
                yield thread
            if not page["has_more"] or not page["threads"]:
                return
            before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
            if datetime.fromisoformat(before) < oldest():
                return


def last_message_id(thread: Json) -> int:
    """The id of a thread's last message, which may be deleted since; 0: it never had one."""
    return int(thread.get("last_message_id") or 0)
