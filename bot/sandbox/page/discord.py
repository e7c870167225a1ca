"""The practice Discord on the page: as Ann's client shows it, and what she does with it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from bot.sandbox.discord import Channel, Member, Message, NoAnswer, NotOffered, PracticeDiscord, Refusal, Sort, Thread
from bot.sandbox.discord.routes_commands import CHAT_INPUT, MESSAGE
from bot.sandbox.discord.values import LOADING, Kind
from bot.sandbox.page import slash_commands
from bot.sandbox.page.actions import Act, Entered, Json, NotTaken, sentence
from bot.sandbox.page.discord_message import author, blocks, system_line

T = TypeVar("T")

_MOST_MESSAGES = 200
NO_ANSWER = "The application did not respond. Is the bot running?"


class DiscordPane:
    """
    The middle of the page.

    Args:
        me: Whose client this is.

    Attributes:
        acts: What she can do here, by the name that the page asks for.
    """

    def __init__(self, discord: PracticeDiscord, me: Member) -> None:
        self._discord = discord
        self._me = me
        self.acts: Mapping[str, Act] = MappingProxyType(
            {
                "type": self._type,
                "complete": self._complete,
                "press": self._press,
                "menu": self._menu,
                "delete": self._delete,
            }
        )

    # ------------------------------------------------------------ what is to be seen

    def parts(self) -> dict[str, Any]:
        """Everything that is to be seen here."""
        channels = self._discord.channels
        places: list[Channel | Thread] = [*channels]
        places += [thread for channel in channels for thread in self._discord.threads(channel.id)]
        menus = [{"id": name, "label": name} for name in self._offered(MESSAGE)]
        parts: dict[str, Any] = {
            "discord": {"name": self._discord.guild.world.name, "me": self._me.name, "menus": menus},
            "discord/places": [self._place(place) for place in places],
        }
        for place in places:
            messages = self._discord.messages(place.id, seen_by=self._me)[-_MOST_MESSAGES:]
            parts[f"discord/place/{place.id}"] = [self._message(message) for message in messages]
        return parts

    def _place(self, place: Channel | Thread) -> Json:
        body: Json = {"id": str(place.id), "name": place.name, "at": (place.last_message_id or place.id) >> 22}
        if isinstance(place, Channel):
            return body | {"kind": "forum" if place.kind is Kind.FORUM else "channel"}
        return body | {
            "kind": "thread",
            "parent": str(place.parent_id),
            "archived": place.archived,
            "locked": place.locked,
            "tags": self._discord.tag_names(place),
        }

    def _message(self, message: Message) -> Json:
        world = self._discord.guild.world
        shown = message
        if message.sort is Sort.THREAD_STARTER and message.reference is not None:
            # the client shows the channel's message at the head of the thread that hangs under it
            shown = world.find(message.reference.channel_id, message.reference.message_id) or message
        thread = world.threads.get(shown.thread_id) if shown.thread_id is not None and shown is message else None
        return {
            "id": str(shown.id),
            "place": str(shown.channel_id),
            "author": author(world, shown),
            "bot": shown.author_id == world.bot.id,
            "mine": shown.author_id == self._me.id and shown.sort in (Sort.SAID, Sort.REPLY),
            "system": system_line(world, shown),
            "private": shown.only_for is not None,
            "thinking": bool(shown.flags & LOADING),
            "edited": shown.edited_at is not None,
            "at": shown.created_at.timestamp(),
            "blocks": blocks(world, shown),
            "reactions": [{"sign": sign, "count": len(who)} for sign, who in shown.reactions.items()],
            "thread": None if thread is None else {"id": str(thread.id), "name": thread.name},
        }

    def _offered(self, kind: int) -> list[str]:
        commands = self._discord.commands
        return [name for name in commands.names() if commands.find(name, kind) is not None]

    # ------------------------------------------------------------ what she does

    async def _type(self, entered: Entered) -> Json:
        place = _id(entered, "place")
        text = entered.text("text", wanted="Write something first.").strip()
        if slash_commands.is_command(text):
            name, options = slash_commands.command(text, self._commands())
            await _taken(self._discord.command(self._me, place, name, **options))
        else:
            await _taken(self._discord.say(self._me, place, text))
        return {}

    async def _complete(self, entered: Entered) -> Json:
        place, text = _id(entered, "place"), entered.maybe("text") or ""
        commands = self._commands()
        asked = slash_commands.completing(text, commands)
        if asked is None:
            return {"choices": slash_commands.suggestions(text, commands)}
        found = await _taken(self._discord.complete(self._me, place, asked.command, asked.option, asked.begun))
        return {"choices": [{"text": asked.filled(str(each["value"])), "label": str(each["name"])} for each in found]}

    async def _press(self, entered: Entered) -> Json:
        await _taken(self._discord.press(self._me, await self._standing(entered), entered.text("button")))
        return {}

    async def _menu(self, entered: Entered) -> Json:
        message = await self._standing(entered)
        await _taken(self._discord.context_menu(self._me, message, entered.text("entry")))
        return {}

    async def _delete(self, entered: Entered) -> Json:
        await _taken(self._discord.delete(self._me, await self._standing(entered)))
        return {}

    async def _standing(self, entered: Entered) -> Message:
        place, wanted = _id(entered, "place"), _id(entered, "message")
        for message in self._discord.messages(place, seen_by=self._me):
            if message.id == wanted:
                return message
        raise NotTaken("That message is gone.")

    def _commands(self) -> list[Json]:
        find = self._discord.commands.find
        return [command for name in self._offered(CHAT_INPUT) if (command := find(name, CHAT_INPUT)) is not None]


async def _taken(act: Awaitable[T]) -> T:
    """What came of an act; `NotTaken` with what Discord's client would show where it was refused."""
    try:
        return await act
    except Refusal as refusal:
        raise NotTaken(sentence(_reason(refusal))) from refusal
    except NotOffered as refusal:
        raise NotTaken(sentence(str(refusal))) from refusal
    except NoAnswer as silence:
        raise NotTaken(NO_ANSWER) from silence


def _reason(refusal: Refusal) -> str:
    """What is wrong with a field, where Discord says so; it hides that deep in its answer."""
    waiting: list[Any] = [refusal.errors]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            for error in found.get("_errors", ()):
                return str(error["message"])
            waiting.extend(found.values())
    return refusal.message


def _id(entered: Entered, name: str) -> int:
    value = entered.text(name)
    if not (value.isascii() and value.isdecimal()):
        raise NotTaken("There is no such place or message.")
    return int(value)
