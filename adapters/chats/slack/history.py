"""What stands in Slack already: whether something was said, and what people wrote while nobody listened."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from adapters.chats.patrol import Patrol
from adapters.chats.slack.agents import People
from adapters.chats.slack.commands import typed
from adapters.chats.slack.posting import EVENT_TYPE
from adapters.chats.slack.reading import SLACK, moment, number, order, spoken, stamp
from adapters.chats.slack.recent_messages import StandingInSlack, written_after
from adapters.chats.slack.requests import Api
from bot.errors import Forbidden, Gone, Rejected, RemoteError
from bot.model import ChannelId, ChatMessageId, Cursor, DeliveryKey, Opened, Place, Said, ThreadId
from bot.ports import Intake

_log = logging.getLogger(__name__)

_MARGIN = timedelta(seconds=5)
"""Slack's channels are kept by many machines, whose clocks may be a little apart."""
_PAGE = 999
_PAGES = 3


class History:
    """
    Reading back, in pages as large as Slack gives them.

    An app that a workspace made for itself may read often and much; one that is handed round gets a request a
    minute and 15 messages a page (docs.slack.dev/apis/web-api/rate-limits), which only takes longer here.
    """

    def __init__(self, api: Api, people: People, patrol: Patrol, standing: StandingInSlack) -> None:
        self._api = api
        self._people = people
        self._patrol = patrol
        self._standing = standing

    async def find_thread(self, channel: ChannelId, key: DeliveryKey, after: ChatMessageId | None) -> Opened | None:
        """The card that carries this key, in the channel itself."""
        found = await self._find("conversations.history", key, after, channel=channel)
        return None if found is None else Opened(thread=ThreadId(found), card=ChatMessageId(found))

    async def find_post(self, place: Place, key: DeliveryKey, after: ChatMessageId | None) -> ChatMessageId | None:
        """The message that carries this key, in the thread or the channel."""
        if place.thread is None:
            found = await self._find("conversations.history", key, after, channel=place.channel)
        else:
            found = await self._find("conversations.replies", key, after, channel=place.channel, ts=place.thread)
        return None if found is None else ChatMessageId(found)

    async def _find(self, method: str, key: DeliveryKey, after: ChatMessageId | None, **where: Any) -> str | None:
        oldest = None if after is None else stamp(moment(after) - _MARGIN)
        pages = self._api.pages(method, oldest=oldest, include_all_metadata=True, limit=_PAGE, **where)
        read = 0
        async with aclosing(pages):
            async for page in pages:
                for message in page.get("messages") or ():
                    if _key(message) == key:
                        return str(message["ts"])
                read += 1
                if after is None and read >= _PAGES:
                    break
        return None

    async def reread(self, place: Place, message: ChatMessageId) -> str | None:
        """What one message of a thread reads like now; the contract is `bot.ports.Chat.reread`."""
        page = await self._api.read(
            "conversations.replies",
            channel=place.channel,
            ts=place.thread,
            oldest=message,
            latest=message,
            inclusive=True,
            limit=_PAGE,
        )
        found = [each for each in page.get("messages") or () if each.get("ts") == message]
        heard = spoken(found[0], place.channel) if found else None
        return None if heard is None or typed(heard.markup) is not None else await self._people.text(heard)

    async def missed(self, cursors: Sequence[Cursor], intake: Intake | None) -> AsyncIterator[Said]:
        """
        What people wrote in these threads after each cursor, oldest first within a thread.

        Args:
            intake: Who is told of what is gone, and of channels that may not be read; None: nobody.

        A `!close` among it is left out: whoever typed it got no answer and sees the ticket as it is, and doing it
        hours later may undo what was done since.

        A channel that is gone or closed to the bot holds up no other: there is nothing to read in it. What else goes
        wrong with one is raised after all the others have been read.
        """
        channels: dict[ChannelId, list[Cursor]] = defaultdict(list)
        for cursor in cursors:
            if cursor.place.thread is not None:
                channels[cursor.place.channel].append(cursor)
        problem: RemoteError | None = None
        for channel, those in channels.items():
            self._standing.concerns(channel, min((str(each.place.thread) for each in those), key=order))
            try:
                async for said in self._missed_in(channel, those, intake):
                    yield said
                    self._patrol.heard(number(said.message))
            except (Forbidden, Gone, Rejected) as error:
                _log.warning("the Slack channel %s cannot be read: %s", channel, error.told)
                if intake is not None:
                    await intake.barred(Place(chat=SLACK, channel=channel), error.told)
            except RemoteError as error:
                problem = problem or error
        if problem is not None:
            raise problem

    async def _missed_in(
        self, channel: ChannelId, cursors: Sequence[Cursor], intake: Intake | None
    ) -> AsyncIterator[Said]:
        touched, gone = await self._touched(channel, cursors)
        for cursor in touched:
            try:
                missed = await self._after(cursor)
            except Gone:
                gone.append(cursor)
                continue
            for said in missed:
                yield said
        if intake is not None:
            for cursor in gone:
                await intake.vanished(cursor.place)

    async def _touched(self, channel: ChannelId, cursors: Sequence[Cursor]) -> tuple[list[Cursor], list[Cursor]]:
        """
        Those cursors whose thread has something newer (its first message says when the last reply came), and those
        whose first message is gone: it is not in the channel, or of one with replies only the tombstone is.

        Where the channel has more pages than there are threads left to look for, each of these is asked for itself.
        """
        wanted = {str(cursor.place.thread): cursor for cursor in cursors}
        touched: list[Cursor] = []
        gone: list[Cursor] = []
        pages = self._api.pages(
            "conversations.history", channel=channel, oldest=min(wanted, key=order), inclusive=True, limit=_PAGE
        )
        read = 0
        async with aclosing(pages):
            async for page in pages:
                for parent in page.get("messages") or ():
                    cursor = wanted.pop(str(parent.get("ts")), None)
                    if cursor is not None and _is_newer(parent.get("latest_reply"), cursor.after):
                        touched.append(cursor)
                    if cursor is not None and parent.get("subtype") == "tombstone":
                        gone.append(cursor)
                read += 1
                if not wanted:
                    break
                if read >= max(_PAGES, len(wanted)):
                    return [*touched, *wanted.values()], gone
        return touched, [*gone, *wanted.values()]

    async def _after(self, cursor: Cursor) -> list[Said]:
        """What people wrote in one thread after its cursor, but for the commands among it."""
        written = await written_after(self._api, cursor.place, cursor.after or ChatMessageId(str(cursor.place.thread)))
        return [await self._people.said(each) for each in written if typed(each.markup) is None]


def _key(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    key = (metadata.get("event_payload") or {}).get("key")
    return None if key is None else str(key)


def _is_newer(latest: Any, after: ChatMessageId | None) -> bool:
    return bool(latest) and (after is None or order(str(latest)) > order(after))
