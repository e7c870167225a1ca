"""Slack, through slack-bolt in Socket Mode: `SlackChat` is the adapter, `manifest` describes the app that it needs."""

from __future__ import annotations

from collections.abc import Collection

from adapters.chats.slack.chat import SlackChat
from bot.clock import Clock
from bot.model import ChannelId
from bot.ports import Chat

__all__ = ["SlackChat", "build"]


def build(
    *,
    bot_token: str,
    app_token: str,
    api_url: str | None,
    agents: Collection[frozenset[str]],
    clock: Clock,
    channels: frozenset[ChannelId],
) -> Chat:
    """Make the chat; no network calls, and no event loop is needed. The parameters are those of `SlackChat`."""
    return SlackChat(
        bot_token=bot_token, app_token=app_token, api_url=api_url, agents=agents, clock=clock, channels=channels
    )
