"""
A text with its formatting: a small tree of frozen values, the same for every vendor and chat.

A text is a tuple of blocks: paragraphs, code blocks, quotes and lists. Each block begins on a new line. A paragraph is
a run of lines, so an empty line is two line breaks. Inside it are pieces, and each piece has its style: so what is bold
and italic has one form only, and no depth. A quote may hold other blocks, a list has one entry for each item, with its
level.

`bot.text.normal_form` makes equal what looks equal. Readers return normal texts, and writers expect them. An address
in a link is always a web address, a mail address or a telephone number: a reader leaves out the link of anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from bot.text.cleaning import clean

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
    return 1 if isinstance(piece, LineBreak | Moment) else len(text_of(piece)) + 1


def _is_formatted(piece: Inline) -> bool:
    if isinstance(piece, LineBreak):
        return False
    is_bare = isinstance(piece, Words | Mention) or (isinstance(piece, Link) and not piece.label)
    return not is_bare or piece.style != PLAIN


def lines_of(inside: Iterable[Inline]) -> Iterator[tuple[Piece, ...]]:
    """The lines of what stands in a paragraph or an entry, without the breaks between them; at least one."""
    line: list[Piece] = []
    for piece in inside:
        if isinstance(piece, LineBreak):
            yield tuple(line)
            line = []
        else:
            line.append(piece)
    yield tuple(line)


def text_of(piece: Words | Code | Link | Mention | Emoji) -> str:
    """The text that a piece shows; of a link, its label."""
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
