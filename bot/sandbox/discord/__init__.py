"""The practice Discord: REST and gateway with the real protocol, on loopback, and people who use it."""

from __future__ import annotations

from bot.sandbox.discord.interactions import InteractionResponse, NoAnswer
from bot.sandbox.discord.people_interactions import NotOffered
from bot.sandbox.discord.rate_limits import DiscordLimits
from bot.sandbox.discord.refusals import DiscordRefusal
from bot.sandbox.discord.server import PracticeDiscord
from bot.sandbox.discord.values import DiscordChannel, DiscordMessage, Member, MessageType, Pinged, Role, Thread

__all__ = [
    "DiscordChannel",
    "DiscordLimits",
    "DiscordMessage",
    "DiscordRefusal",
    "InteractionResponse",
    "Member",
    "MessageType",
    "NoAnswer",
    "NotOffered",
    "Pinged",
    "PracticeDiscord",
    "Role",
    "Thread",
]
