"""Discord's messages as the core's values; pure."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, Final

import discord

from adapters.chats import shared_wording
from adapters.chats.discord import wording
from adapters.chats.discord.brackets import Names
from adapters.chats.discord.reading_markdown import read
from bot.model import Agent, Attachment, ChannelId, ChatMessageId, ChatName, Place, Said, ThreadId
from bot.text.as_seen import seen
from bot.text.audience import BOT_NAME
from bot.text.file_names import UNNAMED, file_name
from bot.text.names import name_of
from bot.text.plain import plain
from bot.text.tree import RichText, formatting_of

DISCORD: Final = ChatName("discord")

_FROM_PEOPLE = (discord.MessageType.default, discord.MessageType.reply)


def message_of(client: discord.Client, guild: int, thread: ThreadId, data: Any) -> discord.Message:
    """A message that we asked for ourselves, as discord.py's own. Raises what discord.py raises if it is malformed."""
    where = client.get_partial_messageable(int(thread), guild_id=guild)
    state = client._connection  # noqa: SLF001 - discord.py lets nobody else read an answer
    return state.create_message(channel=where, data=data)


def is_from_person(message: discord.Message) -> bool:
    """Whether a person wrote it: no bot, no webhook, and not one of Discord's own lines."""
    return message.type in _FROM_PEOPLE and not message.author.bot and message.webhook_id is None


def is_content_hidden(message: discord.Message) -> bool:
    """Whether Discord seems to have left out the content: nobody can send an empty message."""
    return not (
        message.content
        or message.attachments
        or message.stickers
        or message.embeds
        or _has_components(message)
        or message.poll
        or message.activity
        or _is_forwarded(message)
    )


def said(message: discord.Message, place: Place, agent: Agent) -> Said:
    """A person's message. If Discord left out its content, `unsupported` says so: it never looks like an empty one."""
    text = text_of(message)
    return Said(
        place=place,
        message=ChatMessageId(str(message.id)),
        agent=agent,
        text=plain(text),
        formatted=formatting_of(text),
        said_at=message.created_at,
        attachments=attachments_of(message),
        unsupported=_unsupported(message),
    )


def attachments_of(message: discord.Message) -> tuple[Attachment, ...]:
    """A message's files. Their addresses are signed and stop working within a day or so."""
    return tuple(
        Attachment(name=_name_of(file), url=file.url, size=file.size, lasting=False) for file in message.attachments
    )


def _name_of(file: discord.Attachment) -> str:
    """A file's name as people see it: in `filename` Discord keeps plain letters only, `title` has the rest."""
    ending = PurePosixPath(file.filename).suffix or (file.filename if file.filename.startswith(".") else "")
    title = file_name(file.title)
    if title == UNNAMED:
        return file_name(file.filename)
    return title if title.lower().endswith(ending.lower()) else file_name(title + ending)


def text_of(message: discord.Message) -> RichText:
    """The message's text, with names where it mentions somebody or something."""
    us = message._state.self_id  # noqa: SLF001 - a message does not say in another way for whom it was received
    names = Names(
        users={str(user.id): BOT_NAME if user.id == us else _called(user) for user in message.mentions},
        roles={str(role.id): name_of(role.name) or shared_wording.A_GROUP for role in message.role_mentions},
        channels={str(channel.id): name for channel in message.channel_mentions if (name := name_of(channel.name))},
    )
    return read(message.content, names)


def _called(person: discord.User | discord.Member) -> str:
    return name_of(person.display_name, person.global_name, person.name) or shared_wording.SOMEBODY


def _sticker(name: str) -> str:
    shown = name_of(name)
    return wording.STICKER.format(name=shown) if shown else wording.UNKNOWN_STICKER


def _unsupported(message: discord.Message) -> tuple[str, ...]:
    """
    What is in the message in addition to text and files.

    Embeds count only where they are alone: beside a text they are previews of the addresses in it.
    """
    found = [_sticker(sticker.name) for sticker in message.stickers]
    if message.poll:
        found.append(wording.POLL)
    if _is_forwarded(message):
        found.append(wording.FORWARDED)
    if message.activity:
        found.append(wording.INVITATION)
    if _has_components(message):
        found.append(wording.COMPONENTS)
    if is_content_hidden(message):
        found.append(wording.HIDDEN_TEXT)
    if not (found or message.attachments or seen(plain(text_of(message)))):
        found.append(shared_wording.UNKNOWN_PART)
    return tuple(found)


def _has_components(message: discord.Message) -> bool:
    """Also where all of them are of kinds that discord.py does not know; then it leaves them out."""
    # discord.py sets the list only where Discord sends it.
    return bool(getattr(message, "components", ())) or message.flags.components_v2


def _is_forwarded(message: discord.Message) -> bool:
    reference = message.reference
    return bool(message.message_snapshots) or (
        reference is not None and reference.type is discord.MessageReferenceType.forward
    )


def place_of(channel: int, thread: int | None = None) -> Place:
    """A channel that we serve, or a thread in it."""
    return Place(
        chat=DISCORD,
        channel=ChannelId(str(channel)),
        thread=None if thread is None else ThreadId(str(thread)),
    )
