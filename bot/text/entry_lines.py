"""The lines of an entry of a list, where lines of code that belong together are one block; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile

from bot.text.tree import PLAIN, Code, CodeBlock, Inline, Piece, lines_of

Line = tuple[Piece, ...]


def entry_lines(inside: Iterable[Inline]) -> Iterator[Line | CodeBlock]:
    """
    The lines of an entry.

    Lines of code between which an empty line stands, or which have an indent, are a block: written one by one, as code
    within a line, they would lose that.
    """
    held: list[Line] = []
    for line in lines_of(inside):
        if _code(line) is None and (line or not held):
            yield from _joined(held)
            held = []
            yield line
        else:
            held.append(line)
    yield from _joined(held)


def _code(line: Line) -> str | None:
    """The code that is the whole line; None: it is something else."""
    only = line[0] if len(line) == 1 else None
    return only.text if isinstance(only, Code) and only.style == PLAIN else None


def _joined(held: Sequence[Line]) -> Iterator[Line | CodeBlock]:
    """Lines of code and empty lines; those at the end are none of the block."""
    kept = len(list(dropwhile(lambda line: not line, reversed(held))))
    texts = [_code(line) or "" for line in held[:kept]]
    if any(not text or text[0] in " \t" for text in texts):
        yield CodeBlock("\n".join(texts))
        yield from held[kept:]
    else:
        yield from held
