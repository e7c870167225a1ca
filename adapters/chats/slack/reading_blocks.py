"""
Slack's `rich_text` blocks as a tree; pure.

What people write in Slack's own programs comes as such a block, whatever they typed or clicked: so this says what they
meant. Sources: docs.slack.dev/reference/block-kit/blocks/rich-text-block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from adapters.chats import shared_wording
from adapters.chats.slack import reading_mrkdwn
from adapters.chats.slack.emoji import characters, from_points
from adapters.chats.slack.markup import unescape
from adapters.chats.slack.reading_mrkdwn import BROADCASTS, Names
from bot.text.addresses import bare, can_be_opened
from bot.text.normal_form import normal
from bot.text.plain import bare_pieces, plain_pieces
from bot.text.tree import (
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
    Quote,
    RichText,
    Style,
    Words,
    verbatim,
)

Element = Mapping[str, Any]
_MOST_DIGITS: Final = 13
_STYLES: Final = ("bold", "italic", "strike")
_TABLES: Final = ("table", "data_table")
TEXT_BLOCKS: Final = ("rich_text", *_TABLES, "section", "header", "context", "markdown")
"""The kinds of block whose text is read."""
_BETWEEN_CELLS: Final = " | "
_BLOCK_KIND: Final = "rich_text_"
_PIECES: Final = frozenset(("text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color"))
_KINDS: Final = frozenset(
    {
        *("rich_text", "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted", "raw_text"),
        *("raw_number", "mrkdwn", "plain_text"),
        *_PIECES,
    }
)
"""The kinds of element that are read. One of another kind is read if there are words in it."""


def rich_blocks(blocks: Any) -> list[Element] | None:
    """The message's blocks if there is text among them, for they are what people see; None: its text has to be read."""
    found = [block for block in blocks if isinstance(block, Mapping)] if isinstance(blocks, list) else []
    return found if any(block.get("type") in TEXT_BLOCKS for block in found) else None


def read(blocks: Sequence[Element], names: Names) -> RichText:
    """What people see of these blocks. Raises what a malformed block leads to, never anything else."""
    return normal(each for block in blocks for each in _block(block, names))


def unread_in(block: Element, named: Mapping[str, str]) -> Iterator[str]:
    """
    What `read` leaves out of a block, in words for its author.

    Args:
        named: What some kinds of block are called; an empty name: there is nothing in it.
    """
    kind = str(block.get("type") or "")
    if kind in named:
        yield from [named[kind]] if named[kind] else ()
    elif kind not in TEXT_BLOCKS or any(_is_unread(element) for element in _inside(block)):
        yield shared_wording.UNKNOWN_PART
    accessory = block.get("accessory")
    if isinstance(accessory, Mapping):
        yield named["image" if accessory.get("type") == "image" else "actions"]


def _inside(part: Any) -> Iterator[Element]:
    """Every element of a block of text, at every depth, in the cells of its tables, too."""
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, Mapping):
            if each is not part:
                yield each
            waiting += [each.get("elements"), each.get("rows")]


def _is_unread(element: Element) -> bool:
    """Whether an element of an unknown kind has nothing in it that can be shown."""
    return element.get("type") not in _KINDS and not _shown_of_unknown(element) and not element.get("elements")


def _shown_of_unknown(element: Element) -> str:
    """The words in an element of an unknown kind."""
    words = (element.get("text"), element.get("fallback"), element.get("name"), element.get("label"))
    return next((each for each in words if isinstance(each, str) and each.strip()), "")


def _block(block: Element, names: Names) -> Iterator[Block]:
    if block.get("type") in _TABLES:
        yield from [Paragraph((Words(str(block["caption"])),))] if block.get("caption") else ()
        rows = block.get("rows")
        for row in rows if isinstance(rows, list) else ():
            cells = [plain_pieces(_cell(cell, names)).replace("\n", " ").strip() for cell in _list(row)]
            yield Paragraph((Words(_BETWEEN_CELLS.join(cells)),))
    elif block.get("type") in (None, "rich_text"):
        yield from _blocks(_list(block.get("elements")), names)
    elif block.get("type") in TEXT_BLOCKS:
        for part in (block, block.get("text"), *_list(block.get("fields")), *_list(block.get("elements"))):
            if isinstance(part, Mapping) and isinstance(part.get("text"), str):
                is_plain = part.get("type") == "plain_text"
                yield from verbatim(unescape(part["text"])) if is_plain else reading_mrkdwn.read(part["text"], names)


def _cell(cell: Element, names: Names) -> Iterator[Inline]:
    if cell.get("type") in ("raw_text", "raw_number"):
        shown = cell.get("text") or cell.get("value")
        yield Words("" if shown is None else str(shown))
        return
    sections = _list(cell.get("elements"))
    if not sections:
        yield Words(_shown_of_unknown(cell))
    for at, section in enumerate(sections):
        yield from [Words(" ")] if at else ()
        yield from _pieces(_list(section.get("elements")), names)


def people_in(part: Any) -> frozenset[str]:
    """The ids of the people who are mentioned."""
    return frozenset(str(each.get("user_id")) for each in _inside(part) if each.get("type") == "user")


