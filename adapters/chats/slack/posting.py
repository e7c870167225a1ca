"""What we send to Slack: cards, posts, marks and private messages."""

from __future__ import annotations

import structlog

from adapters.chats.echo import Echo
from adapters.chats.slack import wording
from adapters.chats.slack.blocks import Block, context, fallback
from adapters.chats.slack.card import card_blocks, card_fallback
from adapters.chats.slack.deletions import Deletions
from adapters.chats.slack.failures import THREAD_LOCKED, code_of, usable_answer
from adapters.chats.slack.messages import answer_blocks, is_plain, plain_blocks, plain_text, post_blocks, post_fallback
from adapters.chats.slack.rate_limits import RateLimits
from adapters.chats.slack.requests import Requests
from bot.clock import Clock
from bot.errors import Forbidden, Gone, RateLimited, Rejected, RemoteError, Unavailable
from bot.model import (
    Answer,
    Card,
    ChannelId,
    ChatMessageId,
    DeliveryKey,
    Kind,
    Mark,
    Opened,
    Place,
    Post,
    ThreadId,
)
from bot.ports import Limit

_log = structlog.get_logger(__name__)

EVENT_TYPE = "shopbell"
"""The type of the metadata that holds a delivery's key; other apps of the workspace can read it."""

_POST = "chat.postMessage"
_REACTIONS = {
    Mark.WAITING: "hourglass_flowing_sand",
    Mark.DELIVERED: "white_check_mark",
    Mark.FAILED: "x",
    Mark.NOTE: "lock",
}
_NO_PREVIEWS = {"unfurl_links": False, "unfurl_media": False}


