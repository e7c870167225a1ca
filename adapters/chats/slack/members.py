"""Who is in which channel and in which user group; remembered for a minute, and corrected by what Slack reports."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from weakref import WeakValueDictionary

from adapters.chats.disappearance import Disappearances
from adapters.chats.slack import wording
from adapters.chats.slack.failures import usable_answer
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected, Unavailable

_SECONDS = 60.0
_PAGE = 999
_REMEMBERED = 500
_ATTEMPTS = 3

_Read = Callable[[str], AsyncIterator[list[str]]]


@dataclass(frozen=True, slots=True)
class _List:
    at: float
    users: frozenset[str]


class Members:
    """
    Lists of people, one for each channel or user group.

    A channel that we cannot see has nobody in it. That counts when Slack has said it twice: what somebody wrote would
    be refused for good after one wrong answer.
    """

    def __init__(self, requests: Requests, clock: Clock) -> None:
        self._requests = requests
        self._clock = clock
        self._disappearances = Disappearances(clock)
        self._known: OrderedDict[str, _List] = OrderedDict()
        self._changes: Counter[str] = Counter()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of_channel(self, channel: str) -> frozenset[str]:
        """The people in a channel. Raises what `Requests.read` raises, if that may be over soon."""
        return await self._of(channel, self._channel_pages)

    async def of_group(self, group: str) -> frozenset[str]:
        """The people in a user group."""
        return await self._of(group, self._group_pages)

    def changed(self, which: str) -> None:
        """Slack reports that somebody came to this channel or user group, or left it."""
        self._known.pop(which, None)
        self._changes[which] += 1

    async def _of(self, which: str, read: _Read) -> frozenset[str]:
        async with self._asking.setdefault(which, asyncio.Lock()):
            known = self._known.get(which)
            if known is None or self._clock.monotonic() - known.at >= _SECONDS:
                known = await self._ask(which, read)
            return known.users

    async def _ask(self, which: str, read: _Read) -> _List:
        """Ask again if the list changed while it was read; if it changes all the time, it is not remembered."""
        for _ in range(_ATTEMPTS):
            at, changes = self._clock.monotonic(), self._changes[which]
            found = _List(at, frozenset([user async for page in read(which) for user in page]))
            if self._changes[which] == changes:
                self._known[which] = found
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
                break
        return found

    async def _channel_pages(self, channel: str) -> AsyncIterator[list[str]]:
        answers = self._requests.answers("conversations.members", channel=channel, limit=_PAGE)
        is_empty = True
        try:
            async with aclosing(answers):
                async for page in answers:
                    with usable_answer(writes=False):
                        users = [str(user) for user in page["members"]]
                    self._disappearances.there(channel)
                    is_empty = is_empty and not users
                    yield users
            with usable_answer(writes=False):
                if is_empty:
                    raise ValueError("nobody is in a channel that shows us its members")
        except (Forbidden, Gone, Rejected) as error:
            wait = self._disappearances.missing(channel)
            if wait:
                raise Unavailable(wording.PERHAPS_HIDDEN, retry_after=wait) from error

    async def _group_pages(self, group: str) -> AsyncIterator[list[str]]:
        answer = await self._requests.read("usergroups.users.list", usergroup=group)
        with usable_answer(writes=False):
            users = [str(user) for user in answer["users"]]
        yield users