def _list(value: Any) -> list[Element]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _blocks(elements: list[Element], names: Names) -> Iterator[Block]:
    """Sections end with a line end only where Slack's composer wrote one, so it is left out before other blocks."""
    numbers: dict[int, int] = {}
    for at, element in enumerate(elements):
        kind = element.get("type")
        inside = tuple(_pieces(_list(element.get("elements")), names))
        if kind != "rich_text_list":
            numbers.clear()
        if kind == "rich_text_section":
            yield Paragraph(_without_line_end(inside) if at + 1 < len(elements) else inside)
        elif kind == "rich_text_preformatted":
            code = CodeBlock(bare_pieces(map(_as_typed, inside)), str(element.get("language") or ""))
            yield Quote((code,)) if element.get("border") else code
        elif kind == "rich_text_quote":
            yield Quote((Paragraph(inside),))
        elif kind == "rich_text_list":
            found = List(tuple(_items(element, numbers, names)))
            yield Quote((found,)) if element.get("border") else found
        elif any(str(part.get("type")).startswith(_BLOCK_KIND) for part in _list(element.get("elements"))):
            # A kind that is newer than this program, around others that are not.
            yield from _blocks(_list(element.get("elements")), names)
        else:
            yield Paragraph(inside or (Words(_shown_of_unknown(element)),))


def _without_line_end(inside: tuple[Inline, ...]) -> tuple[Inline, ...]:
    last = inside[-1] if inside else None
    if isinstance(last, Words) and last.text.endswith("\n"):
        return (*inside[:-1], Words(last.text[:-1], last.style))
    return inside


def _as_typed(piece: Inline) -> Inline:
    """In code an address is what was typed."""
    return Words(piece.label or bare(piece.address)) if isinstance(piece, Link) else piece


def _items(element: Element, numbers: dict[int, int], names: Names) -> Iterator[Item]:
    """A list of one level. One that goes on after entries of a deeper level has an `offset`; older ones do not."""
    level = element.get("indent") if isinstance(element.get("indent"), int) else 0
    level = level if isinstance(level, int) else 0
    ordered = element.get("style") == "ordered"
    offset = element.get("offset") if isinstance(element.get("offset"), int) else None
    for deeper in [each for each in numbers if each > level]:
        del numbers[deeper]
    next_number = offset + 1 if offset is not None else numbers.get(level, 1)
    for entry in _list(element.get("elements")):
        inside = tuple(_pieces(_list(entry.get("elements")), names))
        yield Item(inside, level, next_number if ordered else None)
        next_number += 1
    numbers[level] = next_number if ordered else 1


def _pieces(elements: list[Element], names: Names) -> Iterator[Inline]:
    """The pieces of a line, also of those that are inside others of an unknown kind."""
    waiting = elements[::-1]
    is_begun = False
    while waiting:
        element = waiting.pop()
        inside = _list(element.get("elements"))
        if not inside or element.get("type") in _PIECES:
            yield _piece(element, names)
        elif is_begun and str(element.get("type")).startswith(_BLOCK_KIND):
            yield Words(" ")
        is_begun = True
        waiting += inside[::-1]


def _style(element: Element) -> Style:
    given = element.get("style")
    held = given if isinstance(given, Mapping) else {}
    return Style(**{name: bool(held.get(name)) for name in _STYLES})


def _piece(element: Element, names: Names) -> Inline:
    style = _style(element)
    match element.get("type"):
        case "text":
            shown: Inline = _text(element, style)
        case "link":
            shown = _link(element, style)
        case "emoji":
            shown = _emoji(element, style)
        case "user":
            shown = Mention("@" + (names.users.get(str(element.get("user_id"))) or shared_wording.SOMEBODY), style)
        case "usergroup":
            shown = Mention("@" + (names.groups.get(str(element.get("usergroup_id"))) or shared_wording.A_GROUP), style)
        case "channel":
            shown = Mention(
                "#" + (names.channels.get(str(element.get("channel_id"))) or shared_wording.A_CHANNEL), style
            )
        case "broadcast":
            word = str(element.get("range"))
            shown = Mention(f"@{word if word in BROADCASTS else shared_wording.A_GROUP}", style)
        case "date":
            shown = _moment(element, style)
        case "color":
            shown = Words(str(element.get("value") or ""), style)
        case _:
            shown = Words(_shown_of_unknown(element), style)
    return shown


def _text(element: Element, style: Style) -> Inline:
    text = str(element.get("text") or "")
    held = element.get("style")
    is_code = isinstance(held, Mapping) and bool(held.get("code"))
    return Code(text, style) if is_code and "\n" not in text else Words(text, style)


def _link(element: Element, style: Style) -> Inline:
    address, label = str(element.get("url") or ""), str(element.get("text") or "")
    if not can_be_opened(address):
        return Words(label or address, style)
    return Link(address, "" if label == bare(address) else label, style)


def _emoji(element: Element, style: Style) -> Inline:
    name, _, typed = str(element.get("name") or "").partition("::skin-tone-")
    tone = element.get("skin_tone") or typed
    found = from_points(str(element.get("unicode") or "")) or characters(name, str(tone) if tone else None)
    return Emoji(name, style) if found is None else Words(found, style)


def _moment(element: Element, style: Style) -> Inline:
    seconds, shown = element.get("timestamp"), str(element.get("format") or "")
    if not isinstance(seconds, int) or len(str(abs(seconds))) > _MOST_DIGITS:
        return Words(str(element.get("fallback") or ""), style)
    is_time = "{time" in shown
    return Moment(seconds, "{date" in shown or "{ago" in shown or not is_time, is_time, style)
