"""
Room for one more active thread.

Discord takes so many active threads in a server, a thousand by all reports, and refuses one more, be it new or an
archived one that somebody writes in. Archived threads do not count, and writing in one opens it again; so where the
server is full, those of ours go to rest in which nobody has written for the longest time.
"""

from __future__ import annotations

import asyncio

import structlog

from adapters.chats.discord.card import Json
from adapters.chats.discord.client import Connection
from bot.errors import Forbidden, Gone, Rejected

_log = structlog.get_logger(__name__)

_SHARE = 10
_MOST = 10
_PINNED = 1 << 1
"""Of a thread's flags: people want it at the top of its forum."""


class Room:
    """
    Makes room in the servers where the bot has threads.

    Attributes:
        made: How often room was made.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._making = asyncio.Lock()
        self.made = 0

    async def make(self, guild: int, before: int) -> bool:
        """
        Archive a tenth of our threads in a full server, at least one and at most ten; whether there is room now.

        More than one, for people who write in an archived thread need room as well.

        Args:
            before: What `made` was when there was found to be none; where another has made some since, that is enough.
        """
        async with self._making:
            if self.made != before:
                return True
            client = await self._connection.client()
            answer = await self._connection.call("GET", "/guilds/{guild_id}/threads/active", guild_id=str(guild))
            own = str(client.user.id) if client.user is not None else ""
            quiet = sorted((thread for thread in answer["threads"] if _may_rest(thread, own)), key=_last)
            archived = [await self._archive(thread) for thread in quiet[: max(1, min(_MOST, len(quiet) // _SHARE))]]
            if not any(archived):
                return False
            self.made += 1
            _log.info("discord threads archived to make room", server=guild, threads=sum(archived))
            return True

    async def _archive(self, thread: Json) -> bool:
        try:
            await self._connection.call(
                "PATCH", "/channels/{channel_id}", channel_id=thread["id"], json={"archived": True}
            )
        except (Forbidden, Gone, Rejected) as error:
            _log.info("discord thread not archived", thread=thread["id"], reason=error.told)
            return False
        return True


def _may_rest(thread: Json, own: str) -> bool:
    return thread.get("owner_id") == own and not int(thread.get("flags") or 0) & _PINNED


def _last(thread: Json) -> int:
    return int(thread.get("last_message_id") or thread["id"])
