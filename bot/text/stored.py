"""A text with its formatting as JSON, for the database. What this version cannot read is None."""

from __future__ import annotations

import json
from typing import Any

from bot.text.normal_form import normal
from bot.text.tree import (
    BREAK,
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
    Style,
    Words,
)

_PIECES = {"words": Words, "code": Code, "link": Link, "mention": Mention, "emoji": Emoji, "moment": Moment}
_NAMES = {piece: name for name, piece in _PIECES.items()}
_STYLES = ("bold", "italic", "strike")


def to_json(text: RichText) -> str:
    """The text as JSON."""
    return json.dumps([_block(block) for block in text], ensure_ascii=False, separators=(",", ":"))


def _block(block: Block) -> list[Any]:
    match block:
        case Paragraph():
            return ["paragraph", _pieces(block.inside)]
        case CodeBlock():
            return ["code", block.text, block.language]
        case List():
            return ["list", [[_pieces(item.inside), item.level, item.number] for item in block.items]]
        case Quote():
            return ["quote", [_block(inner) for inner in block.blocks]]


def _pieces(inside: tuple[Inline, ...]) -> list[Any]:
    return [_piece(piece) for piece in inside]


def _piece(piece: Inline) -> list[Any] | str:
    if isinstance(piece, LineBreak):
        return "\n"
    values: list[Any]
    match piece:
        case Words() | Code():
            values = [piece.text]
        case Link():
            values = [piece.address, piece.label]
        case Mention() | Emoji():
            values = [piece.name]
        case Moment():
            values = [piece.seconds, piece.date, piece.time]
    style = "".join(name[0] for name in _STYLES if getattr(piece.style, name))
    return [_NAMES[type(piece)], style, *values]


def from_json(stored: str | None) -> RichText | None:
    """The text that was stored; None: there is none that can be read."""
    if stored is None:
        return None
    try:
        return normal([_read_block(value) for value in json.loads(stored)])
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def _read_block(value: Any) -> Block:
    match value:
        case ["paragraph", pieces]:
            return Paragraph(_read_pieces(pieces))
        case ["code", str(text), str(language)]:
            return CodeBlock(text, language)
        case ["list", items]:
            return List(tuple(Item(_read_pieces(pieces), level, number) for pieces, level, number in items))
        case ["quote", blocks]:
            return Quote(tuple(map(_read_block, blocks)))
    raise ValueError("not a block")


def _read_pieces(values: Any) -> tuple[Inline, ...]:
    return tuple(BREAK if value == "\n" else _read_piece(*value) for value in values)


def _read_piece(kind: str, style: str, *values: Any) -> Inline:
    piece: Piece = _PIECES[kind](*values, style=Style(**{name: name[0] in style for name in _STYLES}))
    return piece
