"""What exists in the practice guild now, and how to find it. Actions on it are in `guild.py`."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from bot.clock import Clock
from bot.sandbox.discord.refusals import DiscordRefusal, Json, WordFilter
from bot.sandbox.discord.values import (
    DISCORD_EPOCH,
    DiscordAttachment,
    DiscordChannel,
    DiscordMessage,
    Member,
    Place,
    Role,
    Thread,
)


class DiscordState:
    """
    The guild and everything in it.

    Attributes:
        owner: The owner of the guild, who may do everything.
        filters: Refuse what the bot posts, edits or names; may be changed any time.
        direct_channels: The bot's direct channels: by the channel's id, the member's id.
    """

    def __init__(self, clock: Clock, *, name: str) -> None:
        self._clock = clock
        self._ids = count(1)
        self._last_id = 0
        self.name = name
        self.guild_id = self.new_id()
        self.application_id = self.new_id()
        self.roles: dict[int, Role] = {}
        self.members: dict[int, Member] = {}
        self.channels: dict[int, DiscordChannel] = {}
        self.threads: dict[int, Thread] = {}
        self.attachments: dict[int, DiscordAttachment] = {}
        self.filters: list[WordFilter] = []
        self.direct_channels: dict[int, int] = {}
        self._messages: dict[int, dict[int, DiscordMessage]] = {}
        self.bot = Member(self.application_id, "shopbell", bot=True)
        self.owner = Member(self.new_id(), "Olive")
        self.members[self.bot.id] = self.bot
        self.members[self.owner.id] = self.owner

    def now(self) -> datetime:
        return self._clock.now()

    def new_id(self) -> int:
        """A snowflake: the time in milliseconds and a counter; always greater than every one before it."""
        milliseconds = int(self._clock.now().timestamp() * 1000) - DISCORD_EPOCH
        self._last_id = max(self._last_id + 1, (milliseconds << 22) | (next(self._ids) & 0xFFF))
        return self._last_id

    def channel(self, channel_id: int) -> DiscordChannel:
        channel = self.channels.get(channel_id)
        if channel is None:
            raise DiscordRefusal(10003)
        return channel

    def place(self, channel_id: int) -> Place:
        """A channel or a thread, archived ones too. Raises `DiscordRefusal` 10003."""
        place = self.threads.get(channel_id) or self.channels.get(channel_id)
        if place is None:
            raise DiscordRefusal(10003)
        return place

    def parent(self, place: Place) -> DiscordChannel:
        return self.channels[place.parent_id] if isinstance(place, Thread) else place

    def member(self, member_id: int) -> Member:
        """Somebody who is in the guild. Raises `DiscordRefusal` 10007."""
        member = self.members.get(member_id)
        if member is None or member.left:
            raise DiscordRefusal(10007)
        return member

    def message(self, channel_id: int, message_id: int) -> DiscordMessage:
        """A message that everybody sees. Raises `DiscordRefusal` 10008."""
        message = self.find(channel_id, message_id)
        if message is None:
            raise DiscordRefusal(10008)
        return message

    def find(self, channel_id: int, message_id: int | None) -> DiscordMessage | None:
        """A message that everybody sees; None: there is no such message, or not any more."""
        message = self._messages.get(channel_id, {}).get(message_id or 0)
        return None if message is None or message.only_for is not None else message

    def messages(self, channel_id: int, *, seen_by: int | None = None) -> list[DiscordMessage]:
        """A channel's messages, oldest first; with `seen_by`, also those that only this member sees."""
        kept = self._messages.get(channel_id, {}).values()
        return sorted((m for m in kept if m.only_for in (None, seen_by)), key=lambda message: message.id)

    def keep(self, message: DiscordMessage) -> None:
        self._messages.setdefault(message.channel_id, {})[message.id] = message
        for attachment in message.attachments:
            self.attachments[attachment.id] = attachment

    def forget(self, message: DiscordMessage) -> None:
        self._messages.get(message.channel_id, {}).pop(message.id, None)

    def forget_place(self, place: Place) -> None:
        self.threads.pop(place.id, None)
        self.channels.pop(place.id, None)
        self._messages.pop(place.id, None)

    def refuse_filtered(self, body: Json) -> None:
        """Raises `DiscordRefusal` if one of the filters does not let this request's body pass."""
        for each in self.filters:
            each.check(body)

    def threads_of(self, channel_id: int) -> list[Thread]:
        return [thread for thread in self.threads.values() if thread.parent_id == channel_id]

    def active_threads(self) -> list[Thread]:
        return [thread for thread in self.threads.values() if not thread.archived]
