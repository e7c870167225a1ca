"""How the lists of an HTML document count, as a browser shows it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborNode

from adapters.vendors.client.html_elements import Attributes, css_of, walk

LISTS: Final = frozenset(("ul", "ol", "menu", "dir"))

_WHOLE = re.compile(r"[ \t\n\f\r]*([+-]?[0-9]{1,9})(?![0-9])")
_LETTERS = re.compile(r"list-style(?:-type)?\s*:[^;]*?(?:(lower|upper)-(alpha|latin|roman))", re.IGNORECASE)
_UNMARKED = re.compile(r"list-style(?:-type)?\s*:[^;]*?\bnone\b", re.IGNORECASE)
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_MOST_ROMAN = 3999
_LAST = 999_999_999
"""A larger number is none of a list in a chat."""


@dataclass(slots=True)
class Counting:
    """
    A list that is being read.

    Attributes:
        number: Of its last entry; None: it has no numbers.
        step: By how much the next one is higher.
        letters: In which letters it counts; empty: in figures.
    """

    number: int | None
    step: int = 1
    letters: str = ""

    @classmethod
    def of(cls, tag: str, attributes: Attributes, entries: int) -> Counting:
        """
        A list that begins.

        Args:
            entries: How many it has, of one that counts down.
        """
        if tag != "ol" or _UNMARKED.search(css_of(attributes)):
            return cls(None)
        is_reversed = counts_down(tag, attributes)
        step = -1 if is_reversed else 1
        first = _whole_number(attributes.get("start"), entries if is_reversed else 1)
        return cls(first - step, step, counted_in(attributes))

    def next(self, attributes: Attributes) -> int | None:
        """The number of the entry that begins; None: it has none."""
        if self.number is not None:
            self.number = _whole_number(attributes.get("value"), self.number + self.step)
        return self.number


def counts_down(tag: str, attributes: Attributes) -> bool:
    """Whether the numbers of a list become smaller."""
    return tag == "ol" and "reversed" in attributes


def entries_of_reversed(root: LexborNode) -> list[int]:
    """How many entries each list has that counts down, in the order in which these lists begin."""
    if root.css_first("ol[reversed]") is None:
        return []
    found: list[int] = []
    lists: list[int | None] = []
    for entered, each in walk(root):
        tag = each.tag or ""
        if tag in LISTS and entered:
            lists.append(len(found) if counts_down(tag, each.attributes) else None)
            found += [0] * counts_down(tag, each.attributes)
        elif tag in LISTS:
            lists.pop()
        elif tag == "li" and entered and lists and (at := lists[-1]) is not None:
            found[at] += 1
    return found


def counted_in(attributes: Attributes) -> str:
    """`a`, `A`, `i` or `I` where a list or an entry counts in letters; empty: in figures."""
    found = _LETTERS.search(css_of(attributes))
    if found is not None:
        letter = "i" if found[2].lower() == "roman" else "a"
        return letter.upper() if found[1].lower() == "upper" else letter
    kind = (attributes.get("type") or "").strip()
    return kind if kind in ("a", "A", "i", "I") else ""


def counted(number: int, letters: str) -> str | None:
    """
    A number as words: in letters as a browser shows it (`b`, `iv`), or one that no chat's list has.

    None: the lists of chats count like that.
    """
    if not letters or number < 1 or (letters in "iI" and number > _MOST_ROMAN):
        is_usual = 0 < number <= _LAST and not letters
        return None if is_usual else str(number)
    shown = _roman(number) if letters in "iI" else _alphabetic(number)
    return shown.upper() if letters.isupper() else shown


def _roman(number: int) -> str:
    shown = ""
    for value, sign in _ROMAN:
        shown += sign * (number // value)
        number %= value
    return shown


def _alphabetic(number: int) -> str:
    shown = ""
    while number:
        number, rest = divmod(number - 1, 26)
        shown = chr(ord("a") + rest) + shown
    return shown


def _whole_number(value: str | None, otherwise: int) -> int:
    """What browsers read of an attribute: a number at its beginning, whatever follows; else `otherwise`."""
    found = _WHOLE.match(value or "")
    return otherwise if found is None else int(found[1])
