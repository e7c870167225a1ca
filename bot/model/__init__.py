"""
The values that all parts of shopbell use: frozen, and without behaviour of their own.

Ids are opaque: only the adapter that made an id understands it; the core stores and compares ids.
All times are aware and in UTC.
"""

from __future__ import annotations

from bot.model.chats import Agent, Button, Card, Cursor, Mark, Opened, Place, Post, Verb, Voice
from bot.model.deliveries import (
    PAYLOADS,
    Kind,
    LinePayload,
    NewCardPayload,
    NoPayload,
    OpenPayload,
    Payload,
    Purpose,
    State,
    StatusPayload,
)
from bot.model.events import Answer, Ask, Choice, Deleted, Edited, Said
from bot.model.ids import (
    AgentId,
    ChannelId,
    ChatMessageId,
    ChatName,
    DeliveryId,
    DeliveryKey,
    MessageId,
    StoreName,
    ThreadId,
    TicketId,
    TicketNumber,
)
from bot.model.stores import Finding, Store
from bot.model.tickets import (
    Absent,
    Attachment,
    Author,
    Awaiting,
    Change,
    Conversation,
    Counts,
    Customer,
    Fact,
    File,
    Message,
    Nudge,
    Status,
    Ticket,
)

__all__ = [
    "PAYLOADS",
    "Absent",
    "Agent",
    "AgentId",
    "Answer",
    "Ask",
    "Attachment",
    "Author",
    "Awaiting",
    "Button",
    "Card",
    "Change",
    "ChannelId",
    "ChatMessageId",
    "ChatName",
    "Choice",
    "Conversation",
    "Counts",
    "Cursor",
    "Customer",
    "Deleted",
    "DeliveryId",
    "DeliveryKey",
    "Edited",
    "Fact",
    "File",
    "Finding",
    "Kind",
    "LinePayload",
    "Mark",
    "Message",
    "MessageId",
    "NewCardPayload",
    "NoPayload",
    "Nudge",
    "OpenPayload",
    "Opened",
    "Payload",
    "Place",
    "Post",
    "Purpose",
    "Said",
    "State",
    "Status",
    "StatusPayload",
    "Store",
    "StoreName",
    "ThreadId",
    "Ticket",
    "TicketId",
    "TicketNumber",
    "Verb",
    "Voice",
]
