"""
What became of a ticket's messages, on one screen or as a whole, and what to do next. Pure.

What is said of one message is in `bot.tickets.lookup.account`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from bot.model import Kind, State, StatusPayload
from bot.text import one_line
from bot.tickets.lookup.account import Account, Step, account, attempt_steps, line
from bot.tickets.lookup.history import TicketHistory
from bot.tickets.lookup.next_steps import Names, chat_advice, vendor_advice, where_of
from bot.wording import advice, steps
from bot.wording.cards import title
from bot.wording.masking import masked_ticket

SCREEN: Final = 25
"""So many lines are one screen."""
_LENGTH = 1_600
"""And so many characters: a message in a chat holds 2,000."""
_LINE = 200
_ADVICES = 3
_LATEST = 10
"""So many messages of a ticket have a line of their own on one screen."""


def screen(lines: Sequence[str], ends: int = 1) -> list[str]:
    """
    What fits on one screen: the first line, and of the others as many of the last ones as have room.

    Args:
        ends: So many lines at the end are always there.
    """
    short = [one_line(each, _LINE) for each in lines]
    left_out = 0
    while len(short) > ends + 1 and (len(short) > SCREEN - bool(left_out) or sum(map(len, short)) > _LENGTH):
        del short[1]
        left_out += 1
    return [short[0], *([steps.lines_left_out(left_out)] if left_out else []), *short[1:]]


def ticket_lines(ticket: TicketHistory, names: Names, now: datetime) -> list[str]:
    """A ticket on one screen: its latest messages in a line each, the older ones together, and what to do next."""
    accounts = [account(each, ticket, names, now) for each in ticket.messages]
    open_ones = [each for each in accounts[:-_LATEST] if not each.is_settled]
    in_order = len(accounts[:-_LATEST]) - len(open_ones) + ticket.older
    shown = [*open_ones, *accounts[-_LATEST:]]
    lines = [_heading(ticket, names, now), *_own_lines(ticket, names, now)]
    if in_order:
        lines.append(steps.in_order(in_order))
    lines += [line(Step(each.day, each.outcome), now) for each in shown]
    advices = [*_own_advices(ticket, names, now), *_advices(accounts)]
    if not ticket.ticket.followed:
        advices = [advice.nothing_not_followed()]
    ends = [steps.to_do(each) for each in dict.fromkeys(advices)][:_ADVICES] or [steps.to_do(advice.nothing_in_order())]
    return screen([*lines, *ends], len(ends))


def _advices(accounts: Sequence[Account]) -> Iterator[str]:
    """What to do about each message; what is the same for several is said once, of one message with which one it is."""
    labels: dict[str, list[str]] = {}
    for each in accounts:
        if not each.is_settled:
            labels.setdefault(each.advice, []).append(each.label)
    for told, named in labels.items():
        yield steps.of(named[0], told) if len(named) == 1 else told


def whole(ticket: TicketHistory, names: Names, now: datetime) -> list[str]:
    """Everything that is recorded of a ticket, message after message."""
    lines = [_heading(ticket, names, now), *_own_lines(ticket, names, now)]
    lines += [steps.to_do(each) for each in _own_advices(ticket, names, now)]
    for each in ticket.messages:
        first, *others = account(each, ticket, names, now).lines()
        lines += ["", first, *(f"  {other}" for other in others)]
    return lines


def _heading(ticket: TicketHistory, names: Names, now: datetime) -> str:
    row = masked_ticket(ticket.ticket) if names.masks_emails else ticket.ticket
    return steps.about_ticket(one_line(title(row), _LINE // 2), row.status, now)


# ---------------------------------------------------------------- a ticket's own deliveries


def _own_lines(ticket: TicketHistory, names: Names, now: datetime) -> list[str]:
    return [names.shown(line(step, now)) for step in _own_steps(ticket, names)]


def _own_steps(ticket: TicketHistory, names: Names) -> Iterator[Step]:
    if ticket.store_incident:
        yield Step(None, steps.store_trouble(ticket.store_incident))
    for link in ticket.links:
        where = where_of(link, ticket, names)
        opening = next((each for each in ticket.own if each.kind is Kind.OPEN and each.link == link.id), None)
        yield Step(opening.finished_at if opening else None, steps.thread(where, is_open=link.thread is not None))
        if opening is not None and opening.state not in (State.DONE, State.DROPPED):
            yield from attempt_steps(opening, where, steps.tried_in)
    for each in ticket.own:
        if each.kind is Kind.STATUS and each.state not in (State.DONE, State.DROPPED):
            wanted = each.payload_as(StatusPayload)
            yield Step(each.created_at, steps.status(wanted.wanted, wanted.by, names.vendor))
            yield from attempt_steps(each, names.vendor, steps.tried)


def _own_advices(ticket: TicketHistory, names: Names, now: datetime) -> Iterator[str]:
    for each in ticket.own:
        if each.kind is Kind.OPEN and each.link is not None:
            yield from _nonempty(names.shown(chat_advice(each, ticket, names, now)))
        if each.kind is Kind.STATUS:
            yield from _nonempty(names.shown(vendor_advice(each, ticket, names, now)))


def _nonempty(text: str) -> Iterator[str]:
    if text:
        yield text
