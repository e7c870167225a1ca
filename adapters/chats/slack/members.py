"""Who is in which channel and in which user group."""

from __future__ import annotations

from contextlib import aclosing

import structlog

from adapters.chats.disappearance import Disappearances
from adapters.chats.slack import wording
from adapters.chats.slack.cached_answers import Remembered
from adapters.chats.slack.failures import usable_answer
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected, Unavailable

_log = structlog.get_logger(__name__)

_PAGE = 999


class Members:
    """
    Lists of people, one for each channel or user group; remembered for a minute.

    A channel that we cannot see has nobody in it, and so has a user group that does not exist any more. That counts
    when Slack has said it twice: what somebody wrote would be refused for good after one wrong answer.
    """

    def __init__(self, requests: Requests, clock: Clock) -> None:
        self._requests = requests
        self._disappearances = Disappearances(clock)
        self._channels = Remembered(clock, self._read_channel)
        self._groups = Remembered(clock, self._read_group)

    async def of_channel(self, channel: str) -> frozenset[str]:
        """The people in a channel. Raises what `Requests.read` raises, if that may be over soon."""
        return await self._channels.of(channel)

    async def of_group(self, group: str) -> frozenset[str]:
        """The people in a user group."""
        return await self._groups.of(group)

    def changed(self, which: str) -> None:
        """Slack reports that somebody came to this channel or user group, or left it."""
        self._channels.changed(which)
        self._groups.changed(which)

    def left(self, channel: str, user: str) -> None:
        """Slack reports that somebody has left a channel of whom nothing else is worth asking about."""
        known = self._channels.known(channel)
        if known is not None:
            self._channels.corrected(channel, known - {user})

    def may_be_in_group(self, user: str, group: str) -> bool:
        """Whether somebody may be in a user group, as far as is known without asking."""
        known = self._groups.known(group)
        return known is None or user in known

    async def _read_channel(self, channel: str) -> frozenset[str]:
        found: set[str] = set()
        asked_at = self._disappearances.now()
        try:
            async with aclosing(self._requests.answers("conversations.members", channel=channel, limit=_PAGE)) as pages:
                async for page in pages:
                    with usable_answer(writes=False):
                        found.update(str(user) for user in page["members"])
                    self._disappearances.there(channel)
        except (Forbidden, Gone, Rejected) as error:
            wait = self._disappearances.missing(channel, asked_at)
            if wait:
                raise Unavailable(wording.PERHAPS_HIDDEN, retry_after=wait) from error
            return frozenset()
        with usable_answer(writes=False):
            if not found:
                raise ValueError("nobody is in a channel that shows us its members")
        return frozenset(found)

    async def _read_group(self, group: str) -> frozenset[str]:
        asked_at = self._disappearances.now()
        try:
            answer = await self._requests.read("usergroups.users.list", usergroup=group)
        except (Gone, Rejected) as error:
            wait = self._disappearances.missing(group, asked_at)
            if wait:
                raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) from error
            _log.warning("slack user group not found: nobody is in it", group=group)
            return frozenset()
        self._disappearances.there(group)
        with usable_answer(writes=False):
            return frozenset(str(user) for user in answer["users"])
