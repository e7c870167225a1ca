"""Whether a thread or a message is really gone: Slack must say so for the thing itself, twice, some seconds apart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from adapters.chats.disappearance import Disappearances, until_sure
from adapters.chats.slack import wording
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Gone, RemoteError, Unavailable
from bot.model import ChatMessageId, Place

_log = structlog.get_logger(__name__)


class Deletions:
    """
    Judges threads and messages that a request did not find, or of which an event says that they were deleted.

    A thread in Slack is its first message. If that was deleted, Slack shows a tombstone in its place, or nothing.
    """

    def __init__(self, requests: Requests, clock: Clock) -> None:
        self._requests = requests
        self._clock = clock
        self._disappearances = Disappearances(clock)

    async def judged(self, place: Place) -> RemoteError:
        """
        What it means that a request found no thread here; makes one request.

        Returns:
            `Gone` if Slack says so for the thread itself for the second time; else why that is not certain.
        """
        try:
            gone = await self._is_gone(place)
        except RemoteError as error:
            return error
        return Gone(wording.THREAD_GONE) if gone else Unavailable(wording.CONTRADICTED)

    async def judged_message(self, place: Place, message: ChatMessageId) -> RemoteError:
        """The same for a message in a thread or a channel."""
        asked_at = self.now()
        try:
            found = await self._shows(place, message)
            gone = not found and self.is_missing_again(place, message, asked_at)
        except Gone as error:
            return await self.judged(place) if place.thread else error
        except RemoteError as error:
            return error
        if found:
            self._disappearances.there(_name(place, message))
        return Gone(wording.GONE["message_not_found"]) if gone else Unavailable(wording.CONTRADICTED)

    def now(self) -> float:
        """The time by which `is_missing_again` counts; to be taken before the reading."""
        return self._disappearances.now()

    def is_missing_again(self, place: Place, message: ChatMessageId, asked_at: float) -> bool:
        """
        A reading did not find a message; True if that was so before. Raises `Unavailable` the first time.

        Args:
            asked_at: What `now` was before the reading.
        """
        wait = self._disappearances.missing(_name(place, message), asked_at)
        if wait:
            raise Unavailable(wording.PERHAPS_GONE, retry_after=wait)
        return True

    def there(self, place: Place, message: ChatMessageId | None = None) -> None:
        """Slack has this thread, or this message in it, so what it said before was wrong."""
        self._disappearances.there(_name(place, message))

    async def is_missing(self, place: Place) -> bool:
        """Whether Slack says now that a thread does not exist, or shows a tombstone. Raises what a read may raise."""
        try:
            page = await self._requests.messages(
                "conversations.replies", channel=place.channel, ts=place.thread, limit=1
            )
        except Gone:
            return True
        return any(str(each.get("ts")) == place.thread and each.get("subtype") == "tombstone" for each in page)

    async def confirm(self, place: Place, report: Callable[[Place], Awaitable[None]]) -> None:
        """An event says that a thread was deleted: report it once Slack has confirmed it."""
        gone = await until_sure(lambda: self._is_gone(place), self._clock)
        if gone:
            await report(place)
        elif gone is None:
            _log.warning("slack deletion not confirmed", channel=place.channel)
        else:
            _log.warning("slack told of a deletion that did not happen", channel=place.channel)

    async def _is_gone(self, place: Place) -> bool:
        """Raises `RemoteError` while that is not certain."""
        asked_at = self.now()
        if not await self.is_missing(place):
            self.there(place)
            return False
        wait = self._disappearances.missing(_name(place), asked_at)
        if wait:
            raise Unavailable(wording.PERHAPS_GONE, retry_after=wait)
        return True

    async def _shows(self, place: Place, message: ChatMessageId) -> bool:
        """Raises `Gone` if there is no such thread."""
        where = {"oldest": message, "latest": message, "inclusive": True}
        page = await self._requests.messages(
            "conversations.replies", channel=place.channel, ts=place.thread or message, limit=2, **where
        )
        return any(str(each.get("ts")) == message and each.get("subtype") != "tombstone" for each in page)


def _name(place: Place, message: ChatMessageId | None = None) -> str:
    return f"{place.channel} {place.thread} {message or ''}"
