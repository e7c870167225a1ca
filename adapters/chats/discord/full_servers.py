"""
What to do when a server has as many active threads as Discord allows.

Discord allows a number of active threads in a server, reportedly a thousand. It refuses one more, whether that is a
new thread or an archived one that somebody writes in. Archived threads do not count, and writing in one makes it
active again. So when the server is full, we archive those of our threads in which nobody has written for longest.
"""

from __future__ import annotations

import asyncio

import structlog

from adapters.chats.discord.card import Json
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account
from bot.errors import Forbidden, Gone, Rejected

_log = structlog.get_logger(__name__)

_SHARE = 10
_MOST = 10
_PINNED = 1 << 1
"""One of a thread's flags: people want it at the top of its forum."""


class ThreadLimit:
    """
    Archives threads in servers that are full.

    Attributes:
        times_made: How often room was made.
    """

    def __init__(self, account: Account, channels: Channels) -> None:
        self._account = account
        self._channels = channels
        self._making = asyncio.Lock()
        self.times_made = 0

    async def make_room(self, guild: int, before: int) -> bool:
        """
        Archive a tenth of our threads in a full server, at least one and at most ten; returns whether there is room.

        More than one, because people who write in an archived thread need room as well.

        Args:
            before: What `times_made` was when the server was found to be full. If it has changed since, another task
                has made room already, and that is enough.
        """
        async with self._making:
            if self.times_made != before:
                return True
            client = await self._account.client()
            threads = await self._channels.active_threads(guild)
            own = str(client.user.id) if client.user is not None else ""
            quiet = sorted((thread for thread in threads if _may_archive(thread, own)), key=_last_activity)
            archived = [await self._archive(thread) for thread in quiet[: max(1, min(_MOST, len(quiet) // _SHARE))]]
            if not any(archived):
                return False
            self.times_made += 1
            _log.info("discord threads archived to make room", server=guild, threads=sum(archived))
            return True

    async def _archive(self, thread: Json) -> bool:
        try:
            await self._account.call(
                "PATCH", "/channels/{channel_id}", channel_id=thread["id"], json={"archived": True}
            )
        except (Forbidden, Gone, Rejected) as error:
            _log.info("discord thread not archived", thread=thread["id"], reason=error.user_message)
            return False
        return True


def _may_archive(thread: Json, own: str) -> bool:
    return thread.get("owner_id") == own and not int(thread.get("flags") or 0) & _PINNED


def _last_activity(thread: Json) -> int:
    return int(thread.get("last_message_id") or thread["id"])
