"""Reading back: whether something of ours was posted, and one message as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from adapters.chats.slack.agents import Agents
from adapters.chats.slack.deletions import Deletions
from adapters.chats.slack.failures import usable_answer
from adapters.chats.slack.posting import EVENT_TYPE
from adapters.chats.slack.reading import (
    read_message,
    said,
    time_of,
    ts_at,
)
from adapters.chats.slack.requests import PAGE, Identity, Requests
from bot.errors import Gone
from bot.model import ChannelId, ChatMessageId, DeliveryKey, Opened, Place, Said, ThreadId

_MARGIN = timedelta(seconds=5)
"""Slack's channels are on many machines, and their clocks may differ a little."""
_PAGES = 3
"""So many of the last pages are searched if we know of no message that is certainly older."""


class History:
    """
    Looks in channels and threads for single messages.

    Args:
        deletions: Judges threads and messages that seem to be gone.
    """

    def __init__(self, requests: Requests, agents: Agents, deletions: Deletions) -> None:
        self._requests = requests
        self._agents = agents
        self._deletions = deletions
        self._us: Identity | None = None

    async def find_thread(self, channel: ChannelId, key: DeliveryKey, after: ChatMessageId | None) -> Opened | None:
        """The card that was posted under this key, in the channel itself."""
        found = await self._find("conversations.history", key, after, channel=channel)
        return None if found is None else Opened(thread=ThreadId(found), card=ChatMessageId(found))

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        """The message that was posted under this key, in the thread or the channel."""
        if place.thread is None:
            found = await self._find("conversations.history", key, after, channel=place.channel)
        else:
            try:
                found = await self._find("conversations.replies", key, after, channel=place.channel, ts=place.thread)
            except Gone as error:
                raise await self._deletions.judged(place) from error
        return None if found is None else ChatMessageId(found)

    async def _find(self, method: str, key: DeliveryKey, after: ChatMessageId | None, **where: Any) -> str | None:
        oldest = None if after is None else ts_at(time_of(after) - _MARGIN)
        pages = self._requests.pages(method, oldest=oldest, include_all_metadata=True, limit=PAGE, **where)
        us = await self._identity()
        read = 0
        async with aclosing(pages):
            async for page in pages:
                for message in page["messages"]:
                    if _is_ours(message, us) and _has_key(message, key):
                        return str(message["ts"])
                read += 1
                if after is None and read >= _PAGES:
                    break
        return None

    async def _identity(self) -> Identity:
        if self._us is None:
            self._us = await self._requests.identity()
        return self._us

    async def reread(self, place: Place, message: ChatMessageId) -> Said | None:
        """One message as it is now; the contract is `bot.ports.Chat.reread`."""
        asked_at = self._deletions.now()
        try:
            page = await self._requests.messages(
                "conversations.replies",
                channel=place.channel,
                ts=place.thread,
                oldest=message,
                latest=message,
                inclusive=True,
                limit=PAGE,
            )
        except Gone as error:
            raise await self._deletions.judged(place) from error
        found = [each for each in page if each.get("ts") == message and each.get("subtype") != "tombstone"]
        if not found:
            self._deletions.is_missing_again(place, message, asked_at)
            return None
        self._deletions.there(place, message)
        with usable_answer(writes=False):
            read = read_message(found[0], place.channel)
            return None if read is None else await said(read, self._agents)


def _is_ours(message: Mapping[str, Any], us: Identity) -> bool:
    """Whether a message is our own: other apps, also those of a company that shares the channel, can copy keys."""
    return message.get("user") == us.user or bool(us.bot and message.get("bot_id") == us.bot)


def _has_key(message: Mapping[str, Any], key: DeliveryKey) -> bool:
    """Whether a message was posted under `key`."""
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(payload, dict) or not message.get("ts"):
        return False
    return metadata.get("event_type") == EVENT_TYPE and str(payload.get("key")) == key
