"""A Discord for practice: REST and gateway as the real ones speak, on loopback, with people to talk to."""

from __future__ import annotations

from bot.sandbox.discord.interactions import Answered, NoAnswer
from bot.sandbox.discord.people_interactions import NotOffered
from bot.sandbox.discord.rate_limits import Allowances
from bot.sandbox.discord.refusals import Refusal
from bot.sandbox.discord.server import PracticeDiscord
from bot.sandbox.discord.values import Channel, Member, Message, Pinged, Role, Sort, Thread

__all__ = [
    "Allowances",
    "Answered",
    "Channel",
    "Member",
    "Message",
    "NoAnswer",
    "NotOffered",
    "Pinged",
    "PracticeDiscord",
    "Refusal",
    "Role",
    "Sort",
    "Thread",
]
