"""What exists in the practice guild: plain values and how to find them. What may happen to them is `guild.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from itertools import count

from bot.clock import Clock
from bot.sandbox.discord.refusals import Json, Refusal

DISCORD_EPOCH = 1_420_070_400_000
"""Milliseconds; the first moment that a snowflake can name."""


class Kind(IntEnum):
    """What a channel is."""

    TEXT = 0
    THREAD = 11
    FORUM = 15


class Sort(IntEnum):
    """What a message is; all but `SAID`, `REPLY` and the answers to commands are written by Discord itself."""

    SAID = 0
    RENAMED = 4
    THREAD_CREATED = 18
    REPLY = 19
    COMMAND = 20
    THREAD_STARTER = 21
    CONTEXT_MENU = 23


EPHEMERAL = 1 << 6
LOADING = 1 << 7
HAS_THREAD = 1 << 5
COMPONENTS_V2 = 1 << 15


@dataclass(frozen=True, slots=True)
class Role:
    id: int
    name: str
    permissions: int


@dataclass(eq=False, slots=True)
class Member:
    """
    Somebody in the guild; the bot is one too.

    Attributes:
        direct: Whether they take direct messages from members of the guild.
    """

    id: int
    name: str
    roles: list[int] = field(default_factory=list)
    bot: bool = False
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    id: int
    name: str
    moderated: bool = False
    emoji: str | None = None


@dataclass(eq=False, slots=True)
class Overwrite:
    """What a channel gives to or takes from one role (`kind` 0) or one member (1)."""

    id: int
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass(eq=False, slots=True, kw_only=True)
class Channel:
    """A text channel or a forum."""

    id: int
    name: str
    kind: Kind
    position: int
    topic: str | None = None
    tags: list[Tag] = field(default_factory=list)
    require_tag: bool = False
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    last_message_id: int | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class Thread:
    """
    A thread of a text channel or a post of a forum.

    Attributes:
        renamed: When it was renamed, on the clock's monotonic scale; for the limit on renaming.
    """

    id: int
    parent_id: int
    owner_id: int
    name: str
    created_at: datetime
    archived_at: datetime
    auto_archive_minutes: int = 4320
    archived: bool = False
    locked: bool = False
    tags: list[int] = field(default_factory=list)
    last_message_id: int | None = None
    message_count: int = 0
    ever_said: int = 0
    renamed: list[float] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        return Kind.THREAD


Place = Channel | Thread


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it comes in."""

    name: str
    data: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Attachment:
    id: int
    channel_id: int
    upload: Upload


@dataclass(frozen=True, slots=True)
class Pinged:
    """Who got a notification from a message; empty, and so false, is what the bot's messages should have."""

    everyone: bool = False
    here: bool = False
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everyone or self.here or bool(self.users) or bool(self.roles)

    def __or__(self, other: Pinged) -> Pinged:
        return Pinged(
            self.everyone or other.everyone,
            self.here or other.here,
            self.users | other.users,
            self.roles | other.roles,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a message points at; a message, or for `THREAD_CREATED` the thread."""

    channel_id: int
    message_id: int | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class Message:
    """
    A message as it stands now.

    Attributes:
        reactions: By emoji, who reacted.
        pinged: Everybody whom it or one of its edits pinged.
        only_for: Who alone sees it (ephemeral); None: everybody.
        thread_id: The thread that hangs under it.
        nonce: Told with the answer to whoever wrote it and with its event, and never again.
        poll: The question of a poll.
        edits: How often, and when, it was edited, on the clock's monotonic scale.
        via: The interaction that it answers.
    """

    id: int
    channel_id: int
    author_id: int
    created_at: datetime
    sort: Sort = Sort.SAID
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    stickers: list[str] = field(default_factory=list)
    poll: str | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)
    edited_at: datetime | None = None
    flags: int = 0
    nonce: str | int | None = None
    reference: Reference | None = None
    pinged: Pinged = field(default_factory=Pinged)
    only_for: int | None = None
    thread_id: int | None = None
    edits: list[float] = field(default_factory=list)
    via: int | None = None


class World:
    """
    The guild and everything in it; `owner` may do everything, as the one who made a guild may.

    Attributes:
        directs: The bot's direct conversations: the channel's id and the member's.
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
        self.channels: dict[int, Channel] = {}
        self.threads: dict[int, Thread] = {}
        self.attachments: dict[int, Attachment] = {}
        self.directs: dict[int, int] = {}
        self._messages: dict[int, dict[int, Message]] = {}
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

    def channel(self, channel_id: int) -> Channel:
        channel = self.channels.get(channel_id)
        if channel is None:
            raise Refusal(10003)
        return channel

    def place(self, channel_id: int) -> Place:
        """A channel or a thread, archived ones too. Raises `Refusal` 10003."""
        place = self.threads.get(channel_id) or self.channels.get(channel_id)
        if place is None:
            raise Refusal(10003)
        return place

    def parent(self, place: Place) -> Channel:
        return self.channels[place.parent_id] if isinstance(place, Thread) else place

    def member(self, member_id: int) -> Member:
        member = self.members.get(member_id)
        if member is None:
            raise Refusal(10007)
        return member

    def message(self, channel_id: int, message_id: int) -> Message:
        """A message that everybody sees. Raises `Refusal` 10008."""
        message = self.find(channel_id, message_id)
        if message is None:
            raise Refusal(10008)
        return message

    def find(self, channel_id: int, message_id: int | None) -> Message | None:
        """A message that everybody sees; None: there is none such, or not any more."""
        message = self._messages.get(channel_id, {}).get(message_id or 0)
        return None if message is None or message.only_for is not None else message

    def messages(self, channel_id: int, *, seen_by: int | None = None) -> list[Message]:
        """A channel's messages, oldest first; with what only `seen_by` sees, or without anything of that kind."""
        kept = self._messages.get(channel_id, {}).values()
        return sorted((m for m in kept if m.only_for in (None, seen_by)), key=lambda message: message.id)

    def keep(self, message: Message) -> None:
        self._messages.setdefault(message.channel_id, {})[message.id] = message
        for attachment in message.attachments:
            self.attachments[attachment.id] = attachment

    def forget(self, message: Message) -> None:
        self._messages.get(message.channel_id, {}).pop(message.id, None)

    def forget_place(self, place: Place) -> None:
        self.threads.pop(place.id, None)
        self.channels.pop(place.id, None)
        self._messages.pop(place.id, None)

    def threads_of(self, channel_id: int) -> list[Thread]:
        return [thread for thread in self.threads.values() if thread.parent_id == channel_id]

    def active_threads(self) -> list[Thread]:
        return [thread for thread in self.threads.values() if not thread.archived]


def moment(snowflake: int) -> datetime:
    """When a snowflake was made."""
    return datetime.fromtimestamp(((snowflake >> 22) + DISCORD_EPOCH) / 1000, UTC)
