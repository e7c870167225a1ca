"""
Which messages a chat's events say were edited or deleted, so that one that comes late or again counts for nothing more.

Events may come twice, minutes late, and in another order than what they tell of. It is kept in memory: after a restart
what waits to be sent is read again anyway (see `bot.inbound.chats.reread`).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from bot.model import ChatMessageId, Edited, Place

_REMEMBERED = 10_000
"""Of so many messages the last change is known."""


@dataclass(frozen=True, slots=True)
class _Change:
    """The last change of a message: its number among all changes, and when its author made it, if the chat says so."""

    number: int
    made_at: datetime | None


class ChangedMessages:
    """The changes in one chat. No I/O."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[Place, ChatMessageId], _Change] = OrderedDict()
        self._numbers = 0

    def add(self, place: Place, message: ChatMessageId, made_at: datetime | None = None) -> None:
        """An event says that this message, known or not, was changed."""
        self._numbers += 1
        self._last[place, message] = _Change(self._numbers, made_at)
        self._last.move_to_end((place, message))
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)

    def number(self, place: Place, message: ChatMessageId) -> int:
        """Another number after each change of this message; 0: as far as we know it was never changed."""
        change = self._last.get((place, message))
        return 0 if change is None else change.number

    def is_outdated(self, edited: Edited) -> bool:
        """Whether a later edit of the same message came in before this one."""
        change = self._last.get((edited.place, edited.message))
        if change is None or change.made_at is None or edited.edited_at is None:
            return False
        return edited.edited_at < change.made_at