class Posting:
    """
    Sends messages and reactions; the methods do what those of the port with the same names promise.

    Args:
        deletions: Judges threads and messages that seem to be gone.
    """

    def __init__(self, requests: Requests, clock: Clock, echo: Echo, deletions: Deletions) -> None:
        self._requests = requests
        self._deletions = deletions
        self._echo = echo
        self._limits = RateLimits(clock)

    def limit(self, kind: Kind, place: Place) -> Limit:
        """All messages of a channel share its limit, in whatever thread; changes and reactions have others."""
        channel, refused = str(place.channel), self._requests.refused_for
        if kind in (Kind.CARD, Kind.ERASE):
            return Limit(f"change {channel}", refused("chat.update", channel))
        if kind is Kind.MARK:
            wait = max(refused(method, channel) for method in ("reactions.add", "reactions.remove"))
            return Limit(f"mark {channel} {place.thread}", wait)
        return Limit(f"post {channel}", max(self._limits.wait(channel), refused(_POST, channel)))

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        """Post the card. A thread in Slack begins with its first message, so it cannot be half done."""
        try:
            ts = await self._send(channel, None, card_blocks(card), card_fallback(card), key)
        except Gone as error:
            raise Unavailable(wording.CONTRADICTED) from error  # a channel has other codes for that
        return Opened(thread=ThreadId(ts), card=ChatMessageId(ts))

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        if is_plain(post, part):
            return await self._send_in(place, plain_blocks(post, part), plain_text(post, part), key)
        return await self._send_in(place, post_blocks(post, part), post_fallback(post), key)

    async def edit_post(self, place: Place, message: ChatMessageId, post: Post, part: int) -> None:
        """When a change has no metadata, Slack keeps what the message has: by its key it can be found as before."""
        if is_plain(post, part):
            # A change cannot say that its text has no formatting, so the text stands in a block.
            await self._change(place, message, plain_text(post, part), plain_blocks(post, part, in_block=True))
        else:
            await self._change(place, message, post_fallback(post), post_blocks(post, part))

    async def post_card(self, place: Place, card: Card, key: DeliveryKey) -> ChatMessageId:
        return await self._send_in(place, card_blocks(card), card_fallback(card), key)

    async def _send_in(self, place: Place, shown: list[Block], text: str, key: DeliveryKey) -> ChatMessageId:
        try:
            message = await self._send(place.channel, place.thread, shown, text, key)
        except Gone as error:
            if place.thread is None:
                raise Unavailable(wording.CONTRADICTED) from error
            raise await self._deletions.judged(place) from error
        except Forbidden as error:
            raise self._with_address(place, error) from error
        self._deletions.there(place)
        return ChatMessageId(message)

    def _with_address(self, place: Place, error: Forbidden) -> Forbidden:
        """The same error; if the reason is that the thread is locked, it says which one."""
        address = self._requests.address(place) if code_of(error) in THREAD_LOCKED else ""
        return Forbidden(wording.THREAD_LOCKED_AT.format(address=address)) if address else error

    async def _send(self, channel: str, thread: str | None, shown: list[Block], text: str, key: DeliveryKey) -> str:
        """
        One `chat.postMessage`; returns the message's `ts`.

        Raises:
            RateLimited: Too soon after the last messages in this channel; nothing was sent.
        """
        wait = self._limits.take(channel)
        if wait > 0:
            raise RateLimited(wording.TOO_FAST, retry_after=wait)
        with self._echo.sending():
            answer = await self._requests.write(
                _POST,
                channel=channel,
                thread_ts=thread,
                text=text,
                blocks=shown or None,
                mrkdwn=None if shown else False,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
                **_NO_PREVIEWS,
            )
        with usable_answer(writes=True):
            ts = str(answer["ts"])
            thread_now = (answer.get("message") or {}).get("thread_ts")
        if thread is not None and thread_now != thread and await self._is_outside_thread(channel, ts):
            await self._delete(channel, ts)
            raise Gone(wording.THREAD_GONE)
        return ts

    async def _is_outside_thread(self, channel: str, ts: str) -> bool:
        """
        Whether a reply is in the channel itself: Slack sometimes puts it there if its thread is gone.

        If this cannot be found out, the answer is no: what was posted must not be posted again.
        """
        try:
            page = await self._requests.messages("conversations.replies", channel=channel, ts=ts, limit=1)
        except RemoteError:
            return False
        return any(each.get("ts") == ts and not each.get("thread_ts") for each in page)

    async def _delete(self, channel: str, ts: str) -> None:
        try:
            await self._requests.write("chat.delete", channel=channel, ts=ts)
        except RemoteError as error:
            _log.warning("slack reply left outside its thread", channel=channel, reason=error.user_message)

    async def render_card(self, place: Place, opened: Opened, card: Card) -> None:
        """Write the card anew; when a change has no metadata, Slack keeps what the message has."""
        try:
            await self._requests.write(
                "chat.update",
                channel=place.channel,
                ts=opened.card,
                text=card_fallback(card),
                blocks=card_blocks(card),
            )
        except Gone as error:
            raise await self._deletions.judged(place) from error

    async def erase(self, place: Place, message: ChatMessageId, text: str) -> None:
        await self._change(place, message, fallback(text), [context(text)])

    async def _change(self, place: Place, message: ChatMessageId, text: str, shown: list[Block]) -> None:
        try:
            await self._requests.write(
                "chat.update",
                channel=place.channel,
                ts=message,
                text=text,
                blocks=shown,
                attachments=[],
            )
        except Gone as error:
            raise await self._deletions.judged_message(place, message) from error

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        """
        Add the new reaction before the old one is removed, so that the message always has one.

        If the message was deleted, there is nothing to do.
        """
        if mark is not None:
            await self._react("reactions.add", place, message, mark, "already_reacted")
        if was is not None and was is not mark:
            await self._react("reactions.remove", place, message, was, "no_reaction")

    async def _react(self, method: str, place: Place, message: ChatMessageId, mark: Mark, harmless: str) -> None:
        try:
            await self._requests.write(method, channel=place.channel, timestamp=message, name=_REACTIONS[mark])
        except Gone as error:
            problem = await self._deletions.judged_message(place, message)
            if not isinstance(problem, Gone):
                raise problem from error
        except Forbidden as error:
            raise self._with_address(place, error) from error
        except Rejected as refused:
            if refused.fields.get("error") != harmless:
                raise

    async def answer(self, place: Place, user: str, answer: Answer) -> None:
        """An ephemeral message: Slack shows it to one person, until they reload. A locked thread takes none either."""
        try:
            await self._answer(place.channel, place.thread, user, answer)
        except Forbidden as error:
            if place.thread is None or code_of(error) not in THREAD_LOCKED:
                raise
            await self._answer(place.channel, None, user, answer)

    async def _answer(self, channel: str, thread: str | None, user: str, answer: Answer) -> None:
        await self._requests.write(
            "chat.postEphemeral",
            channel=channel,
            thread_ts=thread,
            user=user,
            text=fallback(answer.text),
            blocks=answer_blocks(answer),
        )
