"""Of so many messages the last change is known, and of the others nothing is wrong."""

from __future__ import annotations

from bot.inbound.chats.changed_messages import ChangedMessages
from bot.model import ChannelId, ChatMessageId, ChatName, Place

PLACE = Place(chat=ChatName("slack"), channel=ChannelId("C1"))


def test_only_the_last_ones_are_remembered() -> None:
    """Whoever changes very many messages takes no memory: the oldest is forgotten first."""
    changed = ChangedMessages()
    for number in range(10_001):
        changed.add(PLACE, ChatMessageId(str(number)))
    assert changed.number(PLACE, ChatMessageId("0")) == 0
    assert changed.number(PLACE, ChatMessageId("1")) == 2
    changed.add(PLACE, ChatMessageId("1"))
    assert changed.number(PLACE, ChatMessageId("1")) == 10_002
