"""What our cards show, as far as it is remembered: a card that shows it already needs no request."""

from __future__ import annotations

import json
from collections import OrderedDict
from hashlib import sha256
from typing import Any

from bot.model import ChatMessageId

_REMEMBERED = 200


class RenderedCards:
    """A digest of what the latest cards show; only we change them, and whoever deletes one is heard of by an event."""

    def __init__(self) -> None:
        self._shown: OrderedDict[ChatMessageId, bytes] = OrderedDict()

    def shows(self, card: ChatMessageId, content: Any) -> bool | None:
        """Whether a card shows this; None: it is not remembered."""
        shown = self._shown.get(card)
        return None if shown is None else shown == _digest(content)

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
