"""The doctor's look at Slack: tokens, scopes, and the bot in each channel."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.chats.slack import wording
from adapters.chats.slack.manifest import missing
from adapters.chats.slack.requests import Api, Identity
from bot.errors import Forbidden, RemoteError
from bot.model import ChannelId, Finding

_BOT_TOKEN = "slack bot token"  # noqa: S105 - the subject of a finding
_APP_TOKEN = "slack app token"  # noqa: S105 - the subject of a finding
_SCOPES = "slack scopes"
_UNREACHABLE = "Check that this machine reaches Slack, then try again."


async def check(api: Api, channels: Sequence[ChannelId], *, groups: bool) -> list[Finding]:
    """
    Each thing that Slack needs, with the one step that mends it. Never raises.

    Args:
        groups: Whether a user group is among the agents.
    """
    try:
        identity = await api.identity()
    except RemoteError as error:
        return [_failed(_BOT_TOKEN, error), await _app_token(api)]
    return [
        Finding(ok=True, subject=_BOT_TOKEN, text=f"The bot is {identity.name}."),
        _scopes(identity, groups=groups),
        await _app_token(api),
        *[await _channel(api, channel, identity.name) for channel in channels],
    ]


def _scopes(identity: Identity, *, groups: bool) -> Finding:
    lacking = missing(identity.scopes, groups=groups)
    if not lacking:
        return Finding(ok=True, subject=_SCOPES, text="All that are needed are granted.")
    names = ", ".join(lacking)
    return Finding(
        ok=False,
        subject=_SCOPES,
        text=f"Not granted: {names}.",
        remedy=f"Add {names} to the app's bot token scopes and reinstall the app.",
    )


async def _app_token(api: Api) -> Finding:
    """Ask for an address to connect to, and leave it unused."""
    try:
        await api.socket_address()
    except RemoteError as error:
        return _failed(_APP_TOKEN, error)
    return Finding(ok=True, subject=_APP_TOKEN, text="Socket Mode can be opened.")


async def _channel(api: Api, channel: ChannelId, bot: str) -> Finding:
    subject = f"slack channel {channel}"
    try:
        found = (await api.read("conversations.info", channel=channel)).get("channel") or {}
    except Forbidden:
        return Finding(
            ok=False,
            subject=subject,
            text="Slack finds no such channel, or it is private and the bot is not in it.",
            remedy=f"{wording.invite(bot, channel)}; if there is none of this id, mend it in the store's channels.",
        )
    except RemoteError as error:
        return _failed(subject, error)
    name = f"#{found.get('name') or channel}"
    if found.get("is_archived"):
        return Finding(ok=False, subject=subject, text=f"{name} is archived.", remedy=f"Unarchive {name}.")
    if not found.get("is_member"):
        return Finding(
            ok=False,
            subject=subject,
            text=f"The bot is not in {name}, so it would hear nobody there.",
            remedy=f"{wording.invite(bot, name)}.",
        )
    return Finding(ok=True, subject=subject, text=f"The bot is in {name}.")


def _failed(subject: str, error: RemoteError) -> Finding:
    """A finding from an error: its last sentence is the step, where it has one."""
    text, _, step = error.told.partition(". ")
    return Finding(ok=False, subject=subject, text=f"{text.rstrip('.')}.", remedy=step or _UNREACHABLE)
