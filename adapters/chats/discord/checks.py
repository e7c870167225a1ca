"""What `shopbell check` asks Discord: the token, the intent, each channel and the bot's permissions there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import discord

from adapters.chats.discord import wording
from adapters.chats.discord.client import Account, Client
from adapters.chats.discord.failures import library_errors
from bot.errors import AuthFailed, Forbidden, Gone, Rejected, RemoteError
from bot.model import ChannelId, Finding, Mention, MentionKind

_NAMES: Final = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "read_message_history": "Read Message History",
    "embed_links": "Embed Links",
    "manage_threads": "Manage Threads",
    "add_reactions": "Add Reactions",
}
_NOT_IN_FORUMS = frozenset({"create_public_threads"})
"""Everybody who may send messages may make posts in a forum."""

PERMISSIONS: Final = discord.Permissions(**dict.fromkeys(_NAMES, True)).value
"""What the bot needs, as the number in an invite link."""


def invite_url(client_id: str) -> str:
    """The link with which the manager of a server invites the bot, with exactly the permissions that it needs."""
    scope = "bot+applications.commands"
    return f"https://discord.com/oauth2/authorize?client_id={client_id}&permissions={PERMISSIONS}&scope={scope}"


async def check(
    account: Account,
    channels: Sequence[ChannelId],
    pings: Sequence[tuple[ChannelId, Mention]],
    agents: Collection[str],
) -> Sequence[Finding]:
    """
    The findings, in order. Never raises: every error is a finding.

    Args:
        pings: Whom reminders ping.
        agents: The roles of agents.
    """
    try:
        client = await account.client()
    except AuthFailed as error:
        return [_bad("discord token", wording.TOKEN_UNKNOWN, error.user_message)]
    except RemoteError as error:
        return [_bad("discord", error.user_message, wording.TRY_AGAIN)]
    findings = [_good("discord token", wording.LOGGED_IN.format(name=client.user)), _intent(client)]
    guilds: dict[int, tuple[discord.Guild, discord.Member]] = {}
    seen: dict[ChannelId, discord.TextChannel | discord.ForumChannel] = {}
    for channel in channels:
        try:
            findings += await _check_channel(client, channel, guilds, seen)
        except Gone:
            findings.append(_bad(_subject(channel), wording.NO_CHANNEL, wording.CHECK_CHANNEL_ID))
        except (Forbidden, Rejected):
            findings.append(_bad(_subject(channel), wording.HIDDEN_CHANNEL, _give("view_channel")))
        except RemoteError as error:
            findings.append(_bad(_subject(channel), error.user_message, wording.TRY_AGAIN))
    for pinged, whom in pings:
        # A channel that cannot be seen has its own finding.
        if pinged in seen:
            findings += await _check_pinged(seen[pinged], guilds[seen[pinged].guild.id][1], whom)
    findings += _check_agents([guild for guild, _ in guilds.values()], agents)
    for guild, _ in guilds.values():
        findings.append(await _check_commands(account, client, guild))
    return findings


def _intent(client: Client) -> Finding:
    flags = client.application.flags if client.application else discord.ApplicationFlags()
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return _good("discord message content intent", wording.INTENT_ON)
    return _bad("discord message content intent", wording.INTENT_OFF, wording.SWITCH_INTENT_ON)


async def _check_pinged(
    channel: discord.TextChannel | discord.ForumChannel, me: discord.Member, whom: Mention
) -> list[Finding]:
    if whom.kind is MentionKind.GROUP:
        return list(_check_role(channel, me, whom.id))
    return await _check_person(channel, whom.id)


def _check_agents(guilds: Sequence[discord.Guild], roles: Collection[str]) -> Iterator[Finding]:
    """A role that was deleted makes nobody an agent; nothing: all are there. Each is a role of one server."""
    for role in roles:
        if guilds and not any(guild.get_role(int(role)) for guild in guilds):
            yield _bad(f"discord role {role}", wording.NO_AGENT_ROLE, wording.CHECK_AGENT_ROLE)


def _check_role(
    channel: discord.TextChannel | discord.ForumChannel, me: discord.Member, role_id: str
) -> Iterator[Finding]:
    """Whether a reminder that mentions a role in a channel rings anywhere; nothing: it does."""
    role = channel.guild.get_role(int(role_id))
    if role is None:
        yield _bad(f"discord role {role_id}", wording.NO_ROLE.format(server=channel.guild.name), wording.CHECK_ROLE_ID)
    elif not (role.mentionable or channel.permissions_for(me).mention_everyone):
        text = wording.ROLE_NOT_PINGED.format(name=role.name, channel=channel.name)
        yield _bad(f"discord role {role_id}", text, wording.MAKE_MENTIONABLE.format(name=role.name))


async def _check_person(channel: discord.TextChannel | discord.ForumChannel, person: str) -> list[Finding]:
    """Whether a reminder that mentions somebody in a channel reaches them; nothing: it does."""
    subject = f"discord user {person}"
    try:
        with library_errors():
            member = await channel.guild.fetch_member(int(person))
    except Gone:
        return [_bad(subject, wording.NO_MEMBER.format(server=channel.guild.name), wording.CHECK_REMIND)]
    except RemoteError as error:
        return [_bad(subject, error.user_message, wording.TRY_AGAIN)]
    if channel.permissions_for(member).view_channel:
        return []
    text = wording.PERSON_NOT_PINGED.format(name=member.display_name, channel=channel.name)
    return [_bad(subject, text, wording.CHECK_REMIND)]


async def _check_channel(
    client: Client,
    channel_id: ChannelId,
    guilds: dict[int, tuple[discord.Guild, discord.Member]],
    found: dict[ChannelId, discord.TextChannel | discord.ForumChannel],
) -> list[Finding]:
    subject = _subject(channel_id)
    if not channel_id.isdecimal():
        return [_bad(subject, wording.NO_CHANNEL_ID, wording.CHECK_CHANNEL_ID)]
    with library_errors():
        seen = await client.fetch_channel(int(channel_id))
        if not isinstance(seen, discord.TextChannel | discord.ForumChannel):
            return [_bad(subject, wording.WRONG_KIND, wording.CHECK_CHANNEL_ID)]
        guild, me = guilds.get(seen.guild.id) or await _membership(client, seen.guild.id)
        guilds[guild.id] = (guild, me)
        channel = await guild.fetch_channel(seen.id)
    if not isinstance(channel, discord.TextChannel | discord.ForumChannel):
        return [_bad(subject, wording.WRONG_KIND, wording.CHECK_CHANNEL_ID)]
    found[channel_id] = channel
    missing = list(_missing(channel, channel.permissions_for(me)))
    if missing:
        return [_bad(f"{subject} (#{channel.name})", wording.MISSING.format(name=_NAMES[m]), _give(m)) for m in missing]
    return [_good(f"{subject} (#{channel.name})", _advice(channel))]


async def _membership(client: Client, guild_id: int) -> tuple[discord.Guild, discord.Member]:
    guild = await client.fetch_guild(guild_id, with_counts=False)
    if client.user is None:
        raise RuntimeError("the client is not logged in")
    return guild, await guild.fetch_member(client.user.id)


def _missing(channel: discord.TextChannel | discord.ForumChannel, held: discord.Permissions) -> Iterator[str]:
    for name in _NAMES:
        needed = name not in _NOT_IN_FORUMS or isinstance(channel, discord.TextChannel)
        if needed and not getattr(held, name):
            yield name


def _advice(channel: discord.TextChannel | discord.ForumChannel) -> str:
    if isinstance(channel, discord.TextChannel):
        return wording.ALL_WELL
    names = {tag.name.casefold() for tag in channel.available_tags}
    return wording.ALL_WELL if {"open", "closed", "waiting for us"} <= names else wording.TAGS_ADVICE


async def _check_commands(account: Account, client: Client, guild: discord.Guild) -> Finding:
    subject = f"discord commands in {guild.name}"
    application = str(client.application_id)
    try:
        await account.call(
            "GET",
            "/applications/{application_id}/guilds/{guild_id}/commands",
            application_id=application,
            guild_id=str(guild.id),
        )
    except (Forbidden, Rejected):
        return _bad(subject, wording.NO_COMMANDS, wording.INVITE_AGAIN.format(url=invite_url(application)))
    except RemoteError as error:
        return _bad(subject, error.user_message, wording.TRY_AGAIN)
    return _good(subject, wording.ALL_WELL)


def _subject(channel: ChannelId) -> str:
    return f"discord channel {channel}"


def _give(permission: str) -> str:
    return wording.GIVE.format(name=_NAMES[permission])


def _good(subject: str, text: str) -> Finding:
    return Finding(ok=True, subject=subject, text=text)


def _bad(subject: str, text: str, remedy: str) -> Finding:
    return Finding(ok=False, subject=subject, text=text, remedy=remedy)
