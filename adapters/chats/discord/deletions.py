"""What the gateway says was deleted: believed only when Discord itself says so for that very id, twice."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

import structlog

from adapters.chats.disappearance import until_sure
from adapters.chats.discord import wording
from adapters.chats.discord.client import Account, Client, Deletion
from adapters.chats.malformed import SHAPE_ERRORS
from bot.errors import Forbidden, Gone, Unavailable
from bot.model import ChannelId

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What may be gone: a channel or thread, or a server."""

    id: str
    is_server: bool = False


class Deletions:
    """
    Holds events about the deletion of a thread, a channel or our place in a server until Discord confirms them.

    discord.py gets such an event only then, so a wrong one changes nothing, not even what discord.py remembers. An
    event about what we do not serve is passed on at once.

    Args:
        served: The channels whose threads we listen to.
    """

    def __init__(self, account: Account, client: Client, served: Collection[ChannelId]) -> None:
        self._account = account
        self._client = client
        self._served = served
        self._asking: set[asyncio.Task[None]] = set()

    def take(self, deletion: Deletion) -> None:
        """Take one event; does not wait."""
        try:
            subject = self._subject(deletion)
        except SHAPE_ERRORS:
            subject = None  # discord.py finds out what is wrong with it
        if subject is None:
            deletion.believe()
            return
        task = asyncio.create_task(self._ask(deletion, subject), name="discord deletion")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def aclose(self) -> None:
        """Stop asking. What is not confirmed by then is found out by the next reading."""
        for task in list(self._asking):
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _subject(self, deletion: Deletion) -> _Subject | None:
        """None: the event is about nothing that we serve."""
        data = deletion.data
        match deletion.event:
            case "THREAD_DELETE" if str(data["parent_id"]) in self._served:
                return _Subject(str(int(data["id"])))
            case "CHANNEL_DELETE" if str(data["id"]) in self._served:
                return _Subject(str(int(data["id"])))
            case "GUILD_DELETE" if self._serves(int(data["id"])):
                return _Subject(str(int(data["id"])), is_server=True)
            case _:
                return None

    def _serves(self, guild: int) -> bool:
        known = self._client.get_guild(guild)
        return known is not None and any(str(channel.id) in self._served for channel in known.channels)

    async def _ask(self, deletion: Deletion, subject: _Subject) -> None:
        gone = await until_sure(lambda: self._is_gone(subject), self._account.clock)
        if gone:
            deletion.believe()
        elif gone is None:
            _log.warning("discord deletion not confirmed", what=deletion.event)
        else:
            _log.warning("discord told of a deletion that did not happen", what=deletion.event)

    async def _is_gone(self, subject: _Subject) -> bool:
        """Raises `RemoteError` while that is not certain."""
        asked_at = self._account.disappearances.now()
        try:
            if subject.is_server:
                await self._account.call("GET", "/guilds/{guild_id}", guild_id=subject.id)
            else:
                await self._account.call("GET", "/channels/{channel_id}", channel_id=subject.id)
        except Gone:
            return True
        except Forbidden as error:
            if not subject.is_server:
                raise
            wait = self._account.disappearances.missing(f"server {subject.id}", asked_at)
            if wait:
                raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) from error
            return True
        return False
