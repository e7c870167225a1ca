"""
Block Kit: the elements that cards, posts and answers consist of; pure.

People's texts are in `rich_text` and `plain_text` elements, which Slack never parses: text there mentions nobody,
formats nothing and hides no address.
Sources: docs.slack.dev/reference/block-kit/blocks. A message with more than about 13,200 characters is refused with
`msg_blocks_too_long`; no page documents this (github.com/slackapi/bolt-js/issues/2509).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from adapters.chats.slack.markup import escape, width
from adapters.chats.slack.writing_blocks import words_of
from bot.text import one_line, split
from bot.text.tree import PLAIN

Block = dict[str, Any]
Element = dict[str, Any]

PIECE = 3_000
"""The longest text of one block."""
PIECES = 4
"""So many blocks of text fit into a message."""
HEADER = 150

_FALLBACK = 300
_CONTEXT = 2_000
_CELL = 100


def fallback(text: str) -> str:
    """The text for notifications and screen readers: one line, escaped."""
    return escape(one_line(text[: _FALLBACK * 10], _FALLBACK)) or "shopbell"


def pieces(text: str) -> tuple[str, ...]:
    """A text cut into pieces that each fit a block."""
    return split(text, PIECE, width)


def small_pieces(text: str) -> tuple[str, ...]:
    """A text cut into pieces that each fit a line in small letters."""
    return split(text, _CONTEXT, width)


def header(text: str) -> Block:
    """A headline, cut to the length that Slack shows."""
    return {"type": "header", "text": plain(fitting(text, HEADER))}


def context(*texts: str) -> Block:
    """Small grey lines, each shown as it is and cut to the length that Slack allows."""
    return {"type": "context", "elements": [plain(fitting(text, _CONTEXT)) for text in texts if text]}


def plain(text: str) -> Element:
    """A text that Slack does not parse at all."""
    return {"type": "plain_text", "text": text, "emoji": False}


def fitting(text: str, length: int) -> str:
    """A text cut to a length as Slack counts it, not as Python does, and never within a sign."""
    return text if width(text) <= length else split(text[:length], length - 1, width)[0].rstrip() + "…"


def rich(*elements: Element) -> Block:
    """A block of sections, quotes and fixed-width texts."""
    return {"type": "rich_text", "elements": list(elements)}


def section(*elements: Element) -> Element:
    """A part of a `rich` block: pieces of text on a line of their own."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(text: str) -> Element:
    """A part of a `rich` block: a quoted text, shown as it is."""
    return {"type": "rich_text_quote", "elements": verbatim(text)}


def fixed_width(text: str) -> Element:
    """A part of a `rich` block: a text in letters of one width; must not be empty."""
    return {"type": "rich_text_preformatted", "elements": [words(text)]}


def words(text: str, *, bold: bool = False) -> Element:
    """A text shown as it is; must not be empty."""
    return {"type": "text", "text": text, "style": {"bold": True}} if bold else {"type": "text", "text": text}


def link(address: str, label: str | None = None) -> Element:
    """An address to open. Only one of ours may have somebody else's text for its label."""
    element: Element = {"type": "link", "url": address}
    return element if label is None else element | {"text": label}


def date(moment: datetime) -> Element:
    """A time, which Slack shows in its reader's time zone."""
    shown, otherwise = "{date_short_pretty} at {time}", f"{moment:%Y-%m-%d %H:%M} UTC"
    return {"type": "date", "timestamp": int(moment.timestamp()), "format": shown, "fallback": otherwise}


def verbatim(text: str) -> list[Element]:
    """A person's text as it is; its web addresses can be clicked and are shown in full."""
    return list(words_of(text, PLAIN))


def table(rows: Sequence[Sequence[Element]]) -> Block:
    """
    A table, whose first row holds the headings. A message may have one, a modal none.

    Source: docs.slack.dev/reference/block-kit/blocks/table-block.
    """
    return {"type": "table", "rows": [list(row) for row in rows], "column_settings": [{"is_wrapped": True}]}


def cell(text: str) -> Element:
    """A cell of a table; Slack refuses an empty one."""
    return {"type": "raw_text", "text": one_line(text, _CELL) or "–"}


def labelled_lines(labelled: Iterable[tuple[str, Sequence[Element]]]) -> Element:
    """One section with a line for each bold label and its elements."""
    elements: list[Element] = []
    for label, value in labelled:
        lead = "\n" if elements else ""
        elements.extend((words(f"{lead}{label}: ", bold=True), *value))
    return section(*elements)
