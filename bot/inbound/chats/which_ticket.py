"""About which ticket somebody asks for something: the one they name, that of a delivery, or that of their thread."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, delivery_row, ticket_row
from bot.model import Answer, Ask, Place, Pointed, StoreName, ThreadId, TicketNumber, Verb
from bot.tickets.enqueue import links_of
from bot.tickets.links import find_link
from bot.wording import answers, steps

_MORE = "…"
"""What a chat sends if somebody chooses the line that says that there are more tickets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """
    The ticket that somebody asks about.

    Attributes:
        places: Where it is in the asker's chat.
        is_here: Whether the asker is in its thread, so that they know that it exists.
        usable: In which of these places the asker may act; empty until that was asked.
    """

    ticket: TicketNumber
    store: StoreName
    places: tuple[Place, ...]
    is_here: bool
    usable: frozenset[Place] = frozenset()


def find_subject(tx: Transaction, ask: Ask) -> Subject | Answer:
    """The ticket, whether or not the asker may act on it; an `Answer` if there is none."""
    match ask.verb:
        case Verb.RETRY | Verb.DISCARD:
            return _of_delivery(tx, ask)
        case Verb.SEND | Verb.KEEP:
            return _of_message(tx, ask)
        case Verb.WHY if ask.pointed is not None:
            return _of_pointed(tx, ask.place, ask.pointed)
        case _:
            return _named(tx, ask)


def _named(tx: Transaction, ask: Ask) -> Subject | Answer:
    typed_number = (ask.ticket or "").strip()
    if typed_number == _MORE:
        return Answer(text=answers.which_ticket())
    if not typed_number:
        link = find_link(tx, ask.place)
        if link is None:
            return Answer(text=answers.which_ticket())
        number: int = link.ticket
    else:
        typed = re.fullmatch(r"#?\s*([0-9]{1,12})", typed_number)
        if typed is None:
            return Answer(text=answers.no_such_ticket(typed_number[:40]))
        number = int(typed[1])
    return _subject(tx, ask.place, number) or Answer(text=answers.no_such_ticket(f"#{number}"))


def _of_delivery(tx: Transaction, ask: Ask) -> Subject | Answer:
    """The ticket of a delivery. In the thread of another ticket the number was made up: no button there has it."""
    row = None if ask.delivery is None else tx.one("delivery", id=ask.delivery)
    number = None if row is None else delivery_row(row).ticket
    link = find_link(tx, ask.place)
    if number is None or (link is not None and link.ticket != number):
        return Answer(text=answers.nothing_waits())
    return _subject(tx, ask.place, number) or Answer(text=answers.nothing_waits())


def _of_message(tx: Transaction, ask: Ask) -> Subject | Answer:
    """The ticket of the thread in which the message is."""
    link = None if ask.message is None else find_link(tx, ask.message.place)
    subject = None if link is None else _subject(tx, ask.place, link.ticket)
    return subject or Answer(text=answers.not_in_a_thread())


def _of_pointed(tx: Transaction, place: Place, pointed: Pointed) -> Subject | Answer:
    """The ticket of the thread that the message is in or heads."""
    link = pointed_link(tx, place, pointed)
    subject = None if link is None else _subject(tx, place, link.ticket)
    return subject or Answer(text=steps.not_in_a_thread())


def pointed_link(tx: Transaction, place: Place, pointed: Pointed) -> LinkRow | None:
    """The link of the thread that a message is in; or that it heads, which may be shown in the channel."""
    return find_link(tx, place) or find_link(tx, replace(place, thread=ThreadId(pointed.message)))


def _subject(tx: Transaction, asked_in: Place, number: int) -> Subject | None:
    """None: there is no ticket with this number, or none that has threads."""
    row = tx.one("ticket", number=number)
    if row is None or not row["followed"]:
        return None
    ticket, link = ticket_row(row), find_link(tx, asked_in)
    places = tuple(each.place for each in links_of(tx, ticket.number) if each.chat == asked_in.chat)
    is_here = link is not None and link.ticket == ticket.number
    return Subject(ticket=ticket.number, store=ticket.store, places=places, is_here=is_here)
