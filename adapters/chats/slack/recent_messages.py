"""What people wrote in the threads lately, read for the patrol."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from datetime import datetime
from functools import partial

from adapters.chats.patrol import Reading, Written
from adapters.chats.slack.agents import People
from adapters.chats.slack.commands import typed
from adapters.chats.slack.reading import SLACK, Spoken, number, order, spoken, stamp, stamp_of
from adapters.chats.slack.requests import Api
from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected
from bot.model import ChannelId, ChatMessageId, Place, ThreadId

_log = logging.getLogger(__name__)

_PAGE = 999
_LISTED = 200
"""Slack's own advice for a page; a look must not fetch a megabyte every few minutes."""
_BREATH = 2.0
"""Seconds between two requests: Slack takes some fifty a minute of either kind, and deliveries need theirs."""


class StandingInSlack:
    """
    Implements `adapters.chats.patrol.Standing`.

    Slack tells of each thread in its first message when the last reply came. So a channel's own messages are listed,
    back to the oldest that heads a thread which concerns the core, and a thread with a new reply is read.
    """

    def __init__(self, api: Api, people: People, clock: Clock, served: Collection[str]) -> None:
        self._api = api
        self._people = people
        self._clock = clock
        self._served = served
        self._oldest: dict[str, str] = {}

    def begin(self) -> None:
        """A connection begins; which threads concern the core, catching up will tell."""
        self._oldest.clear()

    def concerns(self, channel: str, thread: str) -> None:
        """No thread that is older than this one concerns the core; one that was opened since is younger anyway."""
        self._oldest[channel] = min(self._oldest.get(channel, thread), thread, key=order)

    def id_at(self, moment: datetime) -> int:
        return number(stamp(moment))

    async def read(self, after: int) -> Reading:
        newest, written = 0, []
        for channel in self._served:
            self._oldest.setdefault(channel, stamp_of(after))
            try:
                async for place, last in self._listed(channel):
                    newest = max(newest, last)
                    if last > after:
                        written += await self._after(place, after)
            except (Forbidden, Gone, Rejected) as error:
                _log.info("the Slack channel %s cannot be looked at: %s", channel, error.told)
        return Reading(newest, written)

    async def _listed(self, channel: str) -> AsyncIterator[tuple[Place, int]]:
        """The threads that concern the core, each with its last reply."""
        pages = self._api.pages(
            "conversations.history", channel=channel, oldest=self._oldest[channel], inclusive=True, limit=_LISTED
        )
        async with aclosing(pages):
            async for page in pages:
                for parent in page.get("messages") or ():
                    if parent.get("latest_reply"):
                        thread = ThreadId(str(parent["ts"]))
                        place = Place(chat=SLACK, channel=ChannelId(channel), thread=thread)
                        yield place, number(str(parent["latest_reply"]))
                await self._clock.sleep(_BREATH)

    async def _after(self, place: Place, after: int) -> list[Written]:
        """What people wrote in a thread since, but for the commands among it; nothing where it is gone by now."""
        try:
            found = await written_after(self._api, place, ChatMessageId(stamp_of(after)))
        except Gone:
            return []
        finally:
            await self._clock.sleep(_BREATH)
        said = self._people.said
        return [Written(number(each.message), partial(said, each)) for each in found if typed(each.markup) is None]


async def written_after(api: Api, place: Place, after: ChatMessageId) -> list[Spoken]:
    """What people wrote in a thread after this message, oldest first; every page brings the first message as well."""
    found: dict[ChatMessageId, Spoken] = {}
    pages = api.pages("conversations.replies", channel=place.channel, ts=place.thread, oldest=after, limit=_PAGE)
    async for page in pages:
        for message in page.get("messages") or ():
            heard = spoken(message, place.channel)
            if heard is not None and order(heard.message) > order(after):
                found[heard.message] = heard
    return [found[each] for each in sorted(found, key=order)]
