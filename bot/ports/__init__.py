"""
What the core expects of a vendor and of a chat, and what a chat may ask of the core.

The docstrings are the contract. If one does not say otherwise, a method may wait for the network, may be cancelled
at any `await`, and raises only `bot.errors.RemoteError`s.
"""

from __future__ import annotations

from bot.ports.chats import CanShowHome, Chat, ChatHealth, Limit
from bot.ports.intake import MOST_CHOICES, Intake
from bot.ports.kept_values import KeptValues
from bot.ports.vendors import (
    CanAttach,
    CanCount,
    CanFormat,
    CanLearn,
    CanNote,
    CanVerifyWebhook,
    CanWait,
    CanWriteAs,
    KnownTickets,
    Vendor,
    VendorCapabilities,
    VendorKind,
    VendorTools,
)

__all__ = [
    "MOST_CHOICES",
    "CanAttach",
    "CanCount",
    "CanFormat",
    "CanLearn",
    "CanNote",
    "CanShowHome",
    "CanVerifyWebhook",
    "CanWait",
    "CanWriteAs",
    "Chat",
    "ChatHealth",
    "Intake",
    "KeptValues",
    "KnownTickets",
    "Limit",
    "Vendor",
    "VendorCapabilities",
    "VendorKind",
    "VendorTools",
]
