"""
Slack's `rich_text` blocks as a tree; pure.

What people write in Slack's own programs comes as such a block, whatever they typed or clicked: so this says what they
meant. Sources: docs.slack.dev/reference/block-kit/blocks/rich-text-block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from adapters.chats.slack import wording
from adapters.chats.slack.emoji import characters, from_points
from adapters.chats.slack.reading_mrkdwn import BROADCASTS, Names
from bot.text.addresses import bare, can_be_opened
from bot.text.normal import normal
from bot.text.plain import plain_pieces
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
)

Element = Mapping[str, Any]
_MOST_DIGITS: Final = 13
_STYLES: Final = ("bold", "italic", "strike")


def rich_blocks(blocks: Any) -> list[Element] | None:
    """The message's blocks if all of them are `rich_text`; None: its text has to be read."""
    found = [block for block in blocks if isinstance(block, Mapping)] if isinstance(blocks, list) else []
    is_rich = bool(found) and all(block.get("type") == "rich_text" for block in found)
    return found if is_rich else None


def read(blocks: Sequence[Element], names: Names) -> RichText:
    """What people see of these blocks. Raises what a malformed block leads to, never anything else."""
    return normal(each for block in blocks for each in _blocks(_list(block.get("elements")), names))


def people_in(part: Any) -> frozenset[str]:
    """The ids of the people who are mentioned."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, Mapping):
            if each.get("type") == "user":
                found.add(str(each.get("user_id")))
            waiting.append(each.get("elements"))
    return frozenset(found)


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
            code = CodeBlock(plain_pieces(map(_as_typed, inside)), str(element.get("language") or ""))
            yield Quote((code,)) if element.get("border") else code
        elif kind == "rich_text_quote":
            yield Quote((Paragraph(inside),))
        elif kind == "rich_text_list":
            found = List(tuple(_items(element, numbers, names)))
            yield Quote((found,)) if element.get("border") else found
        else:
            yield Paragraph(inside or (Words(str(element.get("text") or "")),))


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
    for element in elements:
        yield _piece(element, names)


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
            shown = Mention("@" + (names.users.get(str(element.get("user_id"))) or wording.SOMEBODY), style)
        case "usergroup":
            shown = Mention("@" + (names.groups.get(str(element.get("usergroup_id"))) or wording.A_GROUP), style)
        case "channel":
            shown = Mention("#" + (names.channels.get(str(element.get("channel_id"))) or wording.A_CHANNEL), style)
        case "broadcast":
            word = str(element.get("range"))
            shown = Mention(f"@{word if word in BROADCASTS else wording.A_GROUP}", style)
        case "date":
            shown = _moment(element, style)
        case "color":
            shown = Words(str(element.get("value") or ""), style)
        case _:
            shown = Words(str(element.get("text") or element.get("fallback") or element.get("name") or ""), style)
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
    name, tone = str(element.get("name") or ""), element.get("skin_tone")
    found = from_points(str(element.get("unicode") or "")) or characters(name, str(tone) if tone else None)
    return Emoji(name, style) if found is None else Words(found, style)


def _moment(element: Element, style: Style) -> Inline:
    seconds, shown = element.get("timestamp"), str(element.get("format") or "")
    if not isinstance(seconds, int) or len(str(abs(seconds))) > _MOST_DIGITS:
        return Words(str(element.get("fallback") or ""), style)
    is_time = "{time" in shown
    return Moment(seconds, "{date" in shown or "{ago" in shown or not is_time, is_time, style)
