"""
Cuts a text with its formatting into parts, each of which is a text of its own.

A code block that goes on in the next part is closed and opened again, and so are quotes, lists and styles. A cut is
made between blocks, else between lines, else between words, and never inside what people see as one sign. Linear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.text.lengths import spans
from bot.text.normal_form import normal
from bot.text.plain import moment_text, plain_link
from bot.text.tree import (
    Block,
    Code,
    CodeBlock,
    Emoji,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Mention,
    Moment,
    Paragraph,
    Piece,
    Quote,
    RichText,
    Words,
    lines_of,
)

Measure = Callable[[Block], int]
"""How long a block is, written by itself, in the units of a platform. It is not shorter if a character is added."""


@dataclass(frozen=True, slots=True)
class _Fragment:
    """A block or a part of one; `source` is which block it is from, `frame` what the marks of its code cost."""

    block: Block
    source: int
    length: int
    frame: int


def cut(text: RichText, length: int, measure: Measure) -> tuple[RichText, ...]:
    """
    Parts that are at most so long each when written; the empty text is one empty part.

    Args:
        length: At least 50, so that every platform's marks fit.
    """
    parts: list[list[_Fragment]] = [[]]
    room = length
    for fragment in _fragments(text, length, measure):
        held = parts[-1]
        goes_on = bool(held) and held[-1].source == fragment.source and held[-1].frame > 0
        cost = fragment.length - (fragment.frame if goes_on else 0) + bool(held)
        if held and cost > room:
            parts.append([])
            room, cost = length, fragment.length
        parts[-1].append(fragment)
        room -= cost
    cuts = tuple(part for part in map(_joined, parts) if part)
    return cuts or ((),)


def _fragments(text: RichText, length: int, measure: Measure) -> Iterator[_Fragment]:
    for source, block in enumerate(text):
        whole = measure(block)
        if whole <= length // 4:
            yield _Fragment(block, source, whole, 0)
            continue
        for piece in _lines(block):
            needed = measure(piece)
            frame = _frame(piece, measure)
            if needed <= length:
                yield _Fragment(piece, source, needed, frame)
                continue
            for small in _fitting(piece, length, measure):
                yield _Fragment(small, source, measure(small), frame)


def _frame(piece: Block, measure: Measure) -> int:
    """What the marks around code cost, which lines of one block have together."""
    if not isinstance(piece, CodeBlock | Quote):
        return 0
    return measure(_emptied(piece, code=True)) - measure(_emptied(piece, code=False))


def _joined(fragments: Iterable[_Fragment]) -> RichText:
    """The fragments of a part as one text; lines of one block become that block again."""
    blocks: list[Block] = []
    for _, same in groupby(fragments, key=lambda fragment: fragment.source):
        blocks += _code_joined(fragment.block for fragment in same)
    return normal(_quotes_joined(blocks))


def _quotes_joined(blocks: list[Block]) -> Iterator[Block]:
    """Quotes that follow one another are one, and code that was cut into lines in it is one block again."""
    held: list[Block] = []
    for block in blocks:
        if isinstance(block, Quote):
            held += block.blocks
            continue
        yield from [Quote(tuple(_code_joined(held)))] if held else []
        held = []
        yield block
    yield from [Quote(tuple(_code_joined(held)))] if held else []


def _code_joined(blocks: Iterable[Block]) -> Iterator[Block]:
    lines: list[str] = []
    language = ""
    for block in blocks:
        if isinstance(block, CodeBlock):
            lines.append(block.text)
            language = block.language
            continue
        yield from [CodeBlock("\n".join(lines), language)] if lines else []
        lines = []
        yield block
    yield from [CodeBlock("\n".join(lines), language)] if lines else []


def _lines(block: Block) -> Iterator[Block]:
    """The block line by line, each as a block of its kind."""
    match block:
        case Paragraph():
            yield from (Paragraph(line) for line in lines_of(block.inside))
        case CodeBlock():
            yield from (CodeBlock(line, block.language) for line in block.text.split("\n"))
        case List():
            yield from (List((item,)) for item in block.items)
        case Quote():
            yield from (Quote((line,)) for inner in block.blocks for line in _lines(inner))


def _emptied(block: Block, *, code: bool) -> Block:
    """The block without its words, and without the marks of code if `code` is false."""
    match block:
        case CodeBlock() if code:
            return CodeBlock("", block.language)
        case CodeBlock():
            return Paragraph(())
        case Quote():
            return Quote(tuple(_emptied(inner, code=code) for inner in block.blocks))
        case List():
            return List(())
        case Paragraph():
            return Paragraph(())


def _fitting(block: Block, length: int, measure: Measure) -> Iterator[Block]:
    """A line in pieces that each fit."""
    if measure(block) <= length:
        yield block
        return
    match block:
        case CodeBlock():
            for text in _cut_text(block.text, length, _code_measure(block, measure)):
                yield CodeBlock(text, block.language)
        case Quote():
            (inner,) = block.blocks
            yield from (Quote((small,)) for small in _fitting(inner, length, lambda each: measure(Quote((each,)))))
        case Paragraph():
            for inside in _cut_pieces(block.inside, length, lambda pieces: measure(Paragraph(pieces))):
                yield Paragraph(inside)
        case List():
            (item,) = block.items
            yield from _cut_item(item, length, measure)


def _code_measure(block: CodeBlock, measure: Measure) -> Callable[[str], int]:
    return lambda text: measure(CodeBlock(text, block.language))


def _cut_item(item: Item, length: int, measure: Measure) -> Iterator[Block]:
    """The first piece has the entry's mark; what follows is a paragraph, because the entry is only one."""
    cuts = _cut_pieces(item.inside, length, lambda pieces: measure(List((Item(pieces, item.level, item.number),))))
    for number, inside in enumerate(cuts):
        yield Paragraph(inside) if number else List((Item(inside, item.level, item.number),))


def _cut_pieces(
    inside: tuple[Inline, ...], length: int, width: Callable[[tuple[Inline, ...]], int]
) -> Iterator[tuple[Inline, ...]]:
    """Pieces of one line, packed into as few parts as their lengths allow."""
    held: list[Inline] = []
    room = length
    for piece in inside:
        for small in _cut_piece(piece, length, width):
            cost = width((small,))
            if held and cost > room:
                yield tuple(held)
                held, room = [], length
            held.append(small)
            room -= cost
    if held:
        yield tuple(held)


def _cut_piece(piece: Inline, length: int, width: Callable[[tuple[Inline, ...]], int]) -> Iterator[Inline]:
    if isinstance(piece, LineBreak) or width((piece,)) <= length:
        yield piece
        return
    whole = _splittable(piece)
    yield from (_like(whole, text) for text in _cut_text(whole.text, length, lambda text: width((_like(whole, text),))))


def _splittable(piece: Piece) -> Words | Code:
    """A piece that can be cut: what is too long to be a link or a name is words."""
    match piece:
        case Words() | Code():
            return piece
        case Link():
            return Words(plain_link(piece), piece.style)
        case Mention():
            return Words(piece.name, piece.style)
        case Emoji():
            return Words(f":{piece.name}:", piece.style)
        case Moment():
            return Words(moment_text(piece), piece.style)


def _like(piece: Words | Code, text: str) -> Words | Code:
    return Code(text, piece.style) if isinstance(piece, Code) else Words(text, piece.style)


def _cut_text(text: str, length: int, width: Callable[[str], int]) -> Iterator[str]:
    """Like `split`, but the white space at a cut stays: it may be code."""
    starts = [start for start, _ in spans(text, length, width)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield text[start:end].rstrip() or text[start:end]
