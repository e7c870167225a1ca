"""
A text with its formatting: a small tree of frozen values, the same for every vendor and chat.

A text is a tuple of blocks: paragraphs, code blocks, quotes and lists. Each block begins on a new line. A paragraph is
a run of lines, so an empty line is two line breaks. Inside it are pieces, and each piece has its style: so what is bold
and italic has one form only, and no depth. A quote may hold other blocks, a list has one entry for each item, with its
level.

`normal` makes equal what looks equal. Readers return normal texts, and writers expect them. An address in a link is
always a web address, a mail address or a telephone number: a reader leaves out the link of anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.text.neutral import clean, visible

DEEPEST_QUOTE: Final = 5
"""So many quotes may be in one another; what is quoted deeper counts as this deep."""
DEEPEST_LEVEL: Final = 8
"""How deep lists may be in one another."""


_LONGEST_FORMATTED: Final = 40_000
"""Characters, as many as one message in Slack may have. Of longer texts, the plain form has to do."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a piece looks."""

    bold: bool = False
    italic: bool = False
    strike: bool = False


PLAIN: Final = Style()


@dataclass(frozen=True, slots=True)
class Words:
    """Text within a line. Emoji that Unicode has are ordinary characters."""

    text: str
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Code:
    """Text in a fixed-width font, byte for byte."""

    text: str
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Link:
    """A link. `label` is the text that is shown; empty: the address itself is shown."""

    address: str
    label: str = ""
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody or something that was mentioned, by name and with the sign before it: `@Ana`, `#orders`."""

    name: str
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Emoji:
    """An emoji of a server or a workspace, which has a name but no characters."""

    name: str
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, which every reader sees in their own time zone. `seconds` counts from 1970, in UTC."""

    seconds: int
    date: bool = True
    time: bool = True
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class LineBreak:
    """The end of a line within a paragraph."""


Piece = Words | Code | Link | Mention | Emoji | Moment
Inline = Piece | LineBreak


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of text. One without anything in it is an empty line."""

    inside: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines in a fixed-width font, byte for byte."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list: how deep it is, and its number; None: it has a point."""

    inside: tuple[Inline, ...]
    level: int = 0
    number: int | None = None


@dataclass(frozen=True, slots=True)
class List:
    """The entries of a list, of all levels."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else has said."""

    blocks: tuple[Block, ...]


Block = Paragraph | CodeBlock | List | Quote
RichText = tuple[Block, ...]
"""A whole text."""

BREAK: Final = LineBreak()


def verbatim(text: str) -> RichText:
    """A neutral text as a tree, without any formatting."""
    inside: list[Inline] = []
    for number, line in enumerate(clean(text).split("\n")):
        inside += [BREAK] if number else []
        inside += [Words(line)] if line else []
    return (Paragraph(tuple(inside)),) if inside else ()


def has_formatting(text: RichText) -> bool:
    """Whether the text is more than its plain form says, in which addresses and names stand as they are."""
    return any(not isinstance(block, Paragraph) or any(map(_is_formatted, block.inside)) for block in text)


def formatting_of(text: RichText) -> RichText | None:
    """The text if it has formatting; None: its plain form is all of it, or it is too long to be formatted in a chat."""
    return text if has_formatting(text) and _size(text) <= _LONGEST_FORMATTED else None


def _size(blocks: Iterable[Block]) -> int:
    size = 0
    for block in blocks:
        match block:
            case Paragraph():
                size += sum(map(_length, block.inside))
            case CodeBlock():
                size += len(block.text)
            case List():
                size += sum(_length(piece) for item in block.items for piece in item.inside)
            case Quote():
                size += _size(block.blocks)
    return size


def _length(piece: Inline) -> int:
    return 1 if isinstance(piece, LineBreak | Moment) else len(_text(piece)) + 1


def _is_formatted(piece: Inline) -> bool:
    if isinstance(piece, LineBreak):
        return False
    is_bare = isinstance(piece, Words | Mention) or (isinstance(piece, Link) and not piece.label)
    return not is_bare or piece.style != PLAIN


# ---------------------------------------------------------------- the one form of what looks the same


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
    """A piece without line ends in its text, and without characters that nobody may see."""
    if isinstance(piece, LineBreak | Moment):
        yield piece
        return
    for number, text in enumerate(visible(_text(piece)).split("\n")):
        if number:
            yield BREAK
        if text or isinstance(piece, Link):
            yield with_text(piece, text) if not number or not isinstance(piece, Link) else Words(text, piece.style)


def _text(piece: Words | Code | Link | Mention | Emoji) -> str:
    if isinstance(piece, Link):
        return piece.label
    return piece.name if isinstance(piece, Mention | Emoji) else piece.text


def with_text(piece: Piece, text: str) -> Piece:
    """The piece with another text; a moment stays as it is."""
    if isinstance(piece, Link):
        return piece if piece.label == text else replace(piece, label=text)
    if isinstance(piece, Mention | Emoji):
        return piece if piece.name == text else replace(piece, name=text)
    if isinstance(piece, Words | Code):
        return piece if piece.text == text else replace(piece, text=text)
    return piece


def _is_shown(piece: Piece) -> bool:
    return isinstance(piece, Moment) or bool(_text(piece)) or (isinstance(piece, Link) and bool(piece.address))


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
