"""
How long a neutral text is, and cutting it to a length or into pieces; pure.

Anybody can write these texts, so the time of every function is linear in the length of its text, whatever is in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b

from bot.text.addresses import end_of
from bot.text.cleaning import clean

_LONGEST_SIGN = 64
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_LONGEST_SCHEME = len("https:/")
_IN_ONE_ADDRESS = 3
"""So many addresses may be in one another, as where one leads to the other."""
_JOINER = "\u200d"
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")
_GOING_ON = (("\U000e0020", "\U000e007f"), ("\u1160", "\u11ff"), ("\ud7b0", "\ud7fb"))
"""Letters that nobody sees, in flags, and the vowels and ends of Korean letters."""
_ATTACHED = frozenset("\u0e33\u0eb3\uff9e\uff9f\u200c")
"""Vowels and marks that Unicode counts as letters, and what keeps two letters apart."""
_JOINS_CONSONANTS = 9
"""Unicode's class of the sign that joins a consonant to the next one."""


def one_line(text: str, length: int) -> str:
    """The text on one line; if it is longer than `length` characters, cut to that with an ellipsis."""
    line = " ".join(clean(text).split())
    return shorten(line, length)


def shorten(text: str, length: int) -> str:
    """The text with its lines; if it is longer than `length` characters, cut to that with an ellipsis."""
    return text if len(text) <= length else text[: _sign_end(text, max(0, length - 1), 0)].rstrip() + "…"


def units(text: str) -> int:
    """The text's length in UTF-16 units, as chats' programs count: some signs are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def within(text: str, length: int) -> str:
    """The text, cut to so many UTF-16 units if it is longer; linear."""
    if units(text) <= length:
        return text
    return text[:length].encode("utf-16-le", "surrogatepass")[: 2 * length].decode("utf-16-le", "ignore")


def split(text: str, length: int, width: Callable[[str], int] = len) -> tuple[str, ...]:
    """
    Cut a text into pieces of a width of at most `length`, if possible at the end of a line or at a space.

    The pieces together are the whole text without the white space at the cuts. No piece is empty, except that the
    empty text is one empty piece.

    Args:
        width: The length of a text on the platform with its markup. It is at least the text's own length, and a
            longer text is never narrower.
    """
    return tuple(text[start:end] for start, end in spans(text, length, width))


def spans(text: str, length: int, width: Callable[[str], int] = len) -> tuple[tuple[int, int], ...]:
    """Where the pieces of `split` begin and end in the text."""
    if length < 1:
        raise ValueError("length must be at least 1")
    found: list[tuple[int, int]] = []
    start = 0
    # The length is compared first: to measure the whole rest for each piece takes minutes for a very long text.
    while len(text) - start > length or width(text[start:]) > length:
        end = _longest_fitting(text, start, length, width)
        cut = _good_cut(text, start, end)
        kept = len(text[start:cut].rstrip())
        if kept:
            found.append((start, start + kept))
        start = cut
        while kept and start < len(text) and text[start].isspace():
            start += 1
    if start < len(text) or not found:
        found.append((start, len(text)))
    return tuple(found)


class Cuts:
    """
    Where recent texts are cut, so that a text whose pieces are asked for one by one is not measured for each of them.

    Only the places are kept, not the texts.

    Args:
        length, width: See `split`.
        size: For how many texts the places are kept.
    """

    def __init__(self, length: int, width: Callable[[str], int], *, size: int = 500) -> None:
        self._length = length
        self._width = width
        self._size = size
        self._known: OrderedDict[bytes, tuple[tuple[int, int], ...]] = OrderedDict()

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """What `spans` returns."""
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        found = self._known.pop(digest, None)
        self._known[digest] = found = spans(text, self._length, self._width) if found is None else found
        if len(self._known) > self._size:
            self._known.popitem(last=False)
        return found


def _longest_fitting(text: str, start: int, length: int, width: Callable[[str], int]) -> int:
    """The end of the longest piece from `start` that fits, by bisection; the piece has at least one character."""
    low, high = start + 1, min(len(text), start + length)
    if width(text[start:high]) <= length:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[start:middle]) <= length:
            low = middle
        else:
            high = middle - 1
    return low


def _good_cut(text: str, start: int, end: int) -> int:
    """Where to cut: in the second half after a line or a word, else before an address, else after a whole sign."""
    half = start + (end - start) // 2
    for separator in ("\n", " "):
        found = text.rfind(separator, half, end)
        if found > start:
            return found + 1
    address = _cut_address(text, start, end)
    return _sign_end(text, end, half) if address is None else address


def _cut_address(text: str, start: int, end: int) -> int | None:
    """Where an address begins that a cut at `end` would break, if it fits into a piece; None: there is none."""
    room = end - start
    schemes = [found.start() for found in _SCHEME.finditer(text, start + 1, end + _LONGEST_SCHEME)]
    for first in [each for each in schemes if each < end][-_IN_ONE_ADDRESS:]:
        last = end_of(text, first, min(len(text), first + room + 1))
        if last is not None and end < last <= first + room:
            return first
    return None


def _sign_end(text: str, end: int, least: int) -> int:
    """The last place from `end` backwards where no sign is split, but none before `least`; `end` if there is none."""
    return next((cut for cut in range(end, max(least, end - _LONGEST_SIGN), -1) if not _is_inside_sign(text, cut)), end)


def _is_inside_sign(text: str, at: int) -> bool:
    """
    Whether a cut at `at` would split what people see as one sign.

    That is a letter with its accents or its vowel, consonants that are written as one, the parts of a Korean letter, an
    emoji of a family, or a flag, which is two letters or a black flag with letters that nobody sees.
    """
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    if _is_flag_letter(before) and _is_flag_letter(after):
        run = next((back for back in range(_LONGEST_SIGN) if not _is_flag_letter(text[at - 1 - back : at - back])), 0)
        return run % 2 == 1
    goes_on = after in _SKIN_TONES or after in _ATTACHED or any(first <= after <= last for first, last in _GOING_ON)
    is_joined = _JOINER in (before, after) or unicodedata.combining(before) == _JOINS_CONSONANTS
    return is_joined or goes_on or unicodedata.category(after) in ("Mn", "Mc", "Me")


def _is_flag_letter(sign: str) -> bool:
    return _FLAG_LETTERS[0] <= sign <= _FLAG_LETTERS[1]
