"""
Threads and their cards: opened, finished when only half was done, and changed as the ticket changes.

In a text channel the card is a message of the channel, and the thread hangs on it. In a forum the card is the post's
first message. Either way the thread's id is the card's.
https://github.com/discord/discord-api-docs/blob/main/developers/topics/threads.mdx
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import discord
import structlog

from adapters.chats.discord import forum_tags, wording
from adapters.chats.discord.archiving import AUTO_ARCHIVE_MINUTES, is_to_be_archived
from adapters.chats.discord.card import Json, card_message, shows_card, thread_name
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import (
    THREAD_EXISTS,
    TOO_MANY_THREADS,
    UNKNOWN_MESSAGE,
    code_of,
    is_about_name,
    is_about_tags,
    seen_open,
    usable_answer,
)
from adapters.chats.discord.full_servers import ThreadLimit
from adapters.chats.discord.history import History
from adapters.chats.discord.rendered_cards import RenderedCards
from adapters.chats.discord.requests import SHORT_WAIT
from bot.errors import Forbidden, Gone, RateLimited, Rejected, RemoteError, Unavailable, Uncertain
from bot.model import Card, ChannelId, ChatMessageId, DeliveryKey, Opened, Place, ThreadId

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_CREATE_THREADS = "Create Public Threads"
_SEND = "Send Messages"
_MANAGE = "Manage Threads"


class Threads:
    """Opens and changes threads; the methods are those of the port."""

    def __init__(self, account: Account, channels: Channels, history: History) -> None:
        self._account = account
        self._channels = channels
        self._history = history
        self._limit = ThreadLimit(account, channels)
        self._rendered = RenderedCards()

    async def within_limit(self, channel: ChannelId, action: Callable[[], Awaitable[T]]) -> T:
        """Do something that may make a thread of this channel active; if the server is full, make room and repeat."""
        made = self._limit.times_made
        try:
            return await action()
        except Forbidden as error:
            if code_of(error) != TOO_MANY_THREADS:
                raise
            guild = (await self._channels.channel(channel)).guild.id
            if not await self._limit.make_room(guild, before=made):
                raise
        return await action()

    async def open_thread(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        try:
            return await self._open(channel, card, key)
        except Gone as error:
            raise Gone(wording.CHANNEL_GONE) from error

    async def _open(self, channel: ChannelId, card: Card, key: DeliveryKey) -> Opened:
        where = await self._channels.channel(channel)
        if isinstance(where, discord.ForumChannel):
            message = card_message(card, key)
            post = await self._named(card, lambda name: self.open_post(where, name, message, card), is_whole_post=True)
            return Opened(thread=ThreadId(post), card=ChatMessageId(post))
        me: discord.Member | None = where.guild.me
        held = None if me is None else where.permissions_for(me)
        if held is not None and held.view_channel and not held.create_public_threads:
            raise Forbidden(wording.FORBIDDEN.format(permission=_CREATE_THREADS))
        message = await self._call(
            "POST",
            "/channels/{channel_id}/messages",
            channel_id=channel,
            json={**card_message(card, key), "nonce": key, "enforce_nonce": True},
            permission=_SEND,
        )
        with usable_answer(wrote=True):
            posted = str(message["id"])
        try:
            return await self._thread_of(channel, posted, card)
        except RateLimited as error:
            # A limit that nobody could know of. The card stays: the search for it will make its thread.
            raise Uncertain(error.user_message, retry_after=error.retry_after) from error
        except RemoteError as error:
            if error.certain:
                await self._delete_card(channel, posted)
            raise

    async def _named(self, card: Card, make: Callable[[str], Awaitable[T]], *, is_whole_post: bool = False) -> T:
        """
        Make something under the first of the thread's names that Discord accepts.

        Args:
            is_whole_post: Whether the card is made with it, so that a refusal may be about the card, and not the name.
        """
        for plainness in range(len(card.names) - 1):
            try:
                return await make(thread_name(card, plainness))
            except Rejected as error:
                if not error.plainer_may_pass or (is_whole_post and not is_about_name(error)):
                    raise
        return await make(thread_name(card, -1))

    async def _delete_card(self, channel: ChannelId, message: str) -> None:
        """Remove a card that certainly got no thread; else each attempt would leave one more."""
        try:
            await self._call(
                "DELETE", "/channels/{channel_id}/messages/{message_id}", channel_id=channel, message_id=message
            )
        except RemoteError as error:
            _log.warning("discord card left without a thread", channel=channel, reason=error.user_message)

    async def open_post(self, forum: discord.ForumChannel, name: str, message: Json, card: Card | None = None) -> str:
        """
        Make a forum post; returns its id.

        Discord takes no nonce here. So the request is made once, and `History` looks for the key in the posts.
        """
        try:
            return await self._open_post(forum, name, message, card)
        except Rejected as error:
            if not is_about_tags(error):
                raise
        return await self._open_post(forum, name, message, card, asks=True)

    async def _open_post(
        self, forum: discord.ForumChannel, name: str, message: Json, card: Card | None, *, asks: bool = False
    ) -> str:
        tags = await forum_tags.tags_for(self._account, forum, card, asks=asks)
        if forum.flags.require_tag and not tags:
            raise Forbidden(wording.TAG_NEEDED)
        body = {"name": name, "auto_archive_duration": AUTO_ARCHIVE_MINUTES, "applied_tags": tags, "message": message}
        channel = str(forum.id)
        post = await self.within_limit(
            ChannelId(channel),
            lambda: self._call(
                "POST", "/channels/{channel_id}/threads", channel_id=channel, json=body, permission=_SEND
            ),
        )
        with usable_answer(wrote=True):
            return str(post["id"])

    async def _thread_of(self, channel: ChannelId, message: str, card: Card) -> Opened:
        """Make the thread of a card that is posted already."""

        async def make(name: str) -> None:
            await self.within_limit(
                channel,
                lambda: self._call(
                    "POST",
                    "/channels/{channel_id}/messages/{message_id}/threads",
                    channel_id=channel,
                    message_id=message,
                    json={"name": name, "auto_archive_duration": AUTO_ARCHIVE_MINUTES},
                    permission=_CREATE_THREADS,
                ),
            )

        try:
            await self._named(card, make)
        except Gone as error:
            if code_of(error) != UNKNOWN_MESSAGE:
                raise
            raise Unavailable(wording.CARD_DELETED) from error
        except Rejected as error:
            # A message has at most one thread, and its id is the message's.
            if code_of(error) != THREAD_EXISTS:
                raise
            await self._name_anothers(message, card)
        return Opened(thread=ThreadId(message), card=ChatMessageId(message))

    async def _name_anothers(self, thread: str, card: Card) -> None:
        """Whoever can make threads may be quicker than we are, and call a ticket's as they like."""
        try:
            user = (await self._account.client()).user
            found = await self._call("GET", "/channels/{channel_id}", channel_id=thread)
            with usable_answer(wrote=False):
                is_ours = user is not None and str(found["owner_id"]) == str(user.id)
            if not is_ours:
                await self._named(card, lambda name: self._rename(thread, name))
        except RemoteError as error:
            _log.warning("discord thread of somebody else not renamed", thread=thread, reason=error.user_message)

    async def _rename(self, thread: str, name: str) -> None:
        await self._call("PATCH", "/channels/{channel_id}", channel_id=thread, json={"name": name}, permission=_MANAGE)

    async def find_thread(
        self, channel: ChannelId, card: Card, key: DeliveryKey, after: ChatMessageId | None
    ) -> Opened | None:
        """A card that was posted without its thread gets the thread now: it is finished, not posted again."""
        where = await self._channels.readable(channel)
        if isinstance(where, discord.ForumChannel):
            post = await self._history.find_forum_post(where, key, after)
            return None if post is None else Opened(thread=ThreadId(post), card=ChatMessageId(post))
        message = await self._history.find_message(channel, key, after)
        return None if message is None else await self._thread_of(channel, message, card)

    async def render_card(self, place: Place, opened: Opened, card: Card) -> bool:
        """
        Make everything as the card says, with as few requests as possible; the name is never changed.

        A card inside the thread, as in a forum post, cannot be edited while the thread is archived: the thread is
        opened for the edit and archived again. A card in a text channel can always be edited.
        """
        with seen_open():
            try:
                return await self._render_card(place, opened, card)
            except Rejected as error:
                if not is_about_tags(error):
                    raise
            return await self._render_card(place, opened, card, asks=True)

    async def _render_card(self, place: Place, opened: Opened, card: Card, *, asks: bool = False) -> bool:
        """As `render_card`; for `asks` see `forum_tags.tags_for`."""
        where = await self._channels.channel(place.channel)
        forum = where if isinstance(where, discord.ForumChannel) else None
        is_in_thread = forum is not None or str(opened.card) != str(opened.thread)
        channel = str(opened.thread if is_in_thread else place.channel)
        thread = await self._call("GET", "/channels/{channel_id}", channel_id=opened.thread)
        with usable_answer(wrote=False):
            tags_now = list(thread.get("applied_tags") or [])
            is_archived = bool(thread["thread_metadata"]["archived"])
        tags = None if forum is None else await forum_tags.tags_for(self._account, forum, card, tags_now, asks=asks)
        is_there, is_outdated = True, self._rendered.shows_another(opened.card, card_message(card))
        if not is_outdated:
            message = await self._card(channel, opened)
            with usable_answer(wrote=False):
                is_there, is_outdated = message is not None, message is not None and not shows_card(message, card)
        is_tagged_anew = tags is not None and sorted(tags) != sorted(tags_now)
        changes: dict[str, Any] = {"applied_tags": tags} if is_tagged_anew else {}
        if is_archived and (is_tagged_anew or (is_outdated and is_in_thread)):
            await self.set_thread(place, archived=False, **changes)
            is_archived, changes = False, {}
        if is_outdated:
            is_there = await self._edit_card(channel, opened.card, card)
        if is_archived != is_to_be_archived(card):
            changes["archived"] = not is_archived
        if changes:
            await self.set_thread(place, **changes)
        return is_there

    async def _edit_card(self, channel: str, message: ChatMessageId, card: Card) -> bool:
        """Make a card show this; returns whether it exists. What it shows is remembered for the next time."""
        self._rendered.changes(message)
        try:
            await self._call(
                "PATCH",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=channel,
                message_id=message,
                json=card_message(card),
            )
        except Gone as error:
            if code_of(error) != UNKNOWN_MESSAGE:
                raise
            return await self._card(channel, Opened(thread=ThreadId(message), card=message)) is not None
        self._rendered.changed(message, card_message(card))
        return True

    async def rename(self, place: Place, card: Card) -> None:
        """Discord lets a thread's name be changed twice in ten minutes, and not while it is archived."""
        thread = await self._call("GET", "/channels/{channel_id}", channel_id=str(place.thread))
        if thread["name"] != thread_name(card):
            await self.set_thread(place, archived=False, name=thread_name(card))

    async def _card(self, channel: str, opened: Opened) -> Json | None:
        """The card's message; None: people have deleted it."""
        try:
            message: Json = await self._call(
                "GET", "/channels/{channel_id}/messages/{message_id}", channel_id=channel, message_id=opened.card
            )
        except Gone as error:
            if code_of(error) != UNKNOWN_MESSAGE:
                raise
            return None
        return message

    async def set_thread(self, place: Place, **changes: Any) -> None:
        """Change a thread's archived state, tags or name."""
        await self.within_limit(
            place.channel,
            lambda: self._call(
                "PATCH", "/channels/{channel_id}", channel_id=str(place.thread), json=changes, permission=_MANAGE
            ),
        )

    async def _call(self, method: str, path: str, **rest: Any) -> Any:
        """A request of a delivery: what must wait for a limit is left to the outbox."""
        return await self._account.call(method, path, patience=SHORT_WAIT, **rest)
