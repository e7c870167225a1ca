"""What people wrote in the threads in the last minutes, read for the patrol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from datetime import datetime
from functools import partial

from adapters.chats.malformed import Malformed
from adapters.chats.patrol import Failures, RecentMessage, RecentMessages
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.missed_messages import written_after
from adapters.chats.slack.reading import SLACK, Event, is_ts, number_of, order, said, ts_at, ts_of
from adapters.chats.slack.reply_counts import ReplyCounts
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Gone
from bot.model import ChannelId, ChatMessageId, Place, ThreadId

_PAGE = 200
"""The size that Slack advises; this is read every few minutes, so it must not fetch a megabyte each time."""
_PAUSE = 2.0
"""Seconds between two requests: Slack allows some fifty a minute of either kind, and deliveries need some of them."""


class RecentMessageReader:
    """
    Implements `adapters.chats.patrol.MessageReader`.

    In Slack the first message of a thread says when the last reply came. So a channel's own messages are listed, back
    to the first message of the oldest thread that the core needs, and each thread with a new reply is read.

    Args:
        served: The channels whose threads are read.
        malformed: Counts messages that cannot be read.
    """

    def __init__(
        self, requests: Requests, agents: Agents, clock: Clock, served: Collection[str], malformed: Malformed
    ) -> None:
        self._requests = requests
        self._malformed = malformed
        self._counts = ReplyCounts()
        self._agents = agents
        self._clock = clock
        self._served = served
        self._oldest: dict[str, str] = {}

    def begin(self) -> None:
        """A new connection begins: reading what was missed will say which threads the core needs."""
        self._oldest.clear()

    def needs(self, channel: str, thread: str) -> None:
        """The core needs this thread and none that is older; threads that are opened later are newer anyway."""
        self._oldest[channel] = min(self._oldest.get(channel, thread), thread, key=order)

    def id_at(self, moment: datetime) -> int:
        return number_of(ts_at(moment))

    async def read(self, after: int) -> RecentMessages:
        newest, failures = 0, Failures()
        written: list[RecentMessage] = []
        for channel in self._served:
            self._oldest.setdefault(channel, ts_of(after))
            with failures.passed_over(channel=channel):
                async for place, first in self._threads(channel):
                    newest = max(newest, _last_reply(first))
                    if self._counts.touched(channel, first, ts_of(after)):
                        with failures.passed_over(channel=channel, thread=place.thread):
                            found = await self._written_after(place, after)
                            written += found
                            newest = max([newest, *(message.id for message in found)])
                            if not found:
                                self._counts.nothing_new(channel, first)
        return RecentMessages(newest, written, is_complete=not failures.any)

    async def _threads(self, channel: str) -> AsyncIterator[tuple[Place, Event]]:
        """The threads that the core needs, each with its first message."""
        pages = self._requests.pages(
            "conversations.history", channel=channel, oldest=self._oldest[channel], inclusive=True, limit=_PAGE
        )
        async with aclosing(pages):
            async for page in pages:
                for first in page["messages"]:
                    thread = str(first.get("ts") or "")
                    if is_ts(thread) and (first.get("latest_reply") or first.get("reply_count")):
                        yield Place(chat=SLACK, channel=ChannelId(channel), thread=ThreadId(thread)), first
                await self._clock.sleep(_PAUSE)

    async def _written_after(self, place: Place, after: int) -> list[RecentMessage]:
        """What people wrote in a thread since; nothing if the thread is gone by now."""
        try:
            found = await written_after(self._requests, place, ChatMessageId(ts_of(after)), self._malformed)
        except Gone:
            return []
        finally:
            await self._clock.sleep(_PAUSE)
        return [
            RecentMessage(number_of(message.message), place.thread, partial(said, message, self._agents))
            for message in found
        ]


def _last_reply(first: Event) -> int:
    """The last reply that a thread's first message tells of; 0: none."""
    latest = str(first.get("latest_reply") or "")
    return number_of(latest) if is_ts(latest) else 0
