"""REST: messages and reactions."""

from __future__ import annotations

import re
from urllib.parse import unquote

from bot.sandbox.discord.calls import DiscordCall, DiscordResponse
from bot.sandbox.discord.message_requests import DiscordMessageRequest, read_message_request
from bot.sandbox.discord.permissions import has, may_write, require
from bot.sandbox.discord.refusals import DiscordRefusal, FieldErrors
from bot.sandbox.discord.routes import DiscordRoutes
from bot.sandbox.discord.state import DiscordState
from bot.sandbox.discord.values import EPHEMERAL, ChannelType, DiscordMessage, Member, MessageType, Place

_PLAIN = re.compile(r"[\w\s]*", re.ASCII)
_OWN = re.compile(r"\w{2,32}:\d+")


class MessageRoutes:
    """Adds its routes on construction."""

    def __init__(self, routes: DiscordRoutes) -> None:
        self._routes = routes
        one = "/channels/{channel}/messages/{message}"
        routes.on("GET", "/channels/{channel}/messages", self._list)
        routes.on("POST", "/channels/{channel}/messages", self._create)
        routes.on("GET", one, self._get)
        routes.on("POST", "/users/@me/channels", self._open_direct)
        routes.on("PATCH", one, self._edit)
        routes.on("DELETE", one, self._delete)
        routes.on("PUT", one + "/reactions/{emoji}/@me", self._react)
        routes.on("DELETE", one + "/reactions/{emoji}/@me", self._unreact)

    async def _list(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call)
        page = page_of(self._routes.state, place, dict(call.request.query))
        if not has(self._routes.state, self._routes.bot, place, "read_message_history"):
            page = []
        return DiscordResponse(200, [self._routes.message_json(message) for message in page])

    async def _get(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call, "read_message_history")
        return DiscordResponse(200, self._routes.message_json(self._routes.state.message(place.id, call.id("message"))))

    async def _open_direct(self, call: DiscordCall) -> DiscordResponse:
        """The bot's direct channel with one member; it exists even if the member does not accept direct messages."""
        state = self._routes.state
        member = state.member(int(call.fields()["recipient_id"]))
        known = (channel for channel, other in state.direct_channels.items() if other == member.id)
        channel = next(known, None) or state.new_id()
        state.direct_channels[channel] = member.id
        recipients = [self._routes.serializer.user(member)]
        return DiscordResponse(
            200, {"id": str(channel), "type": 1, "flags": 0, "last_message_id": None, "recipients": recipients}
        )

    def _say_direct(self, call: DiscordCall, member: Member) -> DiscordResponse:
        request = read_message_request(call.fields(), call.files)
        if not member.direct:
            raise DiscordRefusal(50007)
        return DiscordResponse(
            200, self._routes.message_json(self._routes.guild.say_direct(call.id("channel"), request))
        )

    async def _create(self, call: DiscordCall) -> DiscordResponse:
        direct = self._routes.state.direct_channels.get(call.id("channel"))
        if direct is not None:
            return self._say_direct(call, self._routes.state.member(direct))
        place = self._routes.state.place(call.id("channel"))
        request = read_message_request(call.fields(), call.files)
        self._routes.state.refuse_filtered(call.fields())
        require_for(self._routes, place, request)
        message = self._routes.guild.say(self._routes.bot, place, request)
        nonce = {} if message.nonce is None else {"nonce": message.nonce}
        return DiscordResponse(200, self._routes.message_json(message) | nonce)

    async def _edit(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call)
        message = self._routes.state.message(place.id, call.id("message"))
        if message.author_id != self._routes.bot.id:
            raise DiscordRefusal(50005)
        refuse_system(message)
        self._routes.state.refuse_filtered(call.fields())
        self._routes.guild.change(message, self._routes.bot, read_message_request(call.fields(), call.files))
        return DiscordResponse(200, self._routes.message_json(message))

    async def _delete(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call)
        message = self._routes.state.message(place.id, call.id("message"))
        if message.author_id != self._routes.bot.id:
            require(self._routes.state, self._routes.bot, place, "manage_messages")
        if message.type is MessageType.THREAD_STARTER:
            raise DiscordRefusal(50021)
        self._routes.guild.remove(message)
        return DiscordResponse(204)

    async def _react(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call, "read_message_history")
        message = self._routes.state.message(place.id, call.id("message"))
        emoji = emoji_of(call)
        if emoji not in message.reactions:
            require(self._routes.state, self._routes.bot, place, "add_reactions")
        self._routes.guild.react(self._routes.bot, message, emoji)
        return DiscordResponse(204)

    async def _unreact(self, call: DiscordCall) -> DiscordResponse:
        place = self._routes.place(call, "read_message_history")
        message = self._routes.state.message(place.id, call.id("message"))
        self._routes.guild.unreact(self._routes.bot, message, emoji_of(call))
        return DiscordResponse(204)


def require_for(routes: DiscordRoutes, place: Place, request: DiscordMessageRequest) -> None:
    """Raise `DiscordRefusal` if the bot lacks a permission that it needs to send this there."""
    needed = [may_write(place)]
    if request.embeds:
        needed.append("embed_links")
    if request.files:
        needed.append("attach_files")
    if request.reply_to is not None:
        needed.append("read_message_history")
    require(routes.state, routes.bot, place, *needed)
    if request.flags & EPHEMERAL:
        errors = FieldErrors()
        errors.add("flags", "MESSAGE_FLAGS_INVALID", "Only an answer to an interaction can be ephemeral.")
        errors.raise_any()


def refuse_system(message: DiscordMessage) -> None:
    if message.type in (MessageType.RENAMED, MessageType.THREAD_CREATED, MessageType.THREAD_STARTER):
        raise DiscordRefusal(50021)


def emoji_of(call: DiscordCall) -> str:
    """The emoji of the path: a Unicode one or a guild's own as `name:id`. Raises `DiscordRefusal` 10014."""
    emoji = unquote(call.text("emoji"))
    if _PLAIN.fullmatch(emoji) and not _OWN.fullmatch(emoji):
        raise DiscordRefusal(10014)
    return emoji


def page_of(state: DiscordState, place: Place, query: dict[str, str]) -> list[DiscordMessage]:
    """
    A page of a channel's messages, newest first.

    With `after`, the page is of the messages right after that one, still newest first.
    """
    errors = FieldErrors()
    limit = number_of(query, "limit", 50, errors)
    if not 1 <= limit <= 100:
        errors.add("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    marks = {name: number_of(query, name, 0, errors) for name in ("before", "after", "around") if name in query}
    if len(marks) > 1:
        errors.add("after", "MESSAGES_EXCLUSIVE", "before, after and around are mutually exclusive.")
    errors.raise_any()
    if place.type is ChannelType.FORUM:
        return []
    messages = state.messages(place.id)
    if "after" in marks:
        messages = [message for message in messages if message.id > marks["after"]][:limit]
    elif "around" in marks:
        messages = sorted(messages, key=lambda message: abs(message.id - marks["around"]))[:limit]
    elif "before" in marks:
        messages = [message for message in messages if message.id < marks["before"]]
    return sorted(messages, key=lambda message: message.id, reverse=True)[:limit]


def number_of(query: dict[str, str], name: str, otherwise: int, errors: FieldErrors) -> int:
    text = query.get(name)
    if text is None:
        return otherwise
    if not text.isdecimal():
        errors.add(name, "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
        return otherwise
    return int(text)
