r"""
Discord's markdown as a tree; pure.

The rules are those of Discord's own clients, which differ from every Markdown library: an underscore within a word,
`||spoilers||`, `-# small print`, lists and quotes without empty lines around them, a backslash before any sign. A
heading becomes a bold line; what is only underlined, hidden by a spoiler or small becomes ordinary text.

Anybody can write such a text. So each place where a mark can end is looked for once, and marks inside marks are read
only so deep.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from adapters.chats.discord.brackets import Names, bracketed
from adapters.chats.discord.code_spans import CodeSpans
from adapters.chats.discord.list_entries import level_of, next_number, without_indent
from adapters.chats.discord.style_marks import STYLES, StyleMarks
from adapters.chats.markup_ends import Places
from adapters.chats.unfinished_blocks import Building
from bot.text import addresses, cleaned_lines
from bot.text.normal_form import normal
from bot.text.plain import label_of
from bot.text.tree import (
    BREAK,
    PLAIN,
    Block,
    Code,
    Inline,
    Item,
    Link,
    List,
    Quote,
    RichText,
    Style,
    Words,
    verbatim,
)

_DEEPEST_MARK = 8
_DEEPEST_IN_LABELS = 4
"""So many marks in one another are read in a link's label."""
_LONGEST = 100_000
"""Characters, far more than Discord allows. A longer text is not looked through for formatting."""

_TOKEN = re.compile(r"¯\\_\(ツ\)_/¯|(?i:https?)://|[\\`*_~|<\[\n]")
_SHRUG = "¯\\_(ツ)_/¯"
_ESCAPE = re.compile(r"\\[\s\S]")
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_FENCE = re.compile(r"```(?:(?P<language>[A-Za-z0-9_+\-.#]{1,50})\n)?\n*(?=[^\n])")
_FENCE_END = re.compile(r"```")
_LINK = re.compile(
    r"\[(?P<label>(?:[^\[\]\\\n]|\\.|\[[^\[\]\\\n]*\])+)\]"
    r"\( *(?:<(?P<bracketed>(?i:https?)://[^\s<>]+)>|(?P<target>(?i:https?)://(?:[^\s()<>]|\([^\s()<>]*\))+))"
    r"(?: +(?:\"[^\n]{0,200}?\"|'[^\n]{0,200}?'))? *\)"
)
_QUOTE_REST = re.compile(r" *>>> +")
_QUOTE_LINE = re.compile(r" *> ")
_HEADING = re.compile(r" *#{1,3} +(?=\S)")
_SMALL = re.compile(r" *-# +(?=\S)")
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[*+-]|(?P<number>[0-9]{1,9})\.) +(?=\S)")
_CONTINUED = re.compile(r"[ \t]{2,}(?=\S)")


def read(content: str, names: Names) -> RichText:
    """What people see of a message: its formatting, and names in place of ids. Never raises."""
    if len(content) > _LONGEST:
        return verbatim(content)
    return normal(_Reader(cleaned_lines(content), names).blocks(quoted=False))


def read_line(line: str) -> list[Inline]:
    """One line without what only the beginning of a line can be."""
    return _Reader(line, Names()).pieces()


