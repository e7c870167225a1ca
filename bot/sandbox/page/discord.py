"""The practice Discord on the page: what Ann's client shows, and what she does with it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from bot.sandbox.discord import (
    DiscordChannel,
    DiscordMessage,
    DiscordRefusal,
    InteractionResponse,
    Member,
    MessageType,
    NoAnswer,
    NotOffered,
    PracticeDiscord,
    Thread,
)
from bot.sandbox.discord.routes_commands import CHAT_INPUT, MESSAGE
from bot.sandbox.discord.values import LOADING, ChannelType
from bot.sandbox.page import slash_commands
from bot.sandbox.page.actions import Action, ActionFields, ActionRefused, Json, sentence
from bot.sandbox.page.discord_message import author, blocks, modal, system_line

T = TypeVar("T")

_MOST_MESSAGES = 200
_MOST_CHOICES = 25
NO_ANSWER = "The application did not respond. Is the bot running?"


class DiscordPane:
    """
    The middle of the page.

    Args:
        me: The person who uses this client.

    Attributes:
        actions: What she can do here, by name.
    """

    def __init__(self, discord: PracticeDiscord, me: Member) -> None:
        self._discord = discord
        self._me = me
        self._opened: InteractionResponse | None = None
        self.actions: Mapping[str, Action] = MappingProxyType(
            {
                "type": self._type,
                "complete": self._complete,
                "press": self._press,
                "menu": self._menu,
                "edit": self._edit,
                "delete": self._delete,
                "submit": self._submit,
                "dismiss": self._dismiss,
            }
        )

    # ------------------------------------------------------------ what the page shows

    def parts(self) -> dict[str, Any]:
        """Everything that is shown here."""
        channels = self._discord.channels
        places: list[DiscordChannel | Thread] = [*channels]
        places += [thread for channel in channels for thread in self._discord.threads(channel.id)]
        menus = [{"id": name, "label": name} for name in self._offered(MESSAGE)]
        parts: dict[str, Any] = {
            "discord": {"name": self._discord.guild.state.name, "me": self._me.name, "menus": menus},
            "discord/places": [self._place(place) for place in places],
        }
        if self._opened is not None and self._opened.modal is not None:
            parts["discord/modal"] = modal(self._opened.modal, self._opened.interaction.id)
        for place in places:
            messages = self._discord.messages(place.id, seen_by=self._me)[-_MOST_MESSAGES:]
            parts[f"discord/place/{place.id}"] = [self._message(message) for message in messages]
        return parts

    def _place(self, place: DiscordChannel | Thread) -> Json:
        body: Json = {"id": str(place.id), "name": place.name, "at": (place.last_message_id or place.id) >> 22}
        if isinstance(place, DiscordChannel):
            return body | {"kind": "forum" if place.type is ChannelType.FORUM else "channel"}
        return body | {
            "kind": "thread",
            "parent": str(place.parent_id),
            "archived": place.archived,
            "locked": place.locked,
            "tags": self._discord.tag_names(place),
        }

    def _message(self, message: DiscordMessage) -> Json:
        state = self._discord.guild.state
        shown = message
        if message.type is MessageType.THREAD_STARTER and message.reference is not None:
            # the client shows the channel's message as the first one of the thread under it
            shown = state.find(message.reference.channel_id, message.reference.message_id) or message
        thread = state.threads.get(shown.thread_id) if shown.thread_id is not None and shown is message else None
        return {
            "id": str(shown.id),
            "place": str(shown.channel_id),
            "author": author(state, shown),
            "bot": shown.author_id == state.bot.id,
            "mine": (mine := shown.author_id == self._me.id and shown.type in (MessageType.DEFAULT, MessageType.REPLY)),
            "written": shown.content if mine else "",
            "system": system_line(state, shown),
            "private": shown.only_for is not None,
            "thinking": bool(shown.flags & LOADING),
            "edited": shown.edited_at is not None and shown.only_for is None,
            "at": shown.created_at.timestamp(),
            "blocks": blocks(state, shown),
            "reactions": [{"sign": sign, "count": len(who)} for sign, who in shown.reactions.items()],
            "thread": None if thread is None else {"id": str(thread.id), "name": thread.name},
        }

    def _offered(self, kind: int) -> list[str]:
        commands = self._discord.commands
        return [name for name in commands.names() if commands.find(name, kind) is not None]

    # ------------------------------------------------------------ what she does

    async def _type(self, fields: ActionFields) -> Json:
        place = _id(fields, "place")
        text = fields.text("text", wanted="Write something first.").strip()
        if slash_commands.is_command(text):
            name, options = slash_commands.read_command(text, self._commands())
            self._opens(await _attempt(self._discord.command(self._me, place, name, **options)))
        else:
            await _attempt(self._discord.say(self._me, place, text))
        return {}

    async def _complete(self, fields: ActionFields) -> Json:
        place, text = _id(fields, "place"), fields.optional("text") or ""
        commands = self._commands()
        asked = slash_commands.option_completion(text, commands)
        if asked is None:
            return {"choices": slash_commands.suggestions(text, commands)}
        if asked.choices or asked.is_person:
            begun = asked.begun.strip().removeprefix("@").casefold()
            offered = asked.choices or [(member.name, member.name) for member in self._people()]
            found = [(name, value) for name, value in offered if begun in name.casefold()]
        else:
            given = await _attempt(self._discord.complete(self._me, place, asked.command, asked.option, asked.begun))
            found = [(str(each["name"]), str(each["value"])) for each in given]
        return {"choices": [{"text": asked.filled(value), "label": name} for name, value in found[:_MOST_CHOICES]]}

    def _people(self) -> list[Member]:
        state = self._discord.guild.state
        return [member for member in state.members.values() if member.id != state.bot.id]

    async def _press(self, fields: ActionFields) -> Json:
        pressed = self._discord.press(self._me, await self._message_named(fields), fields.text("button"))
        self._opens(await _attempt(pressed))
        return {}

    async def _menu(self, fields: ActionFields) -> Json:
        message = await self._message_named(fields)
        self._opens(await _attempt(self._discord.context_menu(self._me, message, fields.text("entry"))))
        return {}

    def _opens(self, answered: InteractionResponse) -> None:
        """An answer may be a form, which stays open until it is sent or closed."""
        if answered.modal is not None:
            self._opened = answered

    async def _submit(self, fields: ActionFields) -> Json:
        opened = self._form(fields)
        answered = await _attempt(self._discord.submit_modal(opened, fields.values("values")))
        self._opened = None
        self._opens(answered)
        return {"errors": {}}

    async def _dismiss(self, fields: ActionFields) -> Json:
        self._form(fields)
        self._opened = None
        return {}

    def _form(self, fields: ActionFields) -> InteractionResponse:
        wanted = fields.text("view")
        if self._opened is None or str(self._opened.interaction.id) != wanted:
            raise ActionRefused("That form is closed.")
        return self._opened

    async def _edit(self, fields: ActionFields) -> Json:
        text = fields.text("text", wanted="Write something, or delete the message.")
        await _attempt(self._discord.edit(self._me, await self._message_named(fields), text))
        return {}

    async def _delete(self, fields: ActionFields) -> Json:
        await _attempt(self._discord.delete(self._me, await self._message_named(fields)))
        return {}

    async def _message_named(self, fields: ActionFields) -> DiscordMessage:
        place, wanted = _id(fields, "place"), _id(fields, "message")
        for message in self._discord.messages(place, seen_by=self._me):
            if message.id == wanted:
                return message
        raise ActionRefused("That message is gone.")

    def _commands(self) -> list[Json]:
        find = self._discord.commands.find
        return [command for name in self._offered(CHAT_INPUT) if (command := find(name, CHAT_INPUT)) is not None]


async def _attempt(action: Awaitable[T]) -> T:
    """The result of an action. Raises `ActionRefused` with the text that Discord's client would show."""
    try:
        return await action
    except DiscordRefusal as refusal:
        raise ActionRefused(sentence(_reason(refusal))) from refusal
    except NotOffered as refusal:
        raise ActionRefused(sentence(str(refusal))) from refusal
    except NoAnswer as silence:
        raise ActionRefused(NO_ANSWER) from silence


def _reason(refusal: DiscordRefusal) -> str:
    """What is wrong with a field, which is deep in Discord's answer; otherwise the answer's message."""
    waiting: list[Any] = [refusal.errors]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            for error in found.get("_errors", ()):
                return str(error["message"])
            waiting.extend(found.values())
    return refusal.message


def _id(fields: ActionFields, name: str) -> int:
    value = fields.text(name)
    if not (value.isascii() and value.isdecimal()):
        raise ActionRefused("There is no such place or message.")
    return int(value)
