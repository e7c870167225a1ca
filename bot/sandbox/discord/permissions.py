"""Who may do what in which channel; roles and overwrites are applied in Discord's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bot.sandbox.discord.refusals import DiscordRefusal
from bot.sandbox.discord.state import DiscordState
from bot.sandbox.discord.values import DiscordChannel, Member, Overwrite, Place, Role, Thread

BITS: Mapping[str, int] = MappingProxyType(
    {
        "administrator": 1 << 3,
        "manage_channels": 1 << 4,
        "add_reactions": 1 << 6,
        "view_channel": 1 << 10,
        "send_messages": 1 << 11,
        "manage_messages": 1 << 13,
        "embed_links": 1 << 14,
        "attach_files": 1 << 15,
        "read_message_history": 1 << 16,
        "mention_everyone": 1 << 17,
        "use_application_commands": 1 << 31,
        "manage_threads": 1 << 34,
        "create_public_threads": 1 << 35,
        "send_messages_in_threads": 1 << 38,
    },
)
"""The permissions that matter here, by the names that discord.py uses too."""

EVERYBODY = (
    "add_reactions",
    "view_channel",
    "send_messages",
    "embed_links",
    "attach_files",
    "read_message_history",
    "mention_everyone",
    "use_application_commands",
    "create_public_threads",
    "send_messages_in_threads",
)
"""What `@everyone` has in a new guild; mentioning everyone is part of it."""
_TIMED_OUT = BITS["view_channel"] | BITS["read_message_history"]


def mask(names: Iterable[str]) -> int:
    """The bits of some permissions; raises `KeyError` for an unknown name."""
    bits = 0
    for name in names:
        bits |= BITS[name]
    return bits


def held(state: DiscordState, member: Member, place: Place) -> int:
    """
    Every permission that a member has in a channel or, by its parent, in a thread.

    See https://discord.com/developers/docs/topics/permissions: whoever cannot see a channel can do nothing there, and
    whoever is timed out can only read. Owners and administrators can do everything at any time.
    """
    if member.left:
        return 0
    channel = state.parent(place)
    base = state.roles[state.guild_id].permissions
    for role_id in member.roles:
        base |= state.roles[role_id].permissions
    if member is state.owner or base & BITS["administrator"]:
        return mask(BITS)
    base = _overwritten(base, [channel.overwrites.get(state.guild_id)])
    base = _overwritten(base, [channel.overwrites.get(role_id) for role_id in member.roles])
    base = _overwritten(base, [channel.overwrites.get(member.id)])
    if not base & BITS["view_channel"]:
        return 0
    return base & _TIMED_OUT if member.timed_out_until is not None and state.now() < member.timed_out_until else base


def has(state: DiscordState, member: Member, place: Place, name: str) -> bool:
    return bool(held(state, member, place) & BITS[name])


def require(state: DiscordState, member: Member, place: Place, *names: str) -> None:
    """Raise `DiscordRefusal`: 50001 if the member does not see the place, 50013 if they lack a permission there."""
    own = held(state, member, place)
    if not own & BITS["view_channel"]:
        raise DiscordRefusal(50001)
    if any(not own & BITS[name] for name in names):
        raise DiscordRefusal(50013)


def deny(channel: DiscordChannel, whom: Member | Role, names: Iterable[str]) -> None:
    """Take permissions from one member or role in one channel."""
    overwrite = channel.overwrites.setdefault(whom.id, Overwrite(whom.id, int(isinstance(whom, Member))))
    overwrite.deny |= mask(names)
    overwrite.allow &= ~overwrite.deny


def allow(channel: DiscordChannel, whom: Member | Role, names: Iterable[str]) -> None:
    """Give permissions to one member or role in one channel."""
    overwrite = channel.overwrites.setdefault(whom.id, Overwrite(whom.id, int(isinstance(whom, Member))))
    overwrite.allow |= mask(names)
    overwrite.deny &= ~overwrite.allow


def may_write(place: Place) -> str:
    """The permission to write in this place; the one for channels is not valid in threads."""
    return "send_messages_in_threads" if isinstance(place, Thread) else "send_messages"


def _overwritten(base: int, overwrites: Iterable[Overwrite | None]) -> int:
    present = [overwrite for overwrite in overwrites if overwrite is not None]
    for overwrite in present:
        base &= ~overwrite.deny
    for overwrite in present:
        base |= overwrite.allow
    return base
