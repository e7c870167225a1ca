"""What our cards show, as far as it is remembered: a card that must show something else is not read before that."""

from __future__ import annotations

import json
from collections import OrderedDict
from hashlib import sha256
from typing import Any

from bot.model import ChatMessageId

_REMEMBERED = 200


class RenderedCards:
    """A digest of what the latest cards show. It never says that a card is still there: people may have deleted it."""

    def __init__(self) -> None:
        self._shown: OrderedDict[ChatMessageId, bytes] = OrderedDict()

    def shows_another(self, card: ChatMessageId, content: Any) -> bool:
        """Whether a card is known to show something else than this."""
        shown = self._shown.get(card)
        return shown is not None and shown != _digest(content)

    def changes(self, card: ChatMessageId) -> None:
        """A change is asked for, and may be made."""
        self._shown.pop(card, None)

    def changed(self, card: ChatMessageId, content: Any) -> None:
        """The card shows this now."""
        self._shown[card] = _digest(content)
        while len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)


def _digest(content: Any) -> bytes:
    return sha256(json.dumps(content, sort_keys=True).encode()).digest()
