"""A text with its formatting as neutral text that reads well, for vendors and places that take nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

from bot.text.addresses import bare, end_of, says_the_same
from bot.text.cleaning import clean
from bot.text.normal_form import normal
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

_QUOTED = "> "
_INDENT = "  "
_SEEN_BEHIND = 20
"""Characters behind an address that show whether it goes on."""
STRUCK = "~~"


def plain(text: RichText) -> str:
    """
    The text as people would type it without any formatting.

    Code stands as it is. A link reads `label (address)`, an entry of a list begins with `-` or its number, and a quoted
    line with `>`. What is struck out stands between `~~`, for without them its reader would believe it.
    """
    shown = clean("\n".join(line for block in text for line in _lines(block)))
    return _indent(text[0].text) + shown if text and isinstance(text[0], CodeBlock) else shown


def _indent(code: str) -> str:
    """The space before the first line of code, which shows how the lines belong together."""
    first = next((line for line in code.split("\n") if line.strip()), "")
    return first[: len(first) - len(first.lstrip(" \t"))]


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from plain_pieces(block.inside).split("\n")
        case CodeBlock():
            yield from block.text.split("\n")
        case Quote():
            for inner in block.blocks:
                yield from (f"{_QUOTED}{line}".rstrip() for line in _lines(inner))
        case List():
            for item in block.items:
                yield from _item_lines(item)


def _item_lines(item: Item) -> Iterator[str]:
    marker = item_marker(item)
    indent = _INDENT * item.level
    first, *others = plain_pieces(item.inside).split("\n")
    yield f"{indent}{marker}{first}".rstrip() or marker
    yield from (f"{indent}{' ' * len(marker)}{line}".rstrip() for line in others)


def item_marker(item: Item) -> str:
    """What an entry of a list begins with."""
    return "- " if item.number is None else f"{item.number}. "


def plain_pieces(pieces: Iterable[Inline]) -> str:
    """Pieces of a paragraph, without formatting; what is struck out stands between `~~`."""
    runs = [(is_struck, tuple(run)) for is_struck, run in groupby(pieces, key=_is_struck)]
    shown = (_struck(bare_pieces(run)) if is_struck else bare_pieces(run) for is_struck, run in runs)
    return _apart(zip((run[-1] for _, run in runs), shown, strict=True))


def bare_pieces(pieces: Iterable[Inline]) -> str:
    """The words of pieces alone, as if nothing were struck out."""
    return _apart((piece, _plain_piece(piece)) for piece in pieces)


def _apart(shown: Iterable[tuple[Inline, str]]) -> str:
    """
    Texts, each with the piece that it ends with, in a row.

    Without formatting, nothing but a space keeps what follows an address from being read as a part of it.
    """
    parts: list[str] = []
    before: Inline | None = None
    for last, text in shown:
        parts += [" ", text] if isinstance(before, Link) and _goes_on(parts[-1], text) else [text]
        before = last
    return "".join(parts)


def _goes_on(shown: str, following: str) -> bool:
    """Whether a text that follows an address would be taken for its end."""
    start = shown.lower().rfind("http")
    if start < 0:
        return False
    together = shown + following[:_SEEN_BEHIND]
    end = end_of(together, start, len(together))
    return end is not None and end > len(shown)


def _is_struck(piece: Inline) -> bool:
    return not isinstance(piece, LineBreak) and piece.style.strike


def _struck(text: str) -> str:
    """Space at the ends stays outside, so that the marks stand at the words; where nothing is seen, there are none."""
    words = text.strip()
    is_seen = any(character.isprintable() for character in words)
    return text.replace(words, f"{STRUCK}{words}{STRUCK}", 1) if is_seen else text


def label_of(pieces: Sequence[Inline]) -> tuple[str, bool]:
    """What a link is called that shows these pieces, and whether all of it is struck out."""
    shown = [piece for piece in pieces if bare_pieces((piece,)).strip()]
    is_struck = bool(shown) and all(map(_is_struck, shown))
    return (bare_pieces if is_struck else plain_pieces)(pieces), is_struck


def _plain_piece(piece: Inline) -> str:
    match piece:
        case LineBreak():
            return "\n"
        case Words() | Code():
            return piece.text
        case Mention():
            return piece.name
        case Emoji():
            return f":{piece.name}:"
        case Moment():
            return moment_text(piece)
        case Link():
            return plain_link(piece)


def plain_link(link: Link) -> str:
    """`label (address)`, or one of the two if they say the same."""
    address = bare(link.address)
    if not link.label or not address:
        return link.label or address
    return link.label if says_the_same(link.label, link.address) else f"{link.label} ({address})"


def moment_text(moment: Moment) -> str:
    """A moment in UTC, for those who cannot see it in their own time zone."""
    try:
        at = datetime.fromtimestamp(moment.seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return str(moment.seconds)
    if not moment.time:
        return f"{at:%Y-%m-%d}"
    return f"{at:%H:%M} UTC" if not moment.date else f"{at:%Y-%m-%d %H:%M} UTC"


def inert(text: RichText) -> RichText:
    """
    The text as a stranger's may be shown: each link with its address, and no line that looks like one of ours.

    In a chat the name of who speaks is a line in bold letters. So a line that is bold as a whole loses that.
    """
    return normal(map(_inert_block, text))


def _inert_block(block: Block) -> Block:
    match block:
        case Paragraph():
            return Paragraph(tuple(_inert_pieces(block.inside)))
        case List():
            return List(tuple(replace(item, inside=tuple(_opened_inside(item.inside))) for item in block.items))
        case Quote():
            return Quote(tuple(map(_inert_block, block.blocks)))
        case CodeBlock():
            return block


def _inert_pieces(pieces: Iterable[Inline]) -> Iterator[Inline]:
    for number, line in enumerate(lines_of(pieces)):
        yield from [LineBreak()] if number else []
        shown = tuple(_opened_pieces(line))
        if all(each.style.bold or _is_space(each) for each in shown):
            shown = tuple(replace(each, style=replace(each.style, bold=False)) for each in shown)
        yield from shown


def _opened_inside(inside: Iterable[Inline]) -> Iterator[Inline]:
    for number, line in enumerate(lines_of(inside)):
        yield from [LineBreak()] if number else []
        yield from _opened_pieces(line)


def _is_space(piece: Piece) -> bool:
    return isinstance(piece, Words) and not piece.text.strip()


def _opened_pieces(line: Iterable[Piece]) -> Iterator[Piece]:
    """A line with opened links. What follows an address stands apart from it, because both are words then."""
    before = ""
    for piece in line:
        shown = _opened(piece)
        if before and _goes_on(before, _plain_piece(shown)):
            yield Words(" ")
        yield shown
        before = shown.text if isinstance(shown, Words) and shown is not piece else ""


def _opened(piece: Piece) -> Piece:
    """A link whose label hides its address becomes words that show both."""
    if not isinstance(piece, Link) or not piece.label or says_the_same(piece.label, piece.address):
        return Link(piece.address, "", piece.style) if isinstance(piece, Link) and piece.address else piece
    return Words(plain_link(piece), piece.style)
