"""Events and messages that a platform sent and that cannot be read: each is logged and counted, and passed over."""

from __future__ import annotations

import zlib
from pathlib import Path
from traceback import extract_tb
from typing import Final

import structlog

from bot.model import ChatName

_log = structlog.get_logger(__name__)

SHAPE_ERRORS: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, zlib.error)
"""What reading raises where a value is missing or of another kind."""


class Malformed:
    """
    Counts what cannot be read.

    Attributes:
        count: How much that was since the start.
    """

    def __init__(self, chat: ChatName) -> None:
        self._chat = chat
        self.count = 0

    def add(self, what: str, error: Exception) -> None:
        """Log and count one. The error's own text is left out, because it may quote what a person wrote."""
        self.count += 1
        frames = extract_tb(error.__traceback__)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        _log.warning("not understood", chat=self._chat, what=what, error=type(error).__name__, place=place)
