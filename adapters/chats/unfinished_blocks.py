"""The blocks of a text while a chat's markup is read: those that are done, and the paragraph that goes on."""

from __future__ import annotations

from bot.text.tree import BREAK, Block, Code, CodeBlock, Inline, LineBreak, Paragraph, Style


class Building:
    """
    Collects what a reader finds.

    Attributes:
        line: The pieces of the paragraph that goes on. A reader adds to this list.
    """

    def __init__(self) -> None:
        self._done: list[Block] = []
        self.line: list[Inline] = []

    def add(self, block: Block) -> None:
        """A block begins on a new line: the paragraph ends, and the line break before the block is not one of it."""
        if self.line and isinstance(self.line[-1], LineBreak):
            self.line.pop()
            if not self.line and self._done:
                self._done.append(Paragraph(()))
        self._end_paragraph()
        self._done.append(block)

    def add_code(self, pieces: list[Inline], text: str, language: str, style: Style) -> bool:
        """
        Code between fences, found while `pieces` are read: a block of its own, but within other marks a piece of them.

        Several lines of code are lines of their own there, too.

        Returns:
            Whether its line ends with it, so that a line end after it is not seen.
        """
        if pieces is self.line:
            self.add(CodeBlock(text, language))
            return True
        code = Code(text.strip("\n"), style)
        has_lines = "\n" in code.text
        begins_line = not pieces or isinstance(pieces[-1], LineBreak)
        pieces += [code] if begins_line or not has_lines else [BREAK, code]
        pieces += [BREAK] if has_lines else []
        return has_lines

    def blocks(self) -> list[Block]:
        """All of them, at the end of the text."""
        self._end_paragraph()
        return self._done

    def _end_paragraph(self) -> None:
        if self.line:
            self._done.append(Paragraph(tuple(self.line)))
        self.line = []
