"""Reading what people wrote while the bot was not connected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing

import structlog

from adapters.chats.disappearance import APART, ask_each, is_unsure
from adapters.chats.malformed import SHAPE_ERRORS, Malformed
from adapters.chats.patrol import Patrol
from adapters.chats.slack import wording
from adapters.chats.slack.agents import Agents
from adapters.chats.slack.deletions import Deletions
from adapters.chats.slack.reading import SLACK, Event, PersonMessage, number_of, order, read_message, said
from adapters.chats.slack.reply_counts import ReplyCounts
from adapters.chats.slack.requests import PAGE, Requests
from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected, RemoteError, Unavailable
from bot.model import ChannelId, ChatMessageId, Cursor, Place, Said
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_MOST_FAILURES = 5
"""After so many threads of a channel that could not be read, the rest is not tried."""
_PAGES = 3
"""So many pages of a channel are looked through before its threads are read one by one."""


class MissedMessages:
    """
    Reads what people wrote in threads, in pages as large as Slack gives them.

    An app that a workspace made for itself may read much and often. An app that is distributed gets one request a
    minute and 15 messages a page (docs.slack.dev/apis/web-api/rate-limits); then reading only takes longer.

    Args:
        patrol: Gets the id of each missed message once the core has taken it.
        needs: Called with a channel and its oldest thread that the core needs.
        deletions: Judges threads that seem to be gone.
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

    async def read(self, cursors: Sequence[Cursor], intake: Intake | None) -> AsyncIterator[Said]:
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
        problems: list[RemoteError] = []
        for cursor, first in touched:
            try:
                missed = await self._unread(cursor)
            except Gone:
                perhaps_gone.append(cursor)
                continue
            except (Forbidden, Rejected, Unavailable) as error:
                # The other threads are read: they may be all right, and the next time all are sure.
                problems.append(error)
                if sum(not is_unsure(each) for each in problems) >= _MOST_FAILURES:
                    raise
                continue
            for message in missed:
                yield message
            if not missed:
                self._counts.nothing_new(channel, first)
        if intake is not None and perhaps_gone:
            async for message in self._last_look(perhaps_gone, intake):
                yield message
        if problems:
            # A refusal says that the channel cannot be read. So it counts only if nothing may be over soon.
            raise next((each for each in problems if isinstance(each, Unavailable)), problems[0])

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
            "conversations.history", channel=channel, oldest=min(wanted, key=order), inclusive=True, limit=PAGE
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
    pages = requests.pages("conversations.replies", channel=place.channel, ts=place.thread, oldest=after, limit=PAGE)
    async for page in pages:
        for each in page["messages"]:
            try:
                message = read_message(each, place.channel)
                if message is not None and order(message.message) > order(after):
                    found[message.message] = message
            except SHAPE_ERRORS as error:
                malformed.add("a message in a thread", error)
    return [found[each] for each in sorted(found, key=order)]
