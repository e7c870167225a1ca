"""Posts that Slack takes and then shows elsewhere, or not: said once, and never beside their thread."""

from __future__ import annotations

from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from adapters.chats.echo import Echo
from adapters.chats.slack.deletions import Deletions
from adapters.chats.slack.posting import Posting
from adapters.chats.slack.reading import SLACK
from adapters.chats.slack.requests import Requests
from bot.errors import Gone, RemoteError, Unavailable
from bot.model import ChannelId, DeliveryKey, Place, Post, ThreadId, Voice
from tests.support.clocks import ManualClock

THREAD = Place(chat=SLACK, channel=ChannelId("C1"), thread=ThreadId("1.0"))
CHANNEL = Place(chat=SLACK, channel=ChannelId("C1"))
POST = Post(voice=Voice.BELL, name="", text="Hello?")
AWAY = Unavailable("Slack does not answer.")


class Slack:
    """
    A connection that posts without naming the thread, and what is thought of a thread that seems to be gone.

    Attributes:
        posting, reading, deleting: What goes wrong there.
        outside: Whether what was posted stands in the channel itself.
    """

    def __init__(self, *, outside: bool = True, **failing: RemoteError) -> None:
        self.outside = outside
        self.failing = failing
        self.deleted: list[str] = []

    async def write(self, method: str, **arguments: Any) -> dict[str, Any]:
        if error := self.failing.get("deleting" if method == "chat.delete" else "posting"):
            raise error
        if method == "chat.delete":
            self.deleted.append(arguments["ts"])
        return {"ts": "2.0"}

    async def messages(self, _method: str, **arguments: Any) -> list[dict[str, Any]]:
        if error := self.failing.get("reading"):
            raise error
        return [{"ts": arguments["ts"]} if self.outside else {"ts": arguments["ts"], "thread_ts": "1.0"}]

    async def judged(self, _place: Place) -> RemoteError:
        return Gone("The thread was deleted.")

    def there(self, place: Place) -> None:
        """The thread is there."""

    async def post(self, place: Place = THREAD) -> str:
        posting = Posting(cast(Requests, self), ManualClock(), Echo(ManualClock()), cast(Deletions, self))
        return await posting.post(place, POST, 0, DeliveryKey("a1b2c3-1-0"))


async def test_what_slack_puts_beside_its_thread_is_taken_back() -> None:
    """The thread is gone, and the whole channel would read what was said in it."""
    slack = Slack()
    with pytest.raises(Gone, match="The thread was deleted"):
        await slack.post()
    assert slack.deleted == ["2.0"]


async def test_what_cannot_be_taken_back_is_logged() -> None:
    """It is the thread that is gone, whatever becomes of the post."""
    slack = Slack(deleting=AWAY)
    with capture_logs() as logs, pytest.raises(Gone):
        await slack.post()
    assert [log["event"] for log in logs] == ["slack reply left outside its thread"]


@pytest.mark.parametrize("slack", [Slack(outside=False), Slack(reading=AWAY)])
async def test_what_may_stand_in_its_thread_is_posted(slack: Slack) -> None:
    """Also where that cannot be found out: said again, it would stand there twice."""
    assert await slack.post() == "2.0"
    assert slack.deleted == []


async def test_a_channel_is_not_gone_because_a_message_is() -> None:
    """Slack has other words for that; so it is tried again, and no channel is given up."""
    with pytest.raises(Unavailable):
        await Slack(posting=Gone("message_not_found")).post(CHANNEL)
