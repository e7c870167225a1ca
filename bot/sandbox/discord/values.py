"""What the practice guild is made of: channels, threads, members, roles, messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum

from bot.sandbox.discord.refusals import Json

DISCORD_EPOCH = 1_420_070_400_000
"""Milliseconds; the earliest time that a snowflake can hold."""


class ChannelType(IntEnum):
    """Discord's channel types."""

    TEXT = 0
    THREAD = 11
    FORUM = 15


class MessageType(IntEnum):
    """Discord's message types; all but `DEFAULT`, `REPLY` and the answers to commands are system messages."""

    DEFAULT = 0
    RENAMED = 4
    THREAD_CREATED = 18
    REPLY = 19
    COMMAND = 20
    THREAD_STARTER = 21


EPHEMERAL = 1 << 6
LOADING = 1 << 7
HAS_THREAD = 1 << 5
COMPONENTS_V2 = 1 << 15


@dataclass(frozen=True, slots=True)
class Role:
    id: int
    name: str
    permissions: int
    mentionable: bool = False


@dataclass(eq=False, slots=True)
class Member:
    """
    A member of the guild; the bot is one too.

    Attributes:
        direct: Whether they accept direct messages from members of the guild.
        timed_out_until: Until then they can only read; None: they are not timed out.
        pending: Whether they have not agreed to the guild's rules yet.
        flags: Discord's flags of the membership, such as a quarantine by AutoMod.
        left: Whether they have left the guild. What they wrote stays.
    """

    id: int
    name: str
    roles: list[int] = field(default_factory=list)
    bot: bool = False
    direct: bool = False
    timed_out_until: datetime | None = None
    pending: bool = False
    flags: int = 0
    left: bool = False


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
class DiscordChannel:
    """A text channel or a forum."""

    id: int
    name: str
    type: ChannelType
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
    def type(self) -> ChannelType:
        return ChannelType.THREAD


Place = DiscordChannel | Thread


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sends; `description` says what a picture shows."""

    name: str
    data: bytes
    content_type: str = "application/octet-stream"
    description: str = ""


@dataclass(frozen=True, slots=True)
class DiscordAttachment:
    id: int
    channel_id: int
    upload: Upload


@dataclass(frozen=True, slots=True)
class Pinged:
    """Who got a notification from a message; false if nobody did, as it should be for the bot's messages."""

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
class MessageReference:
    """What a message refers to: another message, or for `THREAD_CREATED` the thread."""

    channel_id: int
    message_id: int | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class DiscordMessage:
    """
    A message as it is now.

    Attributes:
        reactions: By emoji, who reacted.
        pinged: Everybody who was pinged by it or by one of its edits.
        only_for: The one member who sees it (ephemeral); None: everybody.
        thread_id: The thread under it.
        nonce: Returned to its author and sent with its event, and never shown again.
        poll: The question of a poll.
        edits: When it was edited after its first hour, on the clock's monotonic scale.
        via: The interaction that it answers.
        webhook: The name under which a webhook posted it; empty: an account wrote it.
    """

    id: int
    channel_id: int
    author_id: int
    created_at: datetime
    type: MessageType = MessageType.DEFAULT
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[DiscordAttachment] = field(default_factory=list)
    stickers: list[str] = field(default_factory=list)
    poll: str | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)
    edited_at: datetime | None = None
    flags: int = 0
    nonce: str | int | None = None
    reference: MessageReference | None = None
    pinged: Pinged = field(default_factory=Pinged)
    only_for: int | None = None
    thread_id: int | None = None
    edits: list[float] = field(default_factory=list)
    via: int | None = None
    webhook: str = ""


def created_at(snowflake: int) -> datetime:
    """When a snowflake was made."""
    return datetime.fromtimestamp(((snowflake >> 22) + DISCORD_EPOCH) / 1000, UTC)
