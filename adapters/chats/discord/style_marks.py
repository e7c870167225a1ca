"""
The marks of Discord's markdown within a line, `**`, `*`, `_`, `~~` and `||`: where they begin and end; pure.

In some things we do not follow Discord, for neither `5*3*2` nor the key `AB_12_` may reach a customer as 532 and AB12:
stars beside a digit within a word are stars, and underscores within a word, or after it, begin nothing. Nor is a row of
one sign a mark: `Name: ______` has as many as were typed.
"""

from __future__ import annotations

import re
from typing import Final

from adapters.chats.markup_ends import Places, Runs

STYLES: Final = {"**": "bold", "*": "italic", "_": "italic", "~~": "strike"}
"""Other marks change nothing that we keep."""
_LONGEST_RUN = 4
"""No mark has so many signs."""
_STRIKE_END = re.compile(r"~~(?!_)")
_SPOILER_END = re.compile(r"\|\|")


class StyleMarks:
    """
    The marks of one text; where they can end is looked for once.

    Args:
        bare: The text with the signs replaced that end nothing; as long as the text.
    """

    def __init__(self, text: str, bare: str) -> None:
        self._text = text
        self._runs = {sign: Runs(bare, sign) for sign in "*_"}
        self._ends = {"~~": Places(bare, _STRIKE_END), "||": Places(bare, _SPOILER_END)}

    def longest(self, at: int, end: int) -> tuple[str, tuple[int, int]] | None:
        """
        The mark that begins at this place, in the text up to `end`, and where it ends; None: none does.

        Of two that may begin, Discord takes the one that ends later: `***Note:* read this**` is bold as a whole.
        """
        begun = ((mark, self._closing(mark, at + len(mark), end)) for mark in self._beginning(at, end))
        found = [(mark, closing) for mark, closing in begun if closing is not None]
        return max(found, key=lambda each: each[1][1], default=None)

    def row_end(self, at: int, closed: int, end: int) -> int | None:
        """
        Where the signs end that begin at `at`, if people mean them as they are; None: they mean a mark.

        They mean a row of them, such as a line to write on, if the mark would end within it at `closed`. Three `~` and
        more are a fence.
        """
        sign, after = self._text[at], at + 1
        while after < end and self._text[after] == sign:
            after += 1
        return after if closed <= after or (sign == "~" and after - at > len("~~")) else None

    def _beginning(self, at: int, end: int) -> tuple[str, ...]:
        """The marks that may begin at this place; the likelier first."""
        sign, run = self._text[at], 1
        while run < _LONGEST_RUN and at + run < end and self._text[at + run] == sign:
            run += 1
        if sign in "~|":
            return (2 * sign,) if run > 1 else ()
        after = self._text[at + run : at + run + 1]
        if self._is_within_word(sign, at, after):
            return ()
        if run > 1:
            return (sign, 2 * sign) if run == 3 else (2 * sign,)
        return () if sign == "*" and after.isspace() else (sign,)

    def _closing(self, mark: str, start: int, end: int) -> tuple[int, int] | None:
        """Where a mark whose inside begins at `start` ends; None: it does not, so it is text."""
        if mark in self._ends:
            return self._ends[mark].next(start + 1, end)
        runs = self._runs[mark[0]]
        if len(mark) > 1:
            run = runs.of_length(2, start + 1, end)
            return None if run is None else (run[1] - 2, run[1])
        run = runs.odd(start, end)
        if run is None or run[0] == start or not self._may_end(mark, run, end):
            return None
        return run[1] - 1, run[1]

    def _may_end(self, mark: str, run: tuple[int, int], end: int) -> bool:
        """Whether a single `*` or `_` can end something here."""
        if mark == "_":
            return run[1] >= end or not (self._text[run[1]].isalnum() or self._text[run[1]] == "_")
        return run[1] - run[0] > 1 or not self._text[run[0] - 1].isspace()

    def _is_within_word(self, sign: str, at: int, after: str) -> bool:
        """Whether people mean the sign itself: `snake_case_`, `5*3*2`, `2**8`, `AB12*CD`."""
        start = next((each for each in range(at, max(at - _LONGEST_RUN, 0), -1) if self._text[each - 1] != sign), 0)
        before = self._text[start - 1] if start else ""
        if sign == "_":
            return before.isalnum()
        return before.isalnum() and after.isalnum() and (before.isdigit() or after.isdigit())
