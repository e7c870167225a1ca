"""Reading back: whether something of ours was posted, and what people wrote while the bot was not connected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import structlog

from adapters.chats.disappearance import APART, ask_each, is_unsure
from adapters.chats.malformed import SHAPE_ERRORS, Malformed
from adapters.chats.patrol import Patrol
from adapters.chats.slack import wording
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.deletions import Deletions
from adapters.chats.slack.failures import usable_answer
from adapters.chats.slack.posting import EVENT_TYPE
from adapters.chats.slack.reading import (
    SLACK,
    Event,
    PersonMessage,
    number_of,
    order,
    read_message,
    said,
    time_of,
    ts_at,
)
from adapters.chats.slack.reply_counts import ReplyCounts
from adapters.chats.slack.requests import Identity, Requests
from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected, RemoteError, Unavailable
from bot.model import ChannelId, ChatMessageId, Cursor, DeliveryKey, Opened, Place, Said, ThreadId
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_MARGIN = timedelta(seconds=5)
"""Slack's channels are on many machines, and their clocks may differ a little."""
_PAGE = 999
_PAGES = 3


class History:
    """
    Reads the channels and threads back, in pages as large as Slack gives them.

    An app that a workspace made for itself may read much and often. An app that is distributed gets one request a
    minute and 15 messages a page (docs.slack.dev/apis/web-api/rate-limits); then reading only takes longer.

    Args:
        patrol: Gets the id of each missed message once the core has taken it.
        needs: Called with a channel and its oldest thread that the core needs.
        deletions: Judges threads and messages that seem to be gone.
        malformed: Counts messages that cannot be read.
    """

    def __init__(
        self,
        requests: Requests,
        agents: Agents,
        clock: Clock,
        patrol: Patrol,
        needs: Callable[[str, str], None],
        deletions: Deletions,
        malformed: Malformed,
    ) -> None:
        self._requests = requests
        self._agents = agents
        self._clock = clock
        self._patrol = patrol
        self._needs = needs
        self._deletions = deletions
        self._malformed = malformed
        self._counts = ReplyCounts()
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
        pages = self._requests.pages(method, oldest=oldest, include_all_metadata=True, limit=_PAGE, **where)
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
        try:
            page = await self._requests.messages(
                "conversations.replies",
                channel=place.channel,
                ts=place.thread,
                oldest=message,
                latest=message,
                inclusive=True,
                limit=_PAGE,
            )
        except Gone as error:
            raise await self._deletions.judged(place) from error
        found = [each for each in page if each.get("ts") == message and each.get("subtype") != "tombstone"]
        if not found:
            self._deletions.is_missing_again(place, message)
            return None
        self._deletions.there(place, message)
        with usable_answer(writes=False):
            read = read_message(found[0], place.channel)
            return None if read is None else await said(read, self._agents)

    async def missed(self, cursors: Sequence[Cursor], intake: Intake | None) -> AsyncIterator[Said]:
        """
        What people wrote in these threads after each cursor, oldest first within a thread.

        A `!close` is left out: its author got no answer and sees the ticket as it is, and closing it hours later might
        undo what was done since.

        A channel that is deleted or hidden from the bot does not stop the others. Other errors are raised after all
        the other channels have been read.

        Args:
            intake: Gets threads that are deleted, and channels that we may not read; None: nobody does.
        """
        by_channel: dict[ChannelId, list[Cursor]] = defaultdict(list)
        for cursor in cursors:
            if cursor.place.thread is not None:
                by_channel[cursor.place.channel].append(cursor)
        problem: RemoteError | None = None
        for channel, waiting in by_channel.items():
            self._needs(channel, min((str(cursor.place.thread) for cursor in waiting), key=order))
            try:
                async for message in self._read_all(channel, waiting, intake):
                    yield message
                    self._patrol.received(number_of(message.message))
            except Gone:
                # No code for a channel that does not exist, so it says nothing about this one.
                problem = problem or Unavailable(wording.CONTRADICTED)
            except (Forbidden, Rejected) as error:
                _log.warning("slack channel not read", channel=channel, reason=error.user_message)
                if intake is not None:
                    await intake.channel_unreadable(Place(chat=SLACK, channel=channel), error.user_message)
            except RemoteError as error:
                problem = problem or error
        if problem is not None:
            raise problem

    async def _read_all(
        self, channel: ChannelId, cursors: Sequence[Cursor], intake: Intake | None
    ) -> AsyncIterator[Said]:
        """One channel's threads, those that their tickets have left first: they are few."""
        present = []
        for cursor in cursors:
            if not cursor.is_former:
                present.append(cursor)
                continue
            async for message in self._left_behind(cursor):
                yield message
        if present:
            async for message in self._read_channel(channel, present, intake):
                yield message

    async def _read_channel(
        self, channel: ChannelId, cursors: Sequence[Cursor], intake: Intake | None
    ) -> AsyncIterator[Said]:
        """
        The threads that tickets have now. One that seems to be gone is read by itself before that is believed.

        Only what Slack says of the thread itself counts, twice, some seconds apart.
        """
        touched, perhaps_gone = await self._sorted(channel, cursors)
        unsure: RemoteError | None = None
        for cursor, first in touched:
            try:
                missed = await self._unread(cursor)
            except Gone:
                perhaps_gone.append(cursor)
                continue
            except Unavailable as error:
                if not is_unsure(error):
                    raise
                unsure = unsure or error  # the other threads are read, so that the next time all are sure
                continue
            for message in missed:
                yield message
            if not missed:
                self._counts.nothing_new(channel, first)
        if intake is not None and perhaps_gone:
            async for message in self._last_look(perhaps_gone, intake):
                yield message
        if unsure is not None:
            raise unsure

    async def _left_behind(self, cursor: Cursor) -> AsyncIterator[Said]:
        """What people wrote in a thread that its ticket has left; most of them have only a tombstone above them."""
        try:
            missed = await self._unread(cursor)
        except Gone:
            return
        for message in missed:
            yield message

    async def _last_look(self, cursors: Sequence[Cursor], intake: Intake) -> AsyncIterator[Said]:
        """What threads that seem to be gone still hold; those that Slack says twice are gone are reported."""
        for pause in (0.0, APART):
            await self._clock.sleep(pause if cursors else 0.0)
            looks = [(cursor, *await self._held(cursor)) for cursor in cursors]
            for _, missed, _ in looks:
                for message in missed:
                    yield message
            cursors = [cursor for cursor, _, gone in looks if gone]
        for cursor in cursors:
            await intake.place_deleted(cursor.place)

    async def _held(self, cursor: Cursor) -> tuple[list[Said], bool]:
        """What people wrote in a thread after its cursor, and whether Slack says now that the thread is gone."""
        try:
            missed = await self._unread(cursor)
        except Gone:
            return [], True
        return missed, await self._deletions.is_missing(cursor.place)

    async def _sorted(
        self, channel: ChannelId, cursors: Sequence[Cursor]
    ) -> tuple[list[tuple[Cursor, Event]], list[Cursor]]:
        """
        The threads that may have something newer, with their first messages, and those that seem to be deleted.

        The first message says when the last reply came, or how many there are. It seems to be deleted if it is not in
        the channel, or if there is only a tombstone, which stays if there are replies. If the channel has more pages
        than there are threads left to look for, each of these counts as touched and is read by itself.
        """
        wanted = {str(cursor.place.thread): cursor for cursor in cursors}
        touched: list[tuple[Cursor, Event]] = []
        gone: list[Cursor] = []
        pages = self._requests.pages(
            "conversations.history", channel=channel, oldest=min(wanted, key=order), inclusive=True, limit=_PAGE
        )
        read = 0
        async with aclosing(pages):
            async for page in pages:
                for first in page["messages"]:
                    cursor = wanted.pop(str(first.get("ts")), None)
                    if cursor is None:
                        continue
                    if first.get("subtype") == "tombstone":
                        gone.append(cursor)
                    elif self._counts.touched(channel, first, cursor.after):
                        touched.append((cursor, first))
                read += 1
                if not wanted:
                    break
                if read >= max(_PAGES, len(wanted)):
                    return [*touched, *((cursor, {}) for cursor in wanted.values())], gone
        return touched, [*gone, *wanted.values()]

    async def _unread(self, cursor: Cursor) -> list[Said]:
        """What people wrote in one thread after its cursor."""
        after = cursor.after or ChatMessageId(str(cursor.place.thread))
        written = await written_after(self._requests, cursor.place, after, self._malformed)
        found = await ask_each(self._said(message) for message in written)
        return [message for message in found if message is not None]

    async def _said(self, message: PersonMessage) -> Said | None:
        """The message for the core; None: nobody can read it, and it must not hide the others."""
        try:
            return await said(message, self._agents)
        except SHAPE_ERRORS as error:
            self._malformed.add("a message in a thread", error)
            return None


async def written_after(
    requests: Requests, place: Place, after: ChatMessageId, malformed: Malformed
) -> list[PersonMessage]:
    """
    What people wrote in a thread after this message, oldest first; Slack's pages also hold the first message.

    A message that cannot be read is passed over.
    """
    found: dict[ChatMessageId, PersonMessage] = {}
    pages = requests.pages("conversations.replies", channel=place.channel, ts=place.thread, oldest=after, limit=_PAGE)
    async for page in pages:
        for each in page["messages"]:
            try:
                message = read_message(each, place.channel)
                if message is not None and order(message.message) > order(after):
                    found[message.message] = message
            except SHAPE_ERRORS as error:
                malformed.add("a message in a thread", error)
    return [found[each] for each in sorted(found, key=order)]


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
