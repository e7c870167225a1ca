"""
The Block Kit pieces that cards and posts are made of; pure.

People's texts stand in `rich_text` elements and in `plain_text`, which Slack never parses: what is written there
mentions nobody, formats nothing and hides no address.
Sources: docs.slack.dev/reference/block-kit/blocks; the total of some 13,200 characters, where a message is refused
with `msg_blocks_too_long`, is documented nowhere (github.com/slackapi/bolt-js/issues/2509).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.chats.slack.markup import escape, width
from bot.model import Answer, Button, DeliveryId, TicketNumber, Verb
from bot.text import one_line, shorten, split

Block = dict[str, Any]
Element = dict[str, Any]

PIECE = 3_000
PIECES = 4
HEADER = 150
BUTTON_LABEL = 75
FALLBACK = 300
_CONTEXT = 2_000
_LINK = 2_000
_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+")
_TRAILING = ".,;:!?)]}»”’"
ACTIONS = re.compile(r"shopbell:(?P<verb>[a-z]+):\d+")
"""Fits the action id of every button that this adapter has ever made."""


def fallback(text: str) -> str:
    """What notifications and screen readers get: one line, escaped."""
    return escape(one_line(text[: FALLBACK * 10], FALLBACK)) or "shopbell"


def pieces(text: str) -> tuple[str, ...]:
    """A text cut so that each piece fits a block."""
    return split(text, PIECE, width)


def small_pieces(text: str) -> tuple[str, ...]:
    """A text cut so that each piece fits a line of small letters."""
    return split(text, _CONTEXT, width)


def header(text: str) -> Block:
    """A headline; cut where it is longer than Slack shows."""
    return {"type": "header", "text": _plain(_fitting(text, HEADER))}


def context(*texts: str) -> Block:
    """Small grey lines, each shown verbatim and cut at what Slack takes."""
    return {"type": "context", "elements": [_plain(_fitting(text, _CONTEXT)) for text in texts if text]}


def _plain(text: str) -> Element:
    return {"type": "plain_text", "text": text, "emoji": False}


def _fitting(text: str, length: int) -> str:
    """A text cut by what Slack counts, not by what Python counts."""
    kept = shorten(text, length)
    while width(kept) > length:
        kept = shorten(text, len(kept) - (width(kept) - length))
    return kept


def rich(*elements: Element) -> Block:
    """A block of sections, quotes and fixed-width texts."""
    return {"type": "rich_text", "elements": list(elements)}


def section(*elements: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(text: str) -> Element:
    return {"type": "rich_text_quote", "elements": verbatim(text)}


def fixed_width(text: str) -> Element:
    return {"type": "rich_text_preformatted", "elements": [words(text)]}


def words(text: str, *, bold: bool = False) -> Element:
    """A text shown as it is; must not be empty."""
    return {"type": "text", "text": text, "style": {"bold": True}} if bold else {"type": "text", "text": text}


def link(address: str, label: str | None = None) -> Element:
    """An address to open; a label of ours only, never somebody else's."""
    element: Element = {"type": "link", "url": address}
    return element if label is None else element | {"text": label}


def verbatim(text: str) -> list[Element]:
    """A person's text as it is, its web addresses to be clicked and still shown in full."""
    elements: list[Element] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = _address(found.group())
        if width(address) > _LINK:
            continue
        if found.start() > end:
            elements.append(words(text[end : found.start()]))
        elements.append(link(address))
        end = found.start() + len(address)
    if end < len(text):
        elements.append(words(text[end:]))
    return elements


def _address(found: str) -> str:
    """An address without the punctuation of the sentence around it; a bracket that it opens itself belongs to it."""
    while found[-1] in _TRAILING and not (found[-1] == ")" and found.count("(") >= found.count(")")):
        found = found[:-1]
    return found


def actions(buttons: Sequence[Button]) -> list[Block]:
    """The buttons in one row; no block where there is none. What they are for stands in them, so they never expire."""
    if not buttons:
        return []
    return [{"type": "actions", "elements": [_button(button, place) for place, button in enumerate(buttons)]}]


def _button(button: Button, place: int) -> Element:
    element: Element = {
        "type": "button",
        "action_id": f"shopbell:{button.verb.value}:{place}",
        "text": _plain(_fitting(button.label, BUTTON_LABEL)),
        "value": _value(button),
    }
    return element | {"style": "primary"} if button.verb is Verb.RETRY else element


def _value(button: Button) -> str:
    if button.delivery is not None:
        return f"delivery:{button.delivery}"
    return f"ticket:{button.ticket}" if button.ticket is not None else "thread:"


def pressed(action: Mapping[str, Any]) -> Button | None:
    """The button that an action of a `block_actions` payload stands for; None: none of ours."""
    found = ACTIONS.fullmatch(str(action.get("action_id", "")))
    kind, _, number = str(action.get("value", "")).partition(":")
    if found is None or found["verb"] not in {verb.value for verb in Verb} or not (number.isdecimal() or not number):
        return None
    return Button(
        verb=Verb(found["verb"]),
        label="",
        ticket=TicketNumber(int(number)) if kind == "ticket" and number else None,
        delivery=DeliveryId(int(number)) if kind == "delivery" and number else None,
    )


def lines(labelled: Iterable[tuple[str, Sequence[Element]]]) -> Element:
    """One section with a line for each bold label and what stands beside it."""
    elements: list[Element] = []
    for label, beside in labelled:
        lead = "\n" if elements else ""
        elements.extend((words(f"{lead}{label}: ", bold=True), *beside))
    return section(*elements)


def answer(shown: Answer) -> list[Block]:
    """What only the asker reads; what is longer than a message loses its end."""
    blocks = [rich(section(*verbatim(piece))) for piece in pieces(shown.text)[:PIECES] if piece]
    if shown.table:
        blocks.append(rich(fixed_width(_fitting(shown.table, PIECE))))
    return blocks or [context("shopbell")]
