r"""
A tree as Discord's markdown; pure.

Every word is escaped, so that only what the tree says has formatting. A name pings nobody, because it is written as
words. Where Discord cannot show something, its words stay: a quote within a quote begins with `>`, code that holds the
marks of code blocks is ordinary text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from adapters.chats.discord.markup import escape, escape_label, escape_within_line
from adapters.chats.discord.reading_markdown import read_line
from bot.text import addresses, units
from bot.text.addresses import bare
from bot.text.entry_lines import entry_lines
from bot.text.plain import STRUCK, bare_pieces, item_marker, plain, plain_link, plain_pieces
from bot.text.tree import (
    BREAK,
    PLAIN,
    Block,
    Code,
    CodeBlock,
    Emoji,
    Inline,
    Item,
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

_FENCE = "```"
_LANGUAGE = re.compile(r"[A-Za-z0-9_+\-.#]{1,50}")
_ADDRESS = re.compile(r"(?i:https?)://[^\s<>()\[\]\\\"]{1,900}")
_STYLES = ("bold", "strike", "italic")
_MARKS = {"bold": "**", "strike": "~~"}
_MOMENTS = {(True, True): "f", (True, False): "D", (False, True): "t"}


def write(text: RichText) -> str:
    """The text in Discord's markdown."""
    return "\n".join(line for block in text for line in _lines(block))


def measure(block: Block) -> int:
    """At least how long a block is when it is written, in the units in which Discord counts."""
    return units("\n".join(_lines(block))) + _most_indent(block)


def _most_indent(block: Block) -> int:
    """What an entry of a list may need in addition when others are before it: indent, an escaped number, fences."""
    if isinstance(block, Quote):
        return sum(map(_most_indent, block.blocks))
    if not isinstance(block, List):
        return 0
    return sum(
        (2 * item.level + 1) * (1 + item.inside.count(BREAK))
        + any(isinstance(piece, Code) for piece in item.inside) * 2 * (len(f"{_FENCE}\n    ") + 2 * item.level)
        for item in block.items
    )


def _lines(block: Block, *, quoted: bool = False) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from map(_line, lines_of(block.inside))
        case CodeBlock():
            yield from _code_lines(block)
        case List():
            yield from _list_lines(block.items)
        case Quote() if quoted:
            yield from escape(plain((block,))).split("\n")
        case Quote():
            for inner in block.blocks:
                yield from (f"> {line}" for line in _lines(inner, quoted=True))


def _code_lines(block: CodeBlock) -> Iterator[str]:
    if _FENCE in block.text:
        yield from escape(block.text).split("\n")
        return
    language = block.language if _LANGUAGE.fullmatch(block.language) else ""
    yield f"{_FENCE}{language}"
    yield from block.text.split("\n")
    yield _FENCE


def _list_lines(items: Sequence[Item]) -> Iterator[str]:
    """
    Entries as Discord reads them. It counts numbers on by itself; a number that is another one is written as words.

    An entry can be only one level deeper than the one before. What is written as words ends the whole list, or goes on
    in the entry around it: so it changes nothing in how Discord counts there.
    """
    numbers: dict[int, int] = {}
    level = -1
    for item in items:
        level = min(item.level, level + 1)
        indent, marker = "  " * level, item_marker(item)
        if item.inside and (item.number is None or numbers.get(level, item.number) == item.number):
            numbers = {each: number for each, number in numbers.items() if each < level}
            numbers |= {} if item.number is None else {level: item.number + 1}
        else:
            marker = "\\- " if item.number is None else marker.replace(".", "\\.")
            if not level:
                numbers, level = {}, -1
        first, *others = _entry_lines(item.inside)
        yield f"{indent}{marker}{first}"
        yield from (f"{indent}    {line}" if line.strip() else line for line in others)


def _entry_lines(inside: Iterable[Inline]) -> Iterator[str]:
    for at, line in enumerate(entry_lines(inside)):
        if isinstance(line, CodeBlock):
            yield from (written or " " for written in _code_lines(line))
        else:
            written = _line(line)
            yield written.lstrip() if at else written


def _line(pieces: Sequence[Piece]) -> str:
    """
    One line with its styles.

    Some neighbours cannot be told apart in Discord: what is bold and then italic within a word has the marks `***`. So
    a line is read again, and written with fewer styles if it would be shown as another text. What is struck out keeps
    its marks then, as words.
    """
    for dropped in ((), ("italic",)):
        bare = _codes_joined(_without(piece, dropped) if dropped else piece for piece in pieces)
        written = _marked(bare)
        if _is_read_as(written, bare):
            return written
    bare = _codes_joined(_without(piece, _STYLES) for piece in _spelled(pieces))
    return _marked(bare)


def _is_read_as(written: str, pieces: Sequence[Piece]) -> bool:
    """Whether people see these pieces. What has no style is escaped, so it need not be read again."""
    is_bare = all(piece.style == PLAIN for piece in pieces)
    return is_bare or plain_pieces(read_line(written)) == plain_pieces(map(_as_words, pieces))


