"""What `shopbell check` asks Slack: the tokens, the scopes, and whether the bot is in each channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from adapters.chats.slack import wording
from adapters.chats.slack.manifest import missing
from adapters.chats.slack.requests import Identity, Requests
from bot.errors import Forbidden, Gone, Rejected, RemoteError
from bot.model import ChannelId, Finding, Mention, MentionKind
from bot.text import ended

_BOT_TOKEN = "slack bot token"  # noqa: S105 - the subject of a finding
_APP_TOKEN = "slack app token"  # noqa: S105 - the subject of a finding
_SCOPES = "slack scopes"
_GROUP = "S"
"""How the ids of user groups begin; those of people begin otherwise."""


async def check(
    requests: Requests,
    channels: Sequence[ChannelId],
    pings: Sequence[tuple[ChannelId, Mention]],
    agents: Collection[str],
    *,
    groups: bool,
) -> list[Finding]:
    """
    The findings, in order. Never raises: every error is a finding.

    Args:
        pings: Whom reminders ping.
        agents: The people and user groups that are agents.
        groups: Whether a user group is among the agents.
    """
    try:
        identity = await requests.identity()
    except RemoteError as error:
        return [_failed(_BOT_TOKEN, error), await _check_app_token(requests)]
    return [
        _good(_BOT_TOKEN, wording.LOGGED_IN.format(name=identity.name)),
        _check_scopes(identity, groups=groups),
        await _check_app_token(requests),
        *[await _check_channel(requests, channel, identity.name) for channel in channels],
        *[each for group in agents if group.startswith(_GROUP) for each in await _check_agents(requests, group)],
        *[each for whom in dict.fromkeys(whom for _, whom in pings) for each in await _check_pinged(requests, whom)],
    ]


async def _check_pinged(requests: Requests, whom: Mention) -> list[Finding]:
    """Whether a reminder that mentions somebody reaches them; nothing: it does."""
    try:
        if whom.kind is MentionKind.GROUP:
            # Slack shows the people of an enabled group only.
            people = (await requests.read("usergroups.users.list", usergroup=whom.id)).get("users")
            return [] if people else [_bad(f"slack user group {whom.id}", wording.GROUP_EMPTY, wording.FILL_GROUP)]
        user = (await requests.read("users.info", user=whom.id)).get("user")
        is_there = isinstance(user, Mapping) and not user.get("deleted")
        return [] if is_there else [_bad(f"slack user {whom.id}", wording.NO_PERSON, wording.CHECK_REMIND)]
    except (Gone, Rejected):
        if whom.kind is MentionKind.GROUP:
            return [_bad(f"slack user group {whom.id}", wording.NO_GROUP, wording.ENABLE_GROUP)]
        return [_bad(f"slack user {whom.id}", wording.NO_PERSON, wording.CHECK_REMIND)]
    except RemoteError as error:
        return [_failed(f"slack reminder of {whom.id}", error)]


async def _check_agents(requests: Requests, group: str) -> list[Finding]:
    """Whether a user group makes anybody an agent; nothing: it does."""
    subject = f"slack user group {group}"
    try:
        people = (await requests.read("usergroups.users.list", usergroup=group)).get("users")
    except (Gone, Rejected):
        return [_bad(subject, wording.NO_AGENT_GROUP, wording.CHECK_AGENT_GROUP)]
    except RemoteError as error:
        return [_failed(subject, error)]
    return [] if people else [_bad(subject, wording.NO_AGENT_GROUP, wording.CHECK_AGENT_GROUP)]


def _check_scopes(identity: Identity, *, groups: bool) -> Finding:
    if identity.scopes is None:
        return _good(_SCOPES, wording.SCOPES_UNKNOWN)
    lacking = missing(identity.scopes, groups=groups)
    if not lacking:
        return _good(_SCOPES, wording.SCOPES_GRANTED)
    scopes = ", ".join(lacking)
    return _bad(_SCOPES, wording.SCOPES_NOT_GRANTED.format(scopes=scopes), wording.ADD_SCOPES.format(scopes=scopes))


async def _check_app_token(requests: Requests) -> Finding:
    """Ask for an address to connect to, and do not use it."""
    try:
        await requests.socket_address()
    except RemoteError as error:
        return _failed(_APP_TOKEN, error)
    return _good(_APP_TOKEN, wording.SOCKET_WORKS)


async def _check_channel(requests: Requests, channel: ChannelId, bot: str) -> Finding:
    subject = f"slack channel {channel}"
    try:
        found = await requests.channel_info(channel)
    except Forbidden:
        invite = wording.INVITE.format(channel=channel, bot=bot)
        return _bad(subject, wording.NO_CHANNEL, wording.CHECK_CHANNEL_ID.format(invite=invite))
    except RemoteError as error:
        return _failed(subject, error)
    name = f"#{found.get('name') or channel}"
    if found.get("is_archived"):
        return _bad(subject, wording.ARCHIVED.format(channel=name), wording.UNARCHIVE.format(channel=name))
    if not found.get("is_member"):
        invite = wording.INVITE.format(channel=name, bot=bot)
        return _bad(subject, wording.NOT_IN_CHANNEL.format(channel=name), f"{invite}.")
    return _good(subject, wording.IN_CHANNEL.format(channel=name))


def _failed(subject: str, error: RemoteError) -> Finding:
    """A finding from an error: its last sentence is the step, if it has one."""
    text, _, step = error.user_message.partition(". ")
    return _bad(subject, ended(text), step or wording.TRY_AGAIN)


def _good(subject: str, text: str) -> Finding:
    return Finding(ok=True, subject=subject, text=text)


def _bad(subject: str, text: str, remedy: str) -> Finding:
    return Finding(ok=False, subject=subject, text=text, remedy=remedy)
