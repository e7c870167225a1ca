"""Discord, through discord.py."""

from __future__ import annotations

from adapters.chats.discord.chat import DiscordChat
from adapters.chats.discord.checks import PERMISSIONS, invite_url
from bot.clock import Clock
from bot.model import ChannelId

__all__ = ["PERMISSIONS", "DiscordChat", "build", "invite_url"]


def build(*, token: str, api_url: str | None, channels: frozenset[ChannelId], clock: Clock) -> DiscordChat:
    """Make the chat; no network calls. The parameters are those of `DiscordChat`."""
    return DiscordChat(token=token, api_url=api_url, channels=channels, clock=clock)
