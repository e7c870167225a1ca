r"""
Neutral text: what stands between the vendors' and the chats' markups.

Neutral text is plain Unicode with `\n` line ends, without control characters, and means exactly what it shows.
A vendor adapter makes it from what the vendor has; a chat adapter escapes it for its platform, and makes it from
what people typed there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_KEPT = "\n\t"
# Explicit direction marks and overrides can make a text read differently from what it is.
_JOINER = "\u200d"
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Make any text neutral: one kind of line end, no control characters, no lone surrogates, trimmed at the ends."""
    text = _LINE_ENDS.sub("\n", text)
    return "".join(character for character in text if _harmless(character)).strip()


def _harmless(character: str) -> bool:
    if character in _KEPT:
        return True
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in _DIRECTION


def one_line(text: str, length: int) -> str:
    """The text on one line, cut to `length` characters with an ellipsis where it is longer."""
    line = " ".join(clean(text).split())
    return line if len(line) <= length else line[: max(0, length - 1)].rstrip() + "…"


def shorten(text: str, length: int) -> str:
    """The text, lines kept, cut to `length` characters with an ellipsis where it is longer."""
    return text if len(text) <= length else text[: max(0, length - 1)].rstrip() + "…"


def comparable(text: str) -> str:
    """
    What two texts share when one is the other after a vendor has stored it.

    Vendors trim, fold white space and compose letters; they do not change words.
    """
    return " ".join(unicodedata.normalize("NFC", clean(text)).split())


def signed(agent: str, text: str) -> str:
    """A text with its writer's name before it, as a note stands at a vendor."""
    return f"{agent}: {text}"


def split(text: str, length: int, width: Callable[[str], int] = len) -> tuple[str, ...]:
    """
    Cut a text into pieces that are each at most `length` wide, at a line's end or a space where there is one.

    Joined again they are the whole text but for the white space at the cuts. No piece is empty, except that the
    empty text is one empty piece.

    Args:
        width: How wide a text is on the platform, markup included; at least its length, and never less as it grows.
    """
    if length < 1:
        raise ValueError("a piece needs room for a character")
    pieces: list[str] = []
    rest = text
    # Its length is asked first: measuring all that is left for each piece would take minutes for a long letter.
    while len(rest) > length or width(rest) > length:
        end = _fitting(rest, length, width)
        cut = _pleasant(rest, end)
        piece = rest[:cut].rstrip()
        if piece:
            pieces.append(piece)
        rest = rest[cut:].lstrip() if piece else rest[cut:]
    if rest or not pieces:
        pieces.append(rest)
    return tuple(pieces)


def _fitting(text: str, length: int, width: Callable[[str], int]) -> int:
    """The longest prefix that fits, by bisection; at least one character."""
    low, high = 1, min(len(text), length)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle]) <= length:
            low = middle
        else:
            high = middle - 1
    return low


def _pleasant(text: str, end: int) -> int:
    """A place to cut at or before `end`: after a line, else after a word, else after a sign; never too early."""
    for separator in ("\n", " "):
        found = text.rfind(separator, end // 2, end)
        if found > 0:
            return found + 1
    return next((cut for cut in range(end, end // 2, -1) if not _joined(text, cut)), end)


def _joined(text: str, at: int) -> bool:
    """Whether what stands on both sides of a place is seen as one sign: an accent, a skin tone, a family."""
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    return _JOINER in (before, after) or after in _SKIN_TONES or unicodedata.category(after) in ("Mn", "Me")
