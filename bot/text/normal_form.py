"""
The one form of all texts that look the same; pure.

Two readers that read the same thing return equal trees, and a text that is written and read again is equal to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.text.cleaning import visible
from bot.text.names import shows
from bot.text.tree import (
    BREAK,
    DEEPEST_LEVEL,
    DEEPEST_QUOTE,
    PLAIN,
    Block,
    Code,
    CodeBlock,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Moment,
    Paragraph,
    Piece,
    Quote,
    RichText,
    Words,
    text_of,
    with_text,
)


def normal(text: Iterable[Block]) -> RichText:
    """
    The one form of all texts that look like this.

    Neighbours of a kind are joined, empty pieces go, space has no style where it begins or ends one, and no text
    begins or ends with an empty line.
    """
    return _trimmed(_joined_blocks(text, DEEPEST_QUOTE))


def _joined_blocks(blocks: Iterable[Block], quotes_left: int) -> list[Block]:
    joined: list[Block] = []
    # Neighbours are collected first and joined once: joined one by one, many of them take a time that grows squared.
    held: list[Paragraph] = []
    for block in _flattened(blocks, quotes_left):
        if isinstance(block, Paragraph):
            held.append(block)
            continue
        one = _one_form(block, quotes_left)
        if one is None:
            held.append(Paragraph(()))
            continue
        joined += [*_paragraph(held), one]
        held = []
    joined += _paragraph(held)
    return list(_merged(joined))


def _one_form(block: CodeBlock | List | Quote, quotes_left: int) -> Block | None:
    """The block in its one form; None: there is nothing in it."""
    if isinstance(block, List):
        return List(tuple(map(_item, block.items))) if block.items else None
    if isinstance(block, Quote):
        inside = _trimmed(_joined_blocks(block.blocks, quotes_left - 1))
        return Quote(inside) if inside else None
    return CodeBlock(_code_lines(block.text), block.language)


def _flattened(blocks: Iterable[Block], quotes_left: int) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Quote) and not quotes_left:
            yield from _flattened(block.blocks, 0)
        elif not isinstance(block, CodeBlock) or _code_lines(block.text):
            yield block


def _code_lines(text: str) -> str:
    """A code block's text. An empty line at its beginning or its end is not seen."""
    return visible(text).strip("\n")


def _paragraph(held: Sequence[Paragraph]) -> list[Block]:
    if not held:
        return []
    inside: list[Inline] = []
    for number, paragraph in enumerate(held):
        inside += [BREAK, *paragraph.inside] if number else paragraph.inside
    return [Paragraph(_joined_pieces(inside))]


def _merged(blocks: Iterable[Block]) -> Iterator[Block]:
    """Lists and quotes that follow one another are one."""
    held: list[Block] = []
    for block in blocks:
        if held and (type(held[0]) is not type(block) or not isinstance(block, List | Quote)):
            yield _as_one(held)
            held = []
        held.append(block)
    if held:
        yield _as_one(held)


