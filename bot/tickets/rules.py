"""The settings that decide where a message goes, and who may write one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from bot.db.connection import Transaction
from bot.model import Agent, ChatName, Colleague, Place, Store, StoreName
from bot.ports import VendorCapabilities
from bot.tickets.links import find_link
from bot.tickets.rights import may_act


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    What decides where a message goes.

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


def may_write(tx: Transaction, thread: Place, agent: Agent, rules: Rules, writable: Collection[Place]) -> bool:
    """Whether what a person writes in this thread may go to the customer; False also if it belongs to no ticket."""
    link = find_link(tx, thread)
    found = None if link is None else tx.one("ticket", number=link.ticket)
    return found is not None and may_act(agent, rules.stores.get(StoreName(found["store"])), [thread], writable)
