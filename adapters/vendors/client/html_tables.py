"""The rows and columns of the tables in an HTML document; pure."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from adapters.vendors.client.html_elements import CELLS, MEDIA, Attributes, is_line, walk
from adapters.vendors.client.html_lines import end_words
from bot.text.plain import bare_pieces
from bot.text.tree import Inline, Words

_SEPARATORS = (Words(" | "), Words("| "), Words(" |"), Words("|"))
"""What stands between the cells of a row: within it, at its beginning, and before an empty cell."""
_MOST_COLUMNS = 4
"""A cell over more of them is there for the layout, and counts as one."""
_MOST_ROWS = 100
_LAST_COLUMN = 30
"""Behind it, nobody is told which column a cell is in."""
_NUMBER = re.compile(r"\s*([0-9]{1,4})(?![0-9])")
_SEEN = frozenset(("-text", "img", "input", "select"))
"""What shows something by itself."""
_NEED_LINES = (
    frozenset(("table", "ul", "ol", "menu", "dir", "li", "blockquote", "pre", "hr", "textarea", *MEDIA)) - _SEEN
)


def _cells_on_one_line(row: LexborNode) -> int:
    """
    In how many cells of a row something is seen, if none of them needs a second line; else 0.

    Programs for mails put a paragraph or more into each cell. The search ends at the first table within the row, so
    nothing in a document is looked at for more than one row.
    """
    count = lines = 0
    goes_on = False
    for entered, each in walk(row):
        tag = each.tag or ""
        if tag in _NEED_LINES or lines > 1:
            return 0
        if tag in CELLS:
            count += lines
            lines, goes_on = 0, False
        elif tag == "br" or is_line(tag, each.attributes):
            goes_on = False
        elif entered and tag in _SEEN and not goes_on and (tag != "-text" or (each.text_content or "").strip()):
            lines, goes_on = lines + 1, True
    return count


class Tables:
    """
    The tables that are being read, one in the other, and what stands between the cells of their rows.

    Attributes:
        is_row_one_line: Whether the row that is being read is one line, whatever is in its cells.
    """

    def __init__(self) -> None:
        self._tables: list[_Table] = []
        self.is_row_one_line = False

    def begin(self, tag: str, attributes: Attributes, node: LexborNode, line: list[Inline]) -> None:
        """An element begins in this line; only those of tables count."""
        if tag == "table":
            self._tables.append(_Table())
        elif tag == "tr" and self._tables:
            self.is_row_one_line = self._tables[-1].begin_row(node)
        elif tag in CELLS and self._tables:
            passed = self._tables[-1].begin_cell(attributes)
            passed = passed if self.is_row_one_line else 0
            for _ in range(passed):
                self._separate(line, counts=True)
            self._separate(line, counts=tag == "th" or passed > 0)

    def end(self, tag: str, line: list[Inline]) -> None:
        """An element ends in this line."""
        if tag == "table" and self._tables:
            self._tables.pop()
        elif tag == "tr":
            self.is_row_one_line = False
            # What has no words and stands behind all others is there for the layout.
            while line and line[-1] in _SEPARATORS:
                line.pop()

    def _separate(self, line: list[Inline], *, counts: bool) -> None:
        """
        What stands before a cell.

        Args:
            counts: Whether cells before it count that have no words: they are above other headings, or beside a cell
                that is higher than one row. Else what has no words and stands before all others is for the layout.
        """
        # From its end, where the words are: the whole line for each of its cells would take a time that grows squared.
        is_begun = any(bare_pieces((piece,)).strip() for piece in reversed(line))
        if is_begun or (counts and self._tables[-1].cell):
            end_words(line)
            line.append(_SEPARATORS[0] if line else _SEPARATORS[1])
        self._tables[-1].cell += 1


class _Table:
    """
    A table that is being read: which columns are taken by a cell that is wider or higher than one.

    Attributes:
        cell: How many cells of the row have begun.
    """

    def __init__(self) -> None:
        self._taken_until: dict[int, int] = {}
        self._row = 0
        self._column = 0
        self._has_short_rows = False
        self.cell = 0

    def begin_row(self, row: LexborNode) -> bool:
        """
        The next row begins: whether it is one line as a whole.

        One with words in a single cell is so only below others: in tables for the layout it is a paragraph.
        """
        self._row += 1
        self._column = self.cell = 0
        cells = _cells_on_one_line(row)
        self._has_short_rows = self._has_short_rows or cells > 1
        return cells > 0 and self._has_short_rows

    def begin_cell(self, attributes: Attributes) -> int:
        """The next cell of the row begins: how many columns before it have no cell of their own in this row."""
        passed = 0
        while self._column < _LAST_COLUMN and self._taken_until.get(self._column, 0) > self._row:
            self._column += 1
            passed += 1
        wide = _count(attributes.get("colspan"))
        below = self._row + min(_count(attributes.get("rowspan")), _MOST_ROWS)
        for column in range(self._column, self._column + (wide if wide <= _MOST_COLUMNS else 1)):
            self._taken_until[column] = below
        self._column += 1
        return passed


def _count(value: str | None) -> int:
    found = _NUMBER.match(value or "")
    return max(1, int(found[1])) if found is not None else 1