class _Reader:
    """Reads one text; the places of its marks are known after they were asked for once."""

    def __init__(self, text: str, names: Names) -> None:
        self._text = text
        self._names = names
        # An escaped sign ends nothing. Both of its characters are replaced, so that every place stays the same.
        self._bare = _ESCAPE.sub("\0\0", text)
        self._marks = StyleMarks(text, self._bare)
        self._fence_ends = Places(text, _FENCE_END)
        self._code_spans = CodeSpans(text)
        self._building = Building()

    # ------------------------------------------------------------ blocks

    def blocks(self, *, quoted: bool) -> list[Block]:
        """The whole text; within a quote there is no other one."""
        at, end = 0, len(self._text)
        while at < end:
            if not at or self._text[at - 1] == "\n":
                after = self._block(at, quoted=quoted)
                if after is not None:
                    at = after + (after < end and self._text[after] == "\n" and self._text[after - 1] != "\n")
                    continue
            at = self._next_inline(at, end, self._building.line, PLAIN, 0)
        return self._building.blocks()

    def _block(self, at: int, *, quoted: bool) -> int | None:
        """A block that begins with this line: the end of its last line; None: none does."""
        if not quoted:
            rest = _QUOTE_REST.match(self._text, at)
            if rest is not None:
                return self._quote([self._text[rest.end() :]], len(self._text))
            if _QUOTE_LINE.match(self._text, at):
                return self._quote_lines(at)
        if _ITEM.match(self._text, at):
            return self._list(at)
        for pattern, style in ((_HEADING, Style(bold=True)), (_SMALL, PLAIN)):
            start = pattern.match(self._text, at)
            if start is not None:
                end = self._line_end(at)
                self._building.line += self._inline(start.end(), end, style, 0)
                return self._after_heading(end)
        return None

    def _after_heading(self, end: int) -> int:
        """A heading is a line of the paragraph, so its line end is one, too."""
        if end < len(self._text):
            self._building.line.append(BREAK)
            return end + 1
        return end

    def _quote_lines(self, at: int) -> int:
        lines: list[str] = []
        end = at
        while (start := _QUOTE_LINE.match(self._text, at)) is not None:
            rest = _QUOTE_REST.match(self._text, at)
            if rest is not None and lines:
                break
            end = self._line_end(at)
            lines.append(self._text[start.end() : end])
            at = end + 1
            if at > len(self._text):
                break
        return self._quote(lines, end)

    def _quote(self, lines: list[str], end: int) -> int:
        inner = _Reader("\n".join(lines), self._names).blocks(quoted=True)
        self._building.add(Quote(normal(inner)))
        return end

    def _list(self, at: int) -> int:
        """Entries, up to an empty line or a line that neither is one nor goes on in one."""
        items: list[Item] = []
        indents: list[int] = []
        numbers: dict[int, int] = {}
        end = at
        while (start := _ITEM.match(self._text, at)) is not None:
            level = level_of(indents, len(start["indent"].expandtabs(4)))
            number = next_number(numbers, level, start["number"])
            lines, end = self._entry_lines(start)
            inside = self._inline(start.end(), end, PLAIN, 0) if len(lines) == 1 else self._read_apart(lines)
            items.append(Item(tuple(inside), level, number))
            at = end + 1
        self._building.add(List(tuple(items)))
        return end

    def _entry_lines(self, start: re.Match[str]) -> tuple[list[str], int]:
        """The lines of an entry without their indent, and where the last one ends."""
        lines: list[str] = []
        line: re.Match[str] | None = start
        while line is not None:
            end = self._entry_line_end(line.end())
            lines += without_indent(self._text[line.end() : end].split("\n"))
            line = None if _ITEM.match(self._text, end + 1) else _CONTINUED.match(self._text, end + 1)
        return lines, end

    def _read_apart(self, lines: Sequence[str]) -> list[Inline]:
        return _Reader("\n".join(lines), self._names).pieces()

    def _entry_line_end(self, at: int) -> int:
        """The end of the line; code between fences that begins in it ends with its last fence."""
        end = self._line_end(at)
        while (ticks := self._bare.find("```", at, end)) >= 0:
            fence = _FENCE.match(self._text, ticks)
            closing = None if fence is None else self._fence_ends.next(fence.end() + 1, len(self._text))
            at = ticks + 1 if closing is None else closing[1]
            end = max(end, self._line_end(at))
        return end

    def _line_end(self, at: int) -> int:
        found = self._text.find("\n", at)
        return len(self._text) if found < 0 else found

    # ------------------------------------------------------------ within a line

    def pieces(self) -> list[Inline]:
        """The whole text as pieces of a line."""
        return self._inline(0, len(self._text), PLAIN, 0)

    def _inline(self, start: int, end: int, style: Style, depth: int) -> list[Inline]:
        pieces: list[Inline] = []
        at = start
        while at < end:
            at = self._next_inline(at, end, pieces, style, depth)
        return pieces

    def _next_inline(self, at: int, end: int, pieces: list[Inline], style: Style, depth: int) -> int:
        """Read up to and including the next thing that is no plain text; returns where it ends."""
        found = _TOKEN.search(self._text, at, end)
        if found is None:
            pieces.append(Words(self._text[at:end], style))
            return end
        if found.start() > at:
            pieces.append(Words(self._text[at : found.start()], style))
        after = self._token(found, end, pieces, style, depth)
        if after is None:
            after = found.end()
            while depth >= _DEEPEST_MARK and after < end and self._text[after] == found[0]:
                after += 1
            pieces.append(Words(self._text[found.start() : after], style))
        return after

    def _token(self, found: re.Match[str], end: int, pieces: list[Inline], style: Style, depth: int) -> int | None:
        """What begins here; None: nothing, the sign is text."""
        at, token = found.start(), found[0]
        match token:
            case "\n":
                pieces.append(BREAK)
                after: int | None = at + 1
            case "\\":
                after = self._escaped(at, end, pieces, style)
            case "`":
                after = self._code(at, end, pieces, style)
            case "<":
                after = self._bracketed(at, end, pieces, style)
            case "[":
                after = self._link(at, end, pieces, style, depth)
            case _ if token.endswith("://"):
                after = self._address(at, end, pieces, style)
            case _ if token == _SHRUG:
                pieces.append(Words(token, style))
                after = found.end()
            case _:
                after = self._marked(at, end, pieces, style, depth)
        return after

    def _escaped(self, at: int, end: int, pieces: list[Inline], style: Style) -> int | None:
        escape = _ESCAPED.match(self._text, at, end)
        if escape is None:
            return None
        pieces.append(Words(escape[1], style))
        return escape.end()

    def _marked(self, at: int, end: int, pieces: list[Inline], style: Style, depth: int) -> int | None:
        if depth >= _DEEPEST_MARK:
            return None
        found = self._marks.longest(at, end)
        if found is None:
            return None
        mark, closing = found
        row = self._marks.row_end(at, closing[1], end)
        if row is not None:
            pieces.append(Words(self._text[at:row], style))
            return row
        name = STYLES.get(mark)
        inner = style if name is None else replace(style, **{name: True})
        pieces += self._inline(at + len(mark), closing[0], inner, depth + 1)
        return closing[1]

    def _code(self, at: int, end: int, pieces: list[Inline], style: Style) -> int | None:
        fence = _FENCE.match(self._text, at, end)
        if fence is not None:
            closing = self._fence_ends.next(fence.end() + 1, end)
            if closing is not None:
                text = self._text[fence.end() : closing[0]]
                ends_line = self._building.add_code(pieces, text, fence["language"] or "", style)
                after = closing[1]
                return after + (ends_line and after < end and self._text[after] == "\n")
        code, after = self._code_spans.read(at, end)
        pieces.append(Words(self._text[at:after], style) if code is None else Code(code, style))
        return after

    def _address(self, at: int, end: int, pieces: list[Inline], style: Style) -> int | None:
        last = addresses.end_of(self._text, at, end)
        if last is None:
            return None
        pieces.append(Link(self._text[at:last], "", style))
        if self._text.startswith("\\", last, end):
            # In an address, a backslash is a backslash.
            pieces.append(Words(self._text[last : min(last + 2, end)], style))
            return min(last + 2, end)
        return last

    def _bracketed(self, at: int, end: int, pieces: list[Inline], style: Style) -> int | None:
        found = bracketed(self._text, at, end, self._names, style)
        if found is None:
            return None
        pieces.append(found[0])
        return found[1]

    def _link(self, at: int, end: int, pieces: list[Inline], style: Style, depth: int) -> int | None:
        found = _LINK.match(self._text, at, end) if depth < _DEEPEST_MARK else None
        if found is None:
            return None
        address = found["bracketed"] or found["target"]
        within = max(depth + 1, _DEEPEST_MARK - _DEEPEST_IN_LABELS)
        inside = self._inline(found.start("label"), found.end("label"), PLAIN, within)
        label, is_struck = label_of(inside)
        shown = replace(style, strike=True) if is_struck else style
        pieces.append(Link(address, "" if label == address else label, shown))
        return found.end()
