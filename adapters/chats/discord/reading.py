"""What people did on Discord, as the core's values; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import discord

from adapters.chats.discord import wording
from adapters.chats.discord.markup import Names, neutral
from bot.model import (
    Agent,
    AgentId,
    Attachment,
    ChannelId,
    ChatMessageId,
    ChatName,
    Place,
    Said,
    ThreadId,
)
from bot.text import clean

DISCORD: Final = ChatName("discord")

_BY_PEOPLE = (discord.MessageType.default, discord.MessageType.reply)


class Agents:
    """
    Who may reply and run commands.

    Args:
        roles: Ids of roles; one of them is enough. Empty: everybody who can write in the channel.
    """

    def __init__(self, roles: frozenset[str]) -> None:
        self._roles = roles

    def agent(self, person: discord.abc.User) -> Agent:
        """The person behind an event, by what the event itself says of their roles and their name here."""
        held = person.roles if isinstance(person, discord.Member) else []
        return self.known(str(person.id), person.display_name, (str(role.id) for role in held))

    def vouched(self, person: discord.abc.User, by: Agent) -> Agent:
        """Somebody whose roles an event does not tell, on the word of the agent who acts for them."""
        return Agent(id=AgentId(str(person.id)), name=clean(person.display_name) or str(person.id), may=by.may)

    def known(self, person: str, name: str, roles: Iterable[str]) -> Agent:
        """The same from plain ids."""
        may = not self._roles or not self._roles.isdisjoint(roles)
        return Agent(id=AgentId(person), name=clean(name) or person, may=may)


def by_person(message: discord.Message) -> bool:
    """Whether a person typed it: no bot, no webhook, none of the lines that Discord itself writes."""
    return message.type in _BY_PEOPLE and not message.author.bot and message.webhook_id is None


def kept_from_us(message: discord.Message) -> bool:
    """Whether the message looks as if Discord left its content out: nobody can send nothing."""
    return not (
        message.content
        or message.attachments
        or message.stickers
        or message.embeds
        or message.components
        or message.poll
        or message.activity
        or _forwarded(message)
    )


def said(message: discord.Message, place: Place, agent: Agent) -> Said:
    """A person's message. One whose content Discord left out says so in `other` and is never merely empty."""
    return Said(
        place=place,
        message=ChatMessageId(str(message.id)),
        agent=agent,
        text=text_of(message),
        said_at=message.created_at,
        attachments=tuple(
            # The address is signed and dies within a day or so.
            Attachment(name=clean(file.filename), url=file.url, size=file.size, lasting=False)
            for file in message.attachments
        ),
        other=_other(message),
    )


def text_of(message: discord.Message) -> str:
    """The message's text, neutral, with the names that its mentions stand for."""
    names = Names(
        users={str(user.id): clean(user.display_name) for user in message.mentions},
        roles={str(role.id): clean(role.name) for role in message.role_mentions},
        channels={str(channel.id): clean(channel.name) for channel in message.channel_mentions},
    )
    return neutral(message.content, names)


def _other(message: discord.Message) -> tuple[str, ...]:
    other = [wording.STICKER.format(name=clean(sticker.name)) for sticker in message.stickers]
    if message.poll:
        other.append(wording.POLL)
    if _forwarded(message):
        other.append(wording.FORWARDED)
    if message.activity:
        other.append(wording.INVITATION)
    if kept_from_us(message):
        other.append(wording.HIDDEN_TEXT)
    return tuple(other)


def _forwarded(message: discord.Message) -> bool:
    reference = message.reference
    return bool(message.message_snapshots) or (
        reference is not None and reference.type is discord.MessageReferenceType.forward
    )


def place_of(channel: int, thread: int | None = None) -> Place:
    """A channel that we serve, or a thread under it."""
    return Place(
        chat=DISCORD,
        channel=ChannelId(str(channel)),
        thread=None if thread is None else ThreadId(str(thread)),
    )
