"""What follows from the settings for tickets: where a message goes, what waits for how long, what a chat shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from bot.model import ChatName, Colleague, Store, StoreName
from bot.ports import VendorCapabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    The settings and the vendors' abilities that decide what happens to a ticket.

    Attributes:
        chat_labels: The chats' names for people.
        noting: The stores whose vendors keep notes.
        attaching: The stores whose vendors accept files with a reply.
        undo: How long a reply waits before it is sent.
        masks_emails: Whether chats show customers' addresses masked.
        colleagues: The people whom the settings name.
        zone: For the times that people type and read.
        quiet_hours: From when until when posts make no sound where a chat can do that; None: never.
        take_on_reply: Whether the first reply takes a ticket that nobody has.
        guards_collisions: Whether a reply that crosses another is held.
    """

    stores: Mapping[StoreName, Store]
    capabilities: Mapping[StoreName, VendorCapabilities]
    chat_labels: Mapping[ChatName, str]
    noting: frozenset[StoreName]
    attaching: frozenset[StoreName]
    note_prefixes: Sequence[str]
    undo: timedelta
    masks_emails: bool = False
    colleagues: Sequence[Colleague] = ()
    take_on_reply: bool = True
    guards_collisions: bool = True
    quiet_hours: tuple[time, time] | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
