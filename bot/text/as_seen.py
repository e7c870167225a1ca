"""A text as people see it: without characters that show nothing, and what looks alike as one. Pure."""

from __future__ import annotations

import unicodedata

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0\U0001d159")
_VARIATIONS = (("\ufe00", "\ufe0f"), ("\u180b", "\u180f"), ("\U000e0100", "\U000e01ef"))
_ALIKE = str.maketrans("\u2044\u2215\u2571\u29f8🔏🔐", "////🔒🔒")
"""Strokes, and the locks that stand beside one another where a telephone offers emoji."""


def seen(text: str) -> str:
    """The text without the characters that nobody can see."""
    return "".join(character for character in text if not is_unseen(character)).strip()


def is_unseen(character: str) -> bool:
    """Whether nobody can see this character: it is a mark of its own that shows nothing."""
    if character.isascii():
        return False
    unseen = unicodedata.category(character) == "Cf" or character in _FILLERS
    return unseen or any(first <= character <= last for first, last in _VARIATIONS)


def folded(text: str) -> str:
    """Letters and signs that look alike as one: full-width signs, capital letters, strokes and closed locks."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
