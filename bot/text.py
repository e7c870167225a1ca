r"""
Neutral text: the common form between the markups of vendors and of chats.

It is plain Unicode with `\n` line ends and without control characters, and nothing in it is markup. A vendor adapter
converts its vendor's text to it. A chat adapter escapes it for its platform, and converts what people typed to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_KEPT = "\n\t"
_JOINER = "\u200d"
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
# These override the direction of text, so that it can look different from what it is.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    r"""Make any text neutral: `\n` line ends, no control characters, no lone surrogates, no space at the ends."""
    text = _LINE_ENDS.sub("\n", text)
    return "".join(character for character in text if _is_allowed(character)).strip()


def _is_allowed(character: str) -> bool:
    if character in _KEPT:
        return True
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in _DIRECTION


def one_line(text: str, length: int) -> str:
    """The text on one line; if it is longer than `length` characters, cut to that with an ellipsis."""
    line = " ".join(clean(text).split())
    return line if len(line) <= length else line[: max(0, length - 1)].rstrip() + "…"


def shorten(text: str, length: int) -> str:
    """The text with its lines; if it is longer than `length` characters, cut to that with an ellipsis."""
    return text if len(text) <= length else text[: max(0, length - 1)].rstrip() + "…"


def comparable(text: str) -> str:
    """
    A form that is equal for a text as it was sent and as a vendor stored it.

    Vendors trim text, merge white space and compose letters; they do not change words.
    """
    return " ".join(unicodedata.normalize("NFC", clean(text)).split())


def signed(agent: str, text: str) -> str:
    """A text with its author's name before it, as a note is stored at a vendor."""
    return f"{agent}: {text}"


def split(text: str, length: int, width: Callable[[str], int] = len) -> tuple[str, ...]:
    """
    Cut a text into pieces of a width of at most `length`, if possible at the end of a line or at a space.

    The pieces together are the whole text without the white space at the cuts. No piece is empty, except that the
    empty text is one empty piece.

    Args:
        width: The length of a text on the platform with its markup. It is at least the text's own length, and a
            longer text is never narrower.
    """
    if length < 1:
        raise ValueError("length must be at least 1")
    pieces: list[str] = []
    rest = text
    # The length is compared first: to measure the whole rest for each piece takes minutes for a very long text.
    while len(rest) > length or width(rest) > length:
        end = _longest_fitting(rest, length, width)
        cut = _good_cut(rest, end)
        piece = rest[:cut].rstrip()
        if piece:
            pieces.append(piece)
        rest = rest[cut:].lstrip() if piece else rest[cut:]
    if rest or not pieces:
        pieces.append(rest)
    return tuple(pieces)


def _longest_fitting(text: str, length: int, width: Callable[[str], int]) -> int:
    """The length of the longest prefix that fits, by bisection; at least 1."""
    low, high = 1, min(len(text), length)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle]) <= length:
            low = middle
        else:
            high = middle - 1
    return low


def _good_cut(text: str, end: int) -> int:
    """Where to cut, between half of `end` and `end`: after a line, else after a word, else after a whole sign."""
    for separator in ("\n", " "):
        found = text.rfind(separator, end // 2, end)
        if found > 0:
            return found + 1
    return next((cut for cut in range(end, end // 2, -1) if not _is_inside_sign(text, cut)), end)


def _is_inside_sign(text: str, at: int) -> bool:
    """Whether a cut at `at` would split what people see as one sign: a letter and its accent, an emoji of a family."""
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    return _JOINER in (before, after) or after in _SKIN_TONES or unicodedata.category(after) in ("Mn", "Me")


def escaped(text: str, keep: str = "") -> str:
    r"""
    The text as a terminal may show it: what would control the terminal, or turn the text around, stands as `\x1b`.

    Args:
        keep: Control characters that stay, for example line ends.
    """
    return "".join(character if character in keep else _visible(character) for character in text)


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _DIRECTION
    return character.encode("unicode_escape").decode("ascii") if hidden else character
