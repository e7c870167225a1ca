"""What we say in Slack: cards, posts, marks and private words."""

from __future__ import annotations

import logging

from adapters.chats.echo import Echo
from adapters.chats.slack import blocks, card, messages
from adapters.chats.slack.rate_limits import Pace
from adapters.chats.slack.requests import Api
from bot.clock import Clock
from bot.errors import Gone, RateLimited, Rejected, RemoteError
from bot.model import (
    Agent,
    Answer,
    Card,
    ChannelId,
    ChatMessageId,
    DeliveryKey,
    Mark,
    Opened,
    Place,
    Post,
    ThreadId,
)

_log = logging.getLogger(__name__)

EVENT_TYPE = "shopbell"
"""The type of the metadata that carries a delivery's key; other apps of the workspace can read it."""

_REACTIONS = {
    Mark.WAITING: "hourglass_flowing_sand",
    Mark.DELIVERED: "white_check_mark",
    Mark.FAILED: "x",
    Mark.NOTE: "lock",
}
_QUIET = {"unfurl_links": False, "unfurl_media": False}


class Posting:
    """Everything that writes in the workspace; the methods do what those of `Chat` with the same names promise."""

    def __init__(self, api: Api, clock: Clock, echo: Echo) -> None:
        self._api = api
        self._echo = echo
        self._pace = Pace(clock)

    async def open_thread(self, channel: ChannelId, shown: Card, key: DeliveryKey) -> Opened:
        """Post the card; a thread in Slack is its first message, so there is no half of it."""
        stamp = await self._say(channel, None, card.render(shown), card.fallback(shown), key)
        return Opened(thread=ThreadId(stamp), card=ChatMessageId(stamp))

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        shown = messages.render(post, part)
        return ChatMessageId(await self._say(place.channel, place.thread, shown, messages.fallback(post), key))

    async def post_card(self, place: Place, shown: Card, key: DeliveryKey) -> ChatMessageId:
        return ChatMessageId(
            await self._say(place.channel, place.thread, card.render(shown), card.fallback(shown), key)
        )

    async def _say(
        self, channel: str, thread: str | None, shown: list[blocks.Block], text: str, key: DeliveryKey
    ) -> str:
        """
        One `chat.postMessage`.

        Raises:
            RateLimited: Too soon after the last messages in this channel; nothing was sent.
        """
        wait = self._pace.take(channel)
        if wait > 0:
            raise RateLimited("Slack takes about one message a second in a channel.", retry_after=wait)
        with self._echo.speaking():
            answer = await self._api.write(
                "chat.postMessage",
                channel=channel,
                thread_ts=thread,
                text=text,
                blocks=shown,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
                **_QUIET,
            )
        stamp = str(answer["ts"])
        answered = (answer.get("message") or {}).get("thread_ts")
        if thread is not None and answered != thread and await self._is_stray(channel, stamp):
            await self._take_back(channel, stamp)
            raise Gone("The thread is no longer in Slack.")
        return stamp

    async def _is_stray(self, channel: str, stamp: str) -> bool:
        """
        Whether a reply stands in the channel itself: Slack has been seen to put it there where its thread is gone.

        In doubt it does not: what was said must not be said again.
        """
        try:
            page = await self._api.read("conversations.replies", channel=channel, ts=stamp, limit=1)
        except RemoteError:
            return False
        return any(each.get("ts") == stamp and not each.get("thread_ts") for each in page.get("messages") or ())

    async def _take_back(self, channel: str, stamp: str) -> None:
        try:
            await self._api.write("chat.delete", channel=channel, ts=stamp)
        except RemoteError as error:
            _log.warning("a stray reply stays in the Slack channel %s: %s", channel, error.told)

    async def render_card(self, place: Place, opened: Opened, shown: Card) -> None:
        """Write the card anew; Slack keeps the metadata of a message that is changed without any."""
        await self._api.write(
            "chat.update",
            channel=place.channel,
            ts=opened.card,
            text=card.fallback(shown),
            blocks=card.render(shown),
            **_QUIET,
        )

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        """
        Put the new reaction before the old one goes, so that a message in between is never without.

        A deleted message leaves nothing to be done.
        """
        if mark is not None:
            await self._react("reactions.add", place, message, mark, "already_reacted")
        if was is not None and was is not mark:
            await self._react("reactions.remove", place, message, was, "no_reaction")

    async def _react(self, method: str, place: Place, message: ChatMessageId, mark: Mark, harmless: str) -> None:
        try:
            await self._api.write(method, channel=place.channel, timestamp=message, name=_REACTIONS[mark])
        except Gone:
            return
        except Rejected as refused:
            if refused.fields.get("error") != harmless:
                raise

    async def tell(self, place: Place, agent: Agent, text: str) -> None:
        """An ephemeral message: Slack shows it to one person, until they reload."""
        await self.answer(place, agent.id, Answer(text=text))

    async def answer(self, place: Place, user: str, answer: Answer) -> None:
        """The same with a table below."""
        await self._api.write(
            "chat.postEphemeral",
            channel=place.channel,
            thread_ts=place.thread,
            user=user,
            text=blocks.fallback(answer.text),
            blocks=blocks.answer(answer),
        )
