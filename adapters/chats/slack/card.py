"""A ticket's card as Block Kit; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.chats import shared_wording
from adapters.chats.slack import blocks
from adapters.chats.slack.blocks import Block, Element
from adapters.chats.slack.buttons import action_rows
from adapters.chats.slack.markup import escape
from adapters.chats.slack.writing_blocks import LONGEST_ADDRESS
from bot.model import Card, Customer, Form, Status
from bot.text import one_line

_OPENING = 1_000
_FACTS = 20
_VALUE = 250
_CLOSED = "✅ "


def card_blocks(card: Card) -> list[Block]:
    """
    The blocks of a card, from top to bottom: title, store, the ticket's state, the customer's first words, buttons.

    Slack cannot archive a thread, so the title also shows that a ticket is closed: people see it in the channel. In its
    plainest form a card has no blocks.
    """
    if card.form is Form.BARE:
        return []
    title = (_CLOSED if card.status is Status.CLOSED else "") + card.title
    shown = [blocks.header(one_line(title, blocks.HEADER))]
    if card.store:
        shown.append(blocks.context(one_line(card.store, _VALUE)))
    state = [blocks.labelled_lines(_state(card))]
    if card.opening:
        state.append(blocks.quote(blocks.pieces(card.opening[:_OPENING])[0]))
    shown.append(blocks.rich(*state))
    shown.extend(action_rows(card.buttons))
    if card.hint:
        shown.append(blocks.context(card.hint))
    return shown


def card_fallback(card: Card) -> str:
    """The card where blocks are not shown, as in notifications; in its plainest form that is all of it."""
    moment = "" if card.moment is None else f"{card.moment.words} {card.moment.at:%Y-%m-%d %H:%M} UTC"
    parts = (card.title, card.status_text, moment, card.opening)
    line = blocks.fallback(" · ".join(part for part in parts if part))
    return (
        line
        if card.form is not Form.BARE or not card.url
        else f"{line}\n{escape(f'{shared_wording.DASHBOARD}: {card.url}')}"
    )


def _state(card: Card) -> Iterator[tuple[str, Sequence[Element]]]:
    yield shared_wording.STATUS, _status(card)
    customer = one_line(_customer(card.customer), _VALUE)
    if customer:
        yield shared_wording.CUSTOMER, [blocks.words(customer)]
    for fact in card.facts[:_FACTS]:
        value = one_line(fact.value, _VALUE)
        if value:
            yield one_line(fact.label, _VALUE), blocks.verbatim(value)
    if card.others:
        yield shared_wording.OTHER_TICKETS, _others(card)
    if card.url:
        shown = blocks.link(card.url) if card.form is Form.FULL else blocks.words(one_line(card.url, LONGEST_ADDRESS))
        yield shared_wording.DASHBOARD, [shown]


def _status(card: Card) -> list[Element]:
    """The status and, in the time zone of whoever reads it, since or until when."""
    words = one_line(card.status_text, _VALUE) or card.status.value
    if card.moment is None:
        return [blocks.words(words)]
    return [blocks.words(f"{words} · {card.moment.words} "), blocks.date(card.moment.at)]


def _others(card: Card) -> list[Element]:
    """The customer's other tickets, as links to their threads where the card may have links."""
    shown: list[Element] = []
    for other in card.others:
        number = f"#{other.number}"
        shown += [blocks.words(", ")] if shown else []
        linked = other.address and card.form is Form.FULL
        shown.append(blocks.link(other.address, number) if linked else blocks.words(number))
    if card.others_left_out:
        shown.append(blocks.words(f" {shared_wording.MORE_TICKETS.format(count=card.others_left_out)}"))
    return shown


def _customer(customer: Customer) -> str:
    if customer.name and customer.email:
        return f"{customer.name} ({customer.email})"
    return customer.name or customer.email or ""
