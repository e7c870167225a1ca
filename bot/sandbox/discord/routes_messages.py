"""REST: messages and reactions."""

from __future__ import annotations

import re
from urllib.parse import unquote

from bot.sandbox.discord.message_requests import Draft, read
from bot.sandbox.discord.permissions import has, may_write, require
from bot.sandbox.discord.refusals import Form, Refusal
from bot.sandbox.discord.routes import Call, Reply, Rest
from bot.sandbox.discord.state import World
from bot.sandbox.discord.values import EPHEMERAL, Kind, Member, Message, Place, Sort

_PLAIN = re.compile(r"[\w\s]*", re.ASCII)
_OWN = re.compile(r"\w{2,32}:\d+")


class Messages:
    """Hangs its routes on construction."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        one = "/channels/{channel}/messages/{message}"
        rest.on("GET", "/channels/{channel}/messages", self._list)
        rest.on("POST", "/channels/{channel}/messages", self._create)
        rest.on("GET", one, self._get)
        rest.on("POST", "/users/@me/channels", self._open_direct)
        rest.on("PATCH", one, self._edit)
        rest.on("DELETE", one, self._delete)
        rest.on("PUT", one + "/reactions/{emoji}/@me", self._react)
        rest.on("DELETE", one + "/reactions/{emoji}/@me", self._unreact)

    async def _list(self, call: Call) -> Reply:
        place = self._rest.place(call)
        page = page_of(self._rest.world, place, dict(call.request.query))
        if not has(self._rest.world, self._rest.bot, place, "read_message_history"):
            page = []
        return Reply(200, [self._rest.shown(message) for message in page])

    async def _get(self, call: Call) -> Reply:
        place = self._rest.place(call, "read_message_history")
        return Reply(200, self._rest.shown(self._rest.world.message(place.id, call.id("message"))))

    async def _open_direct(self, call: Call) -> Reply:
        """The bot's conversation with one member; there is one for each, whether they take its messages or not."""
        world = self._rest.world
        member = world.member(int(call.fields()["recipient_id"]))
        known = (channel for channel, other in world.directs.items() if other == member.id)
        channel = next(known, None) or world.new_id()
        world.directs[channel] = member.id
        recipients = [self._rest.renderer.user(member)]
        return Reply(
            200, {"id": str(channel), "type": 1, "flags": 0, "last_message_id": None, "recipients": recipients}
        )

    def _say_direct(self, call: Call, member: Member) -> Reply:
        draft = read(call.fields(), call.files)
        if not member.direct:
            raise Refusal(50007)
        return Reply(200, self._rest.shown(self._rest.guild.say_direct(call.id("channel"), draft)))

    async def _create(self, call: Call) -> Reply:
        direct = self._rest.world.directs.get(call.id("channel"))
        if direct is not None:
            return self._say_direct(call, self._rest.world.member(direct))
        place = self._rest.world.place(call.id("channel"))
        draft = read(call.fields(), call.files)
        require_for(self._rest, place, draft)
        message = self._rest.guild.say(self._rest.bot, place, draft)
        nonce = {} if message.nonce is None else {"nonce": message.nonce}
        return Reply(200, self._rest.shown(message) | nonce)

    async def _edit(self, call: Call) -> Reply:
        place = self._rest.place(call)
        message = self._rest.world.message(place.id, call.id("message"))
        if message.author_id != self._rest.bot.id:
            raise Refusal(50005)
        refuse_system(message)
        self._rest.guild.change(message, self._rest.bot, read(call.fields(), call.files))
        return Reply(200, self._rest.shown(message))

    async def _delete(self, call: Call) -> Reply:
        place = self._rest.place(call)
        message = self._rest.world.message(place.id, call.id("message"))
        if message.author_id != self._rest.bot.id:
            require(self._rest.world, self._rest.bot, place, "manage_messages")
        if message.sort is Sort.THREAD_STARTER:
            raise Refusal(50021)
        self._rest.guild.remove(message)
        return Reply(204)

    async def _react(self, call: Call) -> Reply:
        place = self._rest.place(call, "read_message_history")
        message = self._rest.world.message(place.id, call.id("message"))
        emoji = emoji_of(call)
        if emoji not in message.reactions:
            require(self._rest.world, self._rest.bot, place, "add_reactions")
        self._rest.guild.react(self._rest.bot, message, emoji)
        return Reply(204)

    async def _unreact(self, call: Call) -> Reply:
        place = self._rest.place(call, "read_message_history")
        message = self._rest.world.message(place.id, call.id("message"))
        self._rest.guild.unreact(self._rest.bot, message, emoji_of(call))
        return Reply(204)


def require_for(rest: Rest, place: Place, draft: Draft) -> None:
    """The permissions that the bot needs to send this there."""
    needed = [may_write(place)]
    if draft.embeds:
        needed.append("embed_links")
    if draft.files:
        needed.append("attach_files")
    if draft.reply_to is not None:
        needed.append("read_message_history")
    require(rest.world, rest.bot, place, *needed)
    if draft.flags & EPHEMERAL:
        form = Form()
        form.wrong("flags", "MESSAGE_FLAGS_INVALID", "Only an answer to an interaction can be ephemeral.")
        form.refuse()


def refuse_system(message: Message) -> None:
    if message.sort in (Sort.RENAMED, Sort.THREAD_CREATED, Sort.THREAD_STARTER):
        raise Refusal(50021)


def emoji_of(call: Call) -> str:
    """The emoji of the path: a Unicode one or a guild's own as `name:id`. Raises `Refusal` 10014."""
    emoji = unquote(call.text("emoji"))
    if _PLAIN.fullmatch(emoji) and not _OWN.fullmatch(emoji):
        raise Refusal(10014)
    return emoji


def page_of(world: World, place: Place, query: dict[str, str]) -> list[Message]:
    """
    A page of a channel's messages, newest first.

    With `after`, the page is of the messages right after that one, still newest first.
    """
    form = Form()
    limit = number_of(query, "limit", 50, form)
    if not 1 <= limit <= 100:
        form.wrong("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    marks = {name: number_of(query, name, 0, form) for name in ("before", "after", "around") if name in query}
    if len(marks) > 1:
        form.wrong("after", "MESSAGES_EXCLUSIVE", "before, after and around are mutually exclusive.")
    form.refuse()
    if place.kind is Kind.FORUM:
        return []
    messages = world.messages(place.id)
    if "after" in marks:
        messages = [message for message in messages if message.id > marks["after"]][:limit]
    elif "around" in marks:
        messages = sorted(messages, key=lambda message: abs(message.id - marks["around"]))[:limit]
    elif "before" in marks:
        messages = [message for message in messages if message.id < marks["before"]]
    return sorted(messages, key=lambda message: message.id, reverse=True)[:limit]


def number_of(query: dict[str, str], name: str, otherwise: int, form: Form) -> int:
    text = query.get(name)
    if text is None:
        return otherwise
    if not text.isdecimal():
        form.wrong(name, "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
        return otherwise
    return int(text)
