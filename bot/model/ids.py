"""Names of things. Only the adapter that made an id can read it; the core stores and compares them."""

from __future__ import annotations

from typing import NewType

StoreName = NewType("StoreName", str)
TicketId = NewType("TicketId", str)
"""A ticket, as its vendor names it."""
MessageId = NewType("MessageId", str)
"""A message, as its vendor names it; unique within its ticket."""
TicketNumber = NewType("TicketNumber", int)
"""The short number that people use; unique in this installation and never used again."""
ChatName = NewType("ChatName", str)
"""Which chat platform, as it stands before the colon in `discord:<channel id>`."""
ChannelId = NewType("ChannelId", str)
ThreadId = NewType("ThreadId", str)
ChatMessageId = NewType("ChatMessageId", str)
AgentId = NewType("AgentId", str)
DeliveryId = NewType("DeliveryId", int)
DeliveryKey = NewType("DeliveryKey", str)
"""Names one part of one delivery for ever; at most 25 characters of `[a-z0-9-]` (Discord's nonce takes no more)."""