def _spelled(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces with the marks of what is struck out as words."""
    for is_struck, run in groupby(pieces, key=lambda piece: piece.style.strike):
        shown = tuple(run)
        is_seen = is_struck and plain_pieces(shown) != bare_pieces(shown)
        yield from (Words(STRUCK), *shown, Words(STRUCK)) if is_seen else shown


def _codes_joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Code beside code of another style is one piece: between two, the ticks would be read as two of its own."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, Code) and isinstance(last, Code):
            joined[-1] = replace(last, text=last.text + piece.text)
        else:
            joined.append(piece)
    return joined


def _without(piece: Piece, styles: Collection[str]) -> Piece:
    return replace(piece, style=replace(piece.style, **dict.fromkeys(styles, False)))


def _as_words(piece: Piece) -> Piece:
    """What comes back for a piece that Discord has no form for."""
    return Words(piece.name, piece.style) if isinstance(piece, Mention) else piece


def _marked(pieces: Sequence[Piece]) -> str:
    """Marks are opened and closed where the style changes, the inner ones first."""
    written: list[str] = []
    opened: list[tuple[str, str]] = []
    starts_line = True
    for at, piece in enumerate(pieces):
        styles = _styles(piece)
        wanted = [name for name, _ in opened if name in styles]
        wanted += [name for name in styles if name not in wanted]
        kept = 0
        while kept < len(opened) and kept < len(wanted) and opened[kept][0] == wanted[kept]:
            kept += 1
        written += [mark for _, mark in reversed(opened[kept:])]
        del opened[kept:]
        for name in wanted[kept:]:
            mark = _MARKS.get(name) or _italic_mark(pieces, at, "".join(written[-2:]))
            opened.append((name, mark))
            written.append(mark)
        written.append(_piece(piece, starts_line=starts_line))
        # A mark begins a text of its own, in which a heading or a quote may begin.
        starts_line = starts_line and not written[-1].strip()
    written += [mark for _, mark in reversed(opened)]
    return "".join(written)


def _styles(piece: Piece) -> list[str]:
    """How the piece can be written: within code and addresses a mark cannot be escaped, and would end the style."""
    raw = _raw(piece)
    impossible = {"bold": "**" in raw, "strike": "~~" in raw, "italic": "*" in raw and "_" in raw}
    return [name for name in _STYLES if getattr(piece.style, name) and not impossible[name]]


def _raw(piece: Piece) -> str:
    """What is written without escapes."""
    if isinstance(piece, Words):
        return " ".join(piece.text[start:end] for start, end in addresses.spans(piece.text))
    if isinstance(piece, Link):
        return piece.address + piece.label
    return piece.text if isinstance(piece, Code) else ""


def _italic_mark(pieces: Sequence[Piece], at: int, before: str) -> str:
    """`_`, where a word begins and ends with it and it is not in what cannot be escaped; else `*`."""
    end = at
    while end < len(pieces) and "italic" in _styles(pieces[end]):
        end += 1
    raw = "".join(map(_raw, pieces[at:end]))
    others = [name for name in _styles(pieces[end - 1]) if name != "italic"]
    goes_on = end < len(pieces) and _styles(pieces[end]) == others
    after = _piece(pieces[end], starts_line=False)[:1] if goes_on else ""
    ends_word = not (after.isalnum() or after == "_")
    begins_word = not before[-1:].isalnum()
    return "_" if begins_word and ends_word and "_" not in raw and not before.endswith("~~") else "*"


def _piece(piece: Piece, *, starts_line: bool) -> str:
    match piece:
        case Words():
            return escape(piece.text) if starts_line else escape_within_line(piece.text)
        case Code():
            return _code(piece.text)
        case Link():
            return _link(piece)
        case Mention():
            return escape_within_line(piece.name)
        case Emoji():
            return escape_within_line(f":{piece.name}:")
        case Moment():
            return f"<t:{piece.seconds}:{_MOMENTS[piece.date, piece.time]}>"


def _code(text: str) -> str:
    """Between so many ticks as do not stand in it; if there is no such number, as words."""
    runs = {len(run) for run in re.findall("`+", text)}
    fence = next(("`" * ticks for ticks in (1, 2) if ticks not in runs), "")
    if not fence:
        return escape_within_line(text)
    before = " " if text.lstrip(" ").startswith("`") else ""
    after = " " if text.rstrip(" ").endswith("`") else ""
    return f"{fence}{before}{text}{after}{fence}"


def _link(link: Link) -> str:
    """A label that hides its address is a link that is named so; an address that Discord cannot have is words."""
    if link.label and link.label not in (link.address, bare(link.address)):
        if _ADDRESS.fullmatch(link.address):
            return f"[{escape_label(link.label)}]({link.address})"
        return escape_within_line(plain_link(link))
    return escape_within_line(link.address if link.address.startswith("http") else bare(link.address))
