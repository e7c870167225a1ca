"""Identifiers. Only the adapter that made an id understands it; the core stores and compares ids."""

from __future__ import annotations

from typing import NewType

StoreName = NewType("StoreName", str)
TicketId = NewType("TicketId", str)
"""The vendor's own id of a ticket."""
MessageId = NewType("MessageId", str)
"""The vendor's own id of a message; unique within its ticket."""
TicketNumber = NewType("TicketNumber", int)
"""The short number that people use; unique in this installation and never reused."""
ChatName = NewType("ChatName", str)
"""Which chat platform, as written before the colon in `discord:<channel id>`."""
ChannelId = NewType("ChannelId", str)
ThreadId = NewType("ThreadId", str)
ChatMessageId = NewType("ChatMessageId", str)
AgentId = NewType("AgentId", str)
PersonId = NewType("PersonId", str)
"""`agent:ann` for somebody whom the settings name, else the person's id in a chat: `discord:123`."""
DeliveryId = NewType("DeliveryId", int)
DeliveryKey = NewType("DeliveryKey", str)
"""Identifies one part of one delivery, always; at most 25 characters of `[a-z0-9-]`, the limit of Discord's nonce."""