def _as_one(blocks: Sequence[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    if isinstance(blocks[0], Quote):
        inner = [block for quote in blocks if isinstance(quote, Quote) for block in quote.blocks]
        return Quote(tuple(_joined_blocks(inner, DEEPEST_QUOTE)))
    return List(tuple(item for each in blocks if isinstance(each, List) for item in each.items))


def _item(item: Item) -> Item:
    inside = _without_space_after(_without_space_before(_joined_pieces(item.inside)))
    return Item(inside, min(max(item.level, 0), DEEPEST_LEVEL), item.number)


def _trimmed(blocks: list[Block]) -> RichText:
    """The blocks without empty lines and space at the beginning and the end of the text."""
    first, last = 0, len(blocks)
    while first < last and isinstance(block := blocks[first], Paragraph):
        inside = _without_space_before(block.inside)
        if inside:
            blocks[first] = Paragraph(inside)
            break
        first += 1
    while last > first and isinstance(block := blocks[last - 1], Paragraph):
        inside = _without_space_after(block.inside)
        if inside:
            blocks[last - 1] = Paragraph(inside)
            break
        last -= 1
    return tuple(blocks[first:last])


def _without_space_before(inside: tuple[Inline, ...]) -> tuple[Inline, ...]:
    for at, piece in enumerate(inside):
        if isinstance(piece, Words) and piece.style == PLAIN:
            kept = piece.text.lstrip()
            if kept:
                return (piece if kept == piece.text else Words(kept), *inside[at + 1 :])
        elif not isinstance(piece, LineBreak):
            return inside[at:]
    return ()


def _without_space_after(inside: tuple[Inline, ...]) -> tuple[Inline, ...]:
    for at in range(len(inside) - 1, -1, -1):
        piece = inside[at]
        if isinstance(piece, Words) and piece.style == PLAIN:
            kept = piece.text.rstrip()
            if kept:
                return (*inside[:at], piece if kept == piece.text else Words(kept))
        elif not isinstance(piece, LineBreak):
            return inside[: at + 1]
    return ()


def _joined_pieces(inside: Iterable[Inline]) -> tuple[Inline, ...]:
    """The pieces in their one form, line by line."""
    joined: list[Inline] = []
    line: list[Piece] = []
    for piece in (each for whole in inside for each in _lines_of(whole)):
        if isinstance(piece, LineBreak):
            joined += [*_line(line), piece]
            line = []
        elif _is_shown(piece):
            line.append(piece)
    return (*joined, *_line(line))


def _lines_of(piece: Inline) -> Iterator[Inline]:
    """
    A piece without line ends in its text, and without characters that nobody may see.

    A link has to be seen: one with a label that shows nothing is shown by its address.
    """
    if isinstance(piece, LineBreak | Moment):
        yield piece
        return
    if isinstance(piece, Link) and piece.label and not shows(piece.label):
        piece = replace(piece, label="")
    for number, text in enumerate(visible(text_of(piece)).split("\n")):
        if number:
            yield BREAK
        if text or isinstance(piece, Link):
            yield with_text(piece, text) if not number or not isinstance(piece, Link) else Words(text, piece.style)


def _is_shown(piece: Piece) -> bool:
    return isinstance(piece, Moment) or bool(text_of(piece)) or (isinstance(piece, Link) and bool(piece.address))


def _line(line: list[Piece]) -> list[Piece]:
    """One line: space that begins or ends a style has none, and equal neighbours are one."""
    for name in ("bold", "italic", "strike"):
        if any(getattr(piece.style, name) for piece in line):
            line = _with_bare_edges(line, name)
    return list(_joined_words(line))


def _with_bare_edges(line: list[Piece], name: str) -> list[Piece]:
    """The line where no white space begins or ends what has this style."""
    pieces = line
    for _ in range(2):
        bared: list[Piece] = []
        inside = False
        for piece in pieces:
            bared += [piece] if inside or not getattr(piece.style, name) else _without_first_space(piece, name)
            inside = bool(bared) and getattr(bared[-1].style, name)
        pieces = [_reversed(piece) for piece in reversed(bared)]
    return pieces


def _reversed(piece: Piece) -> Piece:
    return with_text(piece, piece.text[::-1]) if isinstance(piece, Words) else piece


def _without_first_space(piece: Piece, name: str) -> list[Piece]:
    """The piece, with the white space that it begins with apart and without the style."""
    if not isinstance(piece, Words) or not piece.text[:1].isspace():
        return [piece]
    kept = piece.text.lstrip()
    space = Words(piece.text[: len(piece.text) - len(kept)], replace(piece.style, **{name: False}))
    return [space, Words(kept, piece.style)] if kept else [space]


def _joined_words(line: Iterable[Piece]) -> Iterator[Piece]:
    held: list[Words | Code] = []
    for piece in line:
        if held and not (type(piece) is type(held[0]) and piece.style == held[0].style):
            yield with_text(held[0], "".join(each.text for each in held))
            held = []
        if isinstance(piece, Words | Code):
            held.append(piece)
        else:
            yield piece
    if held:
        yield with_text(held[0], "".join(each.text for each in held))
