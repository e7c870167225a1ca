"""An agent's page in Slack: the app's Home tab; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.chats.slack import blocks, wording
from adapters.chats.slack.blocks import Block, Element
from adapters.chats.slack.buttons import action_rows
from adapters.chats.slack.messages import answer_blocks
from bot.model import Home, HomeSection, HomeTicket
from bot.text import one_line

_TITLE = 150
_ABOUT = 200
_OPEN = "shopbell:open"
"""Slack reports a press on a button that only opens a page, too. This names no verb, so nothing is done."""
_NUMBERS = 10
"""No ticket has more buttons."""


def home_view(home: Home) -> dict[str, Any]:
    """The tab: what came of the last press, the counts, and each list. With 25 tickets it has some 60 of 100 blocks."""
    shown: list[Block] = []
    if home.answer is not None:
        shown += [*answer_blocks(home.answer), {"type": "divider"}]
    shown.append(blocks.rich(blocks.section(blocks.words(home.counts))))
    number = _NUMBERS
    for section in home.sections:
        shown += _section(section, number)
        number += _NUMBERS * len(section.tickets)
    return {"type": "home", "blocks": shown}


def _section(section: HomeSection, number: int) -> Iterator[Block]:
    yield blocks.header(section.heading)
    for place, ticket in enumerate(section.tickets):
        yield blocks.rich(blocks.section(*_ticket(ticket)))
        yield from _buttons(ticket, number + _NUMBERS * place)
    if section.rest:
        yield blocks.context(section.rest)


def _ticket(ticket: HomeTicket) -> Iterator[Element]:
    yield blocks.words(one_line(ticket.title, _TITLE), bold=True)
    about = one_line(ticket.about, _ABOUT)
    if ticket.moment is None:
        yield blocks.words(f"\n{about}")
    else:
        yield blocks.words(f"\n{about} · {ticket.moment.words} ")
        yield blocks.date(ticket.moment.at)


def _buttons(ticket: HomeTicket, number: int) -> list[Block]:
    """`Open`, then what can be done; no row if there is neither."""
    rows = action_rows(ticket.buttons, number) or [{"type": "actions", "elements": []}]
    if ticket.address:
        label, action = blocks.plain(wording.OPEN), f"{_OPEN}:{number + _NUMBERS - 1}"
        opens = {"type": "button", "action_id": action, "text": label, "url": ticket.address}
        rows[0]["elements"].insert(0, opens)
    return rows if rows[0]["elements"] else []
