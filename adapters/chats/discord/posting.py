"""What we send to Discord: posts, marks and private messages. Cards and threads are in `threads`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord

from adapters.chats.discord import wording
from adapters.chats.discord.card import NAME_LENGTH, NOBODY, Json, card_message
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import (
    ARCHIVED,
    REACTIONS_BLOCKED,
    UNKNOWN_EMOJI,
    UNKNOWN_MESSAGE,
    code_of,
    seen_open,
    usable_answer,
)
from adapters.chats.discord.markup import cut_line
from adapters.chats.discord.messages import CONTENT_LENGTH, answer_embeds, answer_text, erased_message, post_message
from adapters.chats.discord.reading import DISCORD
from adapters.chats.discord.requests import SHORT_WAIT
from adapters.chats.discord.threads import Threads
from adapters.chats.echo import Echo
from bot.errors import Forbidden, Gone, Rejected
from bot.model import Agent, Answer, Card, ChannelId, ChatMessageId, DeliveryKey, Mark, Picture, Place, Post

_AROUND = 100
"""Characters kept free for the words around a private message."""


class Posting:
    """Sends messages and reactions; the methods do what those of the port with the same names promise."""

    def __init__(self, account: Account, channels: Channels, threads: Threads, echo: Echo) -> None:
        self._account = account
        self._channels = channels
        self._threads = threads
        self._echo = echo

    async def post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        with self._echo.sending():
            return await self._post(place, post, part, key)

    async def _post(self, place: Place, post: Post, part: int, key: DeliveryKey) -> ChatMessageId:
        message = post_message(post, part, key)
        if place.thread is None:
            where = await self._channels.channel(place.channel)
            if isinstance(where, discord.ForumChannel):
                # A forum itself holds no messages, only posts.
                name = cut_line(post.text, NAME_LENGTH) or "Discord"
                return ChatMessageId(await self._threads.open_post(where, name, message))
        return _id_of(await self._send(place, {**message, "nonce": key, "enforce_nonce": True}))

    async def post_card(self, place: Place, card: Card, key: DeliveryKey) -> ChatMessageId:
        with self._echo.sending():
            return _id_of(await self._send(place, {**card_message(card, key), "nonce": key, "enforce_nonce": True}))

    async def _send(self, place: Place, message: Json, picture: Picture | None = None) -> Json:
        """Discord itself opens an archived thread for a message, unless the thread is locked as well."""
        try:
            return await self._send_once(place, message, picture)
        except Rejected as error:
            if code_of(error) != ARCHIVED or place.thread is None:
                raise
        with seen_open():
            await self._threads.set_thread(place, archived=False)
            return await self._send_once(place, message, picture)

    async def _send_once(self, place: Place, message: Json, picture: Picture | None = None) -> Json:
        async def send() -> Json:
            sent: Json = await self._call(
                "POST",
                "/channels/{channel_id}/messages",
                channel_id=place.thread or place.channel,
                json=message,
                picture=picture,
                permission="Send Messages in Threads" if place.thread else "Send Messages",
            )
            return sent

        return await self._threads.within_limit(place.channel, send) if place.thread else await send()

    async def edit_post(self, place: Place, message: ChatMessageId, post: Post, part: int, key: DeliveryKey) -> None:
        """What a post in another form had, and this one has not, is taken out. An edit notifies nobody anyway."""
        now = post_message(replace(post, silent=False), part, key)
        await self._edit(place, message, {"content": "", "embeds": [], **now})

    async def erase(self, place: Place, message: ChatMessageId, text: str) -> None:
        await self._edit(place, message, erased_message(text))

    async def _edit(self, place: Place, message: ChatMessageId, now: Json) -> None:
        """A message in an archived thread cannot be edited, so the thread is opened."""
        try:
            await self._edit_once(place, message, now)
        except Rejected as error:
            if code_of(error) != ARCHIVED or place.thread is None:
                raise
            with seen_open():
                await self._threads.set_thread(place, archived=False)
                await self._edit_once(place, message, now)

    async def _edit_once(self, place: Place, message: ChatMessageId, now: Json) -> None:
        await self._call(
            "PATCH",
            "/channels/{channel_id}/messages/{message_id}",
            channel_id=place.thread or place.channel,
            message_id=message,
            json=now,
        )

    async def tell(self, place: Place, agent: Agent, answer: Answer) -> None:
        """
        By direct message; if the agent accepts none, in the thread with their name and without a ping.

        Discord has no messages that only one person sees, except as answers to commands. So a table, a list, and what
        is said of another ticket, which not everybody in the thread may see, are left out there.
        """
        words = answer_text(answer, CONTENT_LENGTH - _AROUND)
        if answer.buttons:
            words = f"{words} {wording.NO_BUTTONS}"
        listed = answer_embeds(answer)
        private = wording.IN_THREAD.format(thread=f"<#{place.thread or place.channel}>", text=words)
        picture = None if answer.picture is None else await answer.picture()
        try:
            channel = await self._call("POST", "/users/@me/channels", json={"recipient_id": agent.id})
            await self._send(
                Place(chat=DISCORD, channel=ChannelId(_id_of(channel))),
                {"content": private, "allowed_mentions": NOBODY} | ({"embeds": listed} if listed else {}),
                picture,
            )
        except (Forbidden, Gone, Rejected):
            if answer.table is not None or answer.is_secret or listed:
                words = wording.NO_DIRECT_MESSAGES
            await self._send(place, {"content": f"<@{agent.id}> {words}", "allowed_mentions": NOBODY})

    async def mark(self, place: Place, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        """If the message was deleted or its author has blocked the bot, there is nothing to do."""
        channel = place.thread or place.channel
        try:
            await self._react(channel, message, mark, was)
        except Rejected as error:
            if code_of(error) == REACTIONS_BLOCKED:
                return
            if code_of(error) != ARCHIVED:
                raise
            with seen_open():
                await self._threads.set_thread(place, archived=False)
                await self._react(channel, message, mark, was)
                await self._threads.set_thread(place, archived=True)

    async def _react(self, channel: str, message: ChatMessageId, mark: Mark | None, was: Mark | None) -> None:
        path = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"
        wanted = [("PUT", mark)] if mark else []
        wanted += [("DELETE", was)] if was and was is not mark else []
        for method, emoji in wanted:
            try:
                await self._call(
                    method,
                    path,
                    channel_id=channel,
                    message_id=message,
                    emoji=emoji.value,
                    permission="Add Reactions",
                )
            except Gone as error:
                if code_of(error) not in (UNKNOWN_MESSAGE, UNKNOWN_EMOJI):
                    raise

    async def _call(self, method: str, path: str, **rest: Any) -> Any:
        """A request of a delivery: what must wait for a limit is left to the outbox."""
        return await self._account.call(method, path, patience=SHORT_WAIT, **rest)


def _id_of(answer: Json) -> ChatMessageId:
    """The id in the answer to something that was made. Raises `Uncertain` if there is none."""
    with usable_answer(wrote=True):
        return ChatMessageId(str(answer["id"]))
