"""
The words of a search: which of what was typed are looked for, and whether and where a text has them. Pure.

A word that is looked for is the beginning of a word in a text, whatever its capitals and accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.text import clean, one_line, units, within

LONGEST: Final = 60
"""So many UTF-16 units of words are looked for: a button under a page carries them to the next one."""
_READ = 1_000
"""So much of what was typed is read."""
_DIGITS = 12
_LINE = 120
_BEFORE = 40
_COMPOSED_AT_ONCE = 100

_MOST_SPELLINGS = 12
_OTHERWISE = (
    *(("ss", "ß"), ("е", "ё")),
    *(("α", "ά"), ("ε", "έ"), ("η", "ή"), ("ι", "ίϊ"), ("ο", "ό"), ("υ", "ύϋ"), ("ω", "ώ")),
    *(("d", "đ"), ("l", "ł"), ("o", "ø"), ("i", "ı")),
)
"""What stands for what, at one place in a word or at all: of Greek and Russian words, one letter has an accent."""
_BARE = str.maketrans("łđøı", "ldoi")

_WORD = re.compile(r"[^\W_][^\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W_\u0300-\u036f]*)*")


@dataclass(frozen=True, slots=True)
class Words:
    """
    What is looked for.

    Attributes:
        words: Each is the beginning of a word; none: nothing was typed that can be looked for.
        left_out: Whether more was typed than is looked for.
    """

    words: tuple[str, ...]
    left_out: bool = False

    def __str__(self) -> str:
        return " ".join(self.words)

    @property
    def number(self) -> int:
        """The ticket's number that was typed; 0: no number was, or more than that."""
        (only, *others) = self.words or ("",)
        return int(only) if not others and only.isascii() and only.isdecimal() and len(only) <= _DIGITS else 0


def words_of(typed: str) -> Words:
    """The words to look for. Whatever was typed, it is safe to use them."""
    kept: dict[str, str] = {}
    left_out, length = len(typed) > _READ, 0
    for word in _words(clean(typed[:_READ])):
        short = within(word, LONGEST)
        left_out = left_out or short != word
        if _folded(short) in kept:
            continue
        length += units(short) + 1
        if length > LONGEST + 1:
            left_out = True
            break
        kept[_folded(short)] = short
    return Words(tuple(kept.values()), left_out)


def query(words: Words, forms: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    """The words as FTS5 reads them: all of them, each as the beginning of a word, or as one of its `forms`."""
    return " AND ".join(_alternatives(word, forms.get(word)) for word in words.words)


def _alternatives(word: str, forms: Sequence[str] | None) -> str:
    beginnings = [*([word] if forms is None else []), *_other_spellings(word)]
    looked_for = [*(f'"{form}"' for form in forms or ()), *(f'"{each}"*' for each in beginnings)]
    return looked_for[0] if len(looked_for) == 1 else f"({' OR '.join(looked_for)})"


def _other_spellings(word: str) -> list[str]:
    """
    How else a word stands in the index if it is written with other capitals or accents.

    SQLite folds capitals one by one, and takes accents from Latin letters only.
    """
    folded = _folded(word)
    found = [] if _without_accents(word).isascii() else [folded]
    for letters, others in _OTHERWISE:
        parts = folded.split(letters)
        for other in others:
            found += [letters.join(parts[:at]) + other + letters.join(parts[at:]) for at in range(1, len(parts))]
            found.append(other.join(parts))
    return [each for each in dict.fromkeys(found) if each != word.lower() and each.isalnum()][:_MOST_SPELLINGS]


def folded_words(words: Words) -> set[str]:
    """The words without capitals and accents, as the functions below want them."""
    return {_folded(word) for word in words.words}


def best_line(text: str, wanted: set[str]) -> tuple[str, set[str]]:
    """The line of a text that has the most of the words, and those that it lacks."""
    best, best_missing = "", wanted
    for line in text.splitlines():
        missing = missing_in(line, wanted)
        if len(missing) < len(best_missing):
            best, best_missing = line, missing
    return best, best_missing


def missing_in(text: str, wanted: Iterable[str]) -> set[str]:
    """Which of the words no word of the text begins with."""
    missing = set(wanted)
    for found in _WORD.finditer(text):
        if not missing:
            break
        word = _folded(found[0])
        missing = {each for each in missing if not word.startswith(each)}
    return missing


def around(line: str, wanted: set[str]) -> str:
    """What stands in a line around the first of the words."""
    line = " ".join(line.split())
    at = next((m.start() for m in _WORD.finditer(line) if _folded(m[0]).startswith(tuple(wanted))), 0)
    if at > _BEFORE and len(line) > _LINE:
        begins = line.find(" ", at - _BEFORE, at) + 1 or at
        line = f"…{line[begins:]}"
    return one_line(line, _LINE)


def _words(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text):
        yield "".join(sign for sign in _in_pieces("NFC", found[0]) if not unicodedata.combining(sign))


def _folded(word: str) -> str:
    """A word without capitals and accents."""
    if word.isascii():
        return word.lower()
    return _without_accents(_in_pieces("NFKC", word).casefold()).translate(_BARE)


def _without_accents(word: str) -> str:
    return "".join(sign for sign in _in_pieces("NFD", word) if not unicodedata.combining(sign))


def _in_pieces(form: str, word: str) -> str:
    # `normalize` takes hours for a million accents on one letter, so it gets the word in pieces.
    pieces = (word[at : at + _COMPOSED_AT_ONCE] for at in range(0, len(word), _COMPOSED_AT_ONCE))
    return "".join(unicodedata.normalize(form, piece) for piece in pieces)  # type: ignore[arg-type]
