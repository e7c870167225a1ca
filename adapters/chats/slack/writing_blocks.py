"""
A tree as the elements of a `rich_text` block; pure.

Slack parses nothing in these: so a text shows exactly what the tree says, and a name pings nobody, because it is
written as words. A section that is followed by another element ends with a line end, as Slack's own composer writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from adapters.chats.slack.emoji import characters
from adapters.chats.slack.markup import width
from bot.text import addresses
from bot.text.addresses import bare, can_be_opened
from bot.text.normal_form import normal
from bot.text.plain import moment_text, plain, plain_link
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
    Quote,
    RichText,
    Style,
    Words,
)

Element = dict[str, Any]

LONGEST_ADDRESS = 2_900
"""A little under the 3,000 that Slack allows in every `url`; one that is longer is text."""
_EMOJI_NAME = re.compile(r"[a-z0-9_+'\-]{1,100}")
_FORMATS = {
    (True, True): "{date_short_pretty} {time}",
    (True, False): "{date_short_pretty}",
    (False, True): "{time}",
}
_STYLES = ("bold", "italic", "strike")
_NOTHING = (Words(" "),)
"""What an empty entry of a list shows: Slack describes no element without anything in it."""


def write(text: RichText) -> list[Element]:
    """The elements of a block that shows this text."""
    elements: list[Element] = []
    for at, block in enumerate(text):
        elements += _elements(block, follows=at + 1 < len(text))
    return elements


def measure(block: Block) -> int:
    """How long a block is in the units in which Slack counts."""
    return width(plain((block,)) or " ") + 1


def _elements(block: Block, *, follows: bool = False, border: int = 0) -> Iterator[Element]:
    match block:
        case Paragraph():
            inside = _spans((*block.inside, BREAK) if follows and not border else block.inside)
            if inside:
                kind = "rich_text_quote" if border else "rich_text_section"
                yield {"type": kind, "elements": inside}
        case CodeBlock():
            framed = {"border": border} if border else {}
            yield {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": block.text}], **framed}
        case List():
            yield from _lists(block.items, border)
        case Quote():
            for inner in normal(_flat(each) for each in block.blocks):
                yield from _elements(inner, border=1)


def _flat(block: Block) -> Block:
    """A quote within a quote, which Slack does not have, as lines that begin with its mark."""
    return Paragraph((Words(plain((block,))),)) if isinstance(block, Quote) else block


def _lists(items: Sequence[Item], border: int) -> Iterator[Element]:
    """Slack has one list for each run of entries of one kind and one level."""
    numbered = [(at, item) for at, item in enumerate(items)]
    counted: set[int] = set()
    for (_, level, _), run in groupby(numbered, key=_kind):
        entries = [item for _, item in run]
        first = entries[0].number
        if first is not None and first < 1:
            # Slack counts from one; a number before that is a word.
            text = normal((List(tuple(entries)),))
            yield {"type": "rich_text_section", "elements": _spans((Words(plain(text)), BREAK))}
            continue
        sections = [{"type": "rich_text_section", "elements": _spans(each.inside or _NOTHING)} for each in entries]
        shown: Element = {
            "type": "rich_text_list",
            "style": "bullet" if first is None else "ordered",
            "indent": level,
            "border": border,
            "elements": sections,
        }
        # Without an offset, a list may be taken for one that goes on.
        is_told = first is not None and (first > 1 or level in counted)
        counted = {each for each in counted if each <= level} | ({level} if first is not None else set())
        yield shown | ({"offset": first - 1} if first is not None and is_told else {})


def _kind(numbered: tuple[int, Item]) -> tuple[bool, int, int]:
    """Equal for entries that follow one another in one of Slack's lists: also their numbers must follow."""
    at, item = numbered
    return item.number is not None, item.level, 0 if item.number is None else item.number - at


def _spans(inside: Iterable[Inline]) -> list[Element]:
    spans: list[Element] = []
    held: list[Element] = []
    for span in (span for piece in inside for span in _piece(piece)):
        if held and not _is_alike(held[0], span):
            spans.append(_joined(held))
            held = []
        held.append(span)
    return [*spans, _joined(held)] if held else spans


def _joined(spans: Sequence[Element]) -> Element:
    return spans[0] if len(spans) == 1 else spans[0] | {"text": "".join(span["text"] for span in spans)}


def _is_alike(one: Element, other: Element) -> bool:
    """Whether two texts are one; a line end has no style, so it goes to the text before it."""
    both_text = one["type"] == other["type"] == "text"
    return both_text and (one.get("style") == other.get("style") or (other["text"] == "\n" and "style" not in one))


def _piece(piece: Inline) -> Iterator[Element]:
    match piece:
        case LineBreak():
            yield {"type": "text", "text": "\n"}
        case Words():
            yield from words_of(piece.text, piece.style)
        case Code():
            yield _text(piece.text, piece.style, code=True)
        case Link():
            yield from _link(piece)
        case Mention():
            yield _text(piece.name, piece.style)
        case Emoji() if _is_own(piece.name) and not piece.style.strike:
            yield {"type": "emoji", "name": piece.name}
        case Emoji():
            yield _text(f":{piece.name}:", piece.style)
        case Moment() if piece.style.strike:
            # Neither an emoji nor a date of Slack's can be struck out.
            yield _text(moment_text(piece), piece.style)
        case Moment():
            shown, fallback = _FORMATS[piece.date, piece.time], moment_text(piece)
            yield {"type": "date", "timestamp": piece.seconds, "format": shown, "fallback": fallback}


def _is_own(name: str) -> bool:
    """Whether the workspace may have an emoji of this name; under one of Slack's own it would show another picture."""
    return _EMOJI_NAME.fullmatch(name) is not None and characters(name) is None


def _link(link: Link) -> Iterator[Element]:
    if width(link.address) > LONGEST_ADDRESS or not can_be_opened(link.address):
        yield from words_of(plain_link(link), link.style)
        return
    label = link.label or ("" if link.address.startswith("http") else bare(link.address))
    yield {"type": "link", "url": link.address, **({"text": label} if label else {}), **_style(link.style)}


def words_of(text: str, style: Style) -> Iterator[Element]:
    """Words as they are; web addresses among them can be clicked and are shown in full."""
    end = 0
    for start, after in addresses.spans(text):
        if width(text[start:after]) > LONGEST_ADDRESS:
            continue
        if start > end:
            yield _text(text[end:start], style)
        yield {"type": "link", "url": text[start:after], **_style(style)}
        end = after
    if end < len(text):
        yield _text(text[end:], style)


def _text(text: str, style: Style, *, code: bool = False) -> Element:
    return {"type": "text", "text": text, **_style(style, code=code)}


def _style(style: Style, *, code: bool = False) -> dict[str, dict[str, bool]]:
    held = {name: True for name in _STYLES if getattr(style, name)} | ({"code": True} if code else {})
    return {"style": held} if held else {}
