"""Which threads are locked: an admin of the workspace can do that, and then nobody else can write in them."""

from __future__ import annotations

from datetime import datetime, timedelta

from adapters.chats.slack.cached_answers import Remembered
from adapters.chats.slack.failures import usable_answer
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Forbidden, Gone, Rejected
from bot.model import Place

_LIVE = timedelta(minutes=1)


class ThreadLocks:
    """What Slack says of each thread in the thread's first message, remembered for a minute."""

    def __init__(self, requests: Requests, clock: Clock) -> None:
        self._requests = requests
        self._known = Remembered(clock, self._read)

    async def is_locked(self, place: Place) -> bool:
        """Whether a thread is locked. Raises what `Requests.read` raises, if that may be over soon."""
        return place.thread is not None and await self._known.of(f"{place.channel} {place.thread}")

    def written_in(self, place: Place, at: datetime) -> None:
        """
        Somebody who is no admin wrote in a thread: if that was just now, it is open, and Slack need not be asked.

        It was open when they wrote: an event may come later than the lock.
        """
        now = self._requests.their_clock.now()
        if now is not None and now - at < _LIVE:
            ago = max((now - at).total_seconds(), 0.0)
            self._known.learned(f"{place.channel} {place.thread}", said=False, seconds_ago=ago)

    async def _read(self, thread: str) -> bool:
        """A thread that Slack does not show has no lock: what was written there was written while that was possible."""
        channel, _, first = thread.partition(" ")
        try:
            page = await self._requests.messages("conversations.replies", channel=channel, ts=first, limit=1)
        except (Forbidden, Gone, Rejected):
            return False
        with usable_answer(writes=False):
            return any(bool(each.get("is_locked")) for each in page if each.get("ts") == first)
