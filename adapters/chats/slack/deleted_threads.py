"""Whether a thread is really gone: Slack must say so for the thread itself, twice, some seconds apart."""

from __future__ import annotations

from adapters.chats.disappearance import Disappearances
from adapters.chats.slack import wording
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Gone, RemoteError, Unavailable
from bot.model import Place


class DeletedThreads:
    """
    Judges threads that a request found to be missing.

    A thread in Slack is its first message. If that was deleted, Slack shows a tombstone in its place, or nothing.
    """

    def __init__(self, requests: Requests, clock: Clock) -> None:
        self._requests = requests
        self._disappearances = Disappearances(clock)

    async def judged(self, place: Place) -> RemoteError:
        """
        What it means that a request found no thread here; makes one request.

        Returns:
            `Gone` if Slack says so for the thread itself for the second time; else why that is not certain.
        """
        try:
            missing = await self.is_missing(place)
        except RemoteError as error:
            return error
        if not missing:
            self.there(place)
            return Unavailable(wording.CONTRADICTED)
        wait = self._disappearances.missing(_name(place))
        return Unavailable(wording.PERHAPS_GONE, retry_after=wait) if wait else Gone(wording.THREAD_GONE)

    def there(self, place: Place) -> None:
        """Slack took a message for this thread, so what it said before was wrong."""
        self._disappearances.there(_name(place))

    async def is_missing(self, place: Place) -> bool:
        """Whether Slack says now that a thread does not exist, or shows a tombstone. Raises what a read may raise."""
        try:
            page = await self._requests.messages(
                "conversations.replies", channel=place.channel, ts=place.thread, limit=1
            )
        except Gone:
            return True
        return any(str(each.get("ts")) == place.thread and each.get("subtype") == "tombstone" for each in page)


def _name(place: Place) -> str:
    return f"{place.channel} {place.thread}"
