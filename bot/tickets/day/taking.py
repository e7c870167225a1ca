"""
Who has a ticket: it is taken, given back, taken over, assigned; and the first reply takes one that nobody has.

Having a ticket gives no rights and takes none: whoever may act on it may take it. It is the same in both chats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, MessageRow, TicketRow, require, ticket_row
from bot.model import Agent, AgentId, Answer, Button, ChatName, Mention, TicketNumber, Verb
from bot.tickets import enqueue
from bot.tickets.holders import holder, shown_person
from bot.tickets.people import chat_id
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers, notices


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks for a ticket, as their chat knows them."""

    chat: ChatName
    agent: AgentId
    name: str


def take(tx: Transaction, ticket: TicketRow, asker: Asker, rules: Rules, now: datetime) -> Answer:
    """Take a ticket that nobody has. Of one that somebody else has, the answer says who, and offers to take it over."""
    has, wants = holder(ticket, rules), shown_person(rules, _id(asker), asker.name)
    if has is None:
        _give(tx, ticket, asker, now)
        return Answer(text=answers.taken(ticket.number))
    if has.id == wants.id:
        return Answer(text=answers.yours_already(ticket.number))
    button = Button(verb=Verb.TAKE_OVER, label="Take", ticket=ticket.number)
    return Answer(text=answers.somebody_has(ticket.number, has.name), buttons=(button,))


def take_over(tx: Transaction, ticket: TicketRow, asker: Asker, rules: Rules, now: datetime) -> Answer:
    """Take a ticket whoever has it. If that was somebody else, its threads say so."""
    has, wants = holder(ticket, rules), shown_person(rules, _id(asker), asker.name)
    if has is not None and has.id == wants.id:
        return Answer(text=answers.yours_already(ticket.number))
    _give(tx, ticket, asker, now)
    if has is not None:
        enqueue.lines(tx, ticket.number, notices.taken_over(wants.name, has.name), now)
    return Answer(text=answers.taken(ticket.number))


def release(tx: Transaction, ticket: TicketRow, asker: Asker, rules: Rules, now: datetime) -> Answer:
    """Give a ticket back. Only who has it can do that; others may take it over."""
    has, wants = holder(ticket, rules), shown_person(rules, _id(asker), asker.name)
    if has is None:
        return Answer(text=answers.nobody_has(ticket.number))
    if has.id != wants.id:
        button = Button(verb=Verb.TAKE_OVER, label="Take", ticket=ticket.number)
        return Answer(text=answers.not_yours(ticket.number, has.name), buttons=(button,))
    tx.run("set_ticket_taken", number=ticket.number, by=None, name=None)
    enqueue.cards(tx, ticket.number, now)
    return Answer(text=answers.released(ticket.number))


def assign(tx: Transaction, ticket: TicketRow, asker: Asker, rules: Rules, now: datetime, *, assignee: Agent) -> Answer:
    """
    Give a ticket to somebody of the asker's chat, who may act on it. Its threads say so; in that chat it pings them.

    Whoever assigns a ticket to themselves takes it.
    """
    given = Asker(asker.chat, assignee.id, assignee.name)
    by, to = (shown_person(rules, _id(each), each.name) for each in (asker, given))
    has = holder(ticket, rules)
    if by.id == to.id:
        return take_over(tx, ticket, asker, rules, now)
    if has is not None and has.id == to.id:
        return Answer(text=answers.has_already(ticket.number, to.name))
    _give(tx, ticket, given, now)
    for link in enqueue.links_of(tx, ticket.number):
        ping = Mention(id=assignee.id) if link.chat == asker.chat else None
        enqueue.line(tx, link, notices.assigned(to.name, by.name), now, ping=ping)
    return Answer(text=answers.assigned(ticket.number, to.name))


Change = Callable[[Transaction, TicketRow, Asker, Rules, datetime], Answer]
"""What an asker does to a ticket in one transaction."""
TAKINGS: Final[Mapping[Verb, Change]] = {Verb.TAKE: take, Verb.TAKE_OVER: take_over, Verb.RELEASE: release}
"""What changes who has a ticket and needs nothing but the asker."""


def take_by_reply(tx: Transaction, number: TicketNumber, sender: Asker, rules: Rules, now: datetime) -> None:
    """A reply is on its way to the customer: if nobody has the ticket, who sends it has it from now on."""
    ticket = ticket_row(require(tx.one("ticket", number=number)))
    if rules.take_on_reply and ticket.taken_by is None:
        _give(tx, ticket, sender, now)


def author(link: LinkRow, message: MessageRow) -> Asker:
    """Who wrote a message in a link's thread."""
    return Asker(link.chat, require(message.agent), message.author_name or "")


def _give(tx: Transaction, ticket: TicketRow, to: Asker, now: datetime) -> None:
    tx.run("set_ticket_taken", number=ticket.number, by=_id(to), name=to.name)
    enqueue.cards(tx, ticket.number, now)


def _id(asker: Asker) -> str:
    return chat_id(asker.chat, asker.agent)
