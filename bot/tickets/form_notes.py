"""Notes that agents write by a command or in a form, from anywhere: for the team, in all threads of the ticket."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from bot.db.connection import Transaction
from bot.db.rows import TicketRow
from bot.model import Answer, Modal, Place, Purpose, TextField, TicketNumber, Verb
from bot.text import clean
from bot.tickets import enqueue
from bot.tickets.form_replies import is_token, new_token, record_written
from bot.tickets.rules import Rules
from bot.tickets.taking import Asker
from bot.wording import answers

NOTE: Final = "note"


def note_form(number: TicketNumber, text: str) -> Modal:
    """The form for a note, with what was typed so far."""
    field = TextField(name=NOTE, label="Note for the team", value=clean(text), has_lines=True)
    return Modal(
        verb=Verb.NOTE, title=f"Note in #{number}", fields=(field,), submit="Save", ticket=number, words=new_token()
    )


def add_note(
    tx: Transaction,
    ticket: TicketRow,
    asker: Asker,
    places: Collection[Place],
    text: str,
    token: str | None,
    rules: Rules,
    now: datetime,
) -> Answer:
    """
    Show a note in all threads of a ticket, and add it to its vendor's notes if that keeps any.

    Args:
        places: Where the ticket is in the asker's chat and the asker can write.
        token: Of the form, so that it is added once; None: it was typed behind a command.
    """
    text = clean(text)
    links = enqueue.links_of(tx, ticket.number)
    origin = next((link for link in links if link.place in places), None)
    if origin is None or (token is not None and not is_token(token)):
        return Answer(text=answers.form_outdated(), kept=text)
    if token is not None and tx.one("message_by_form", form=token) is not None:
        return Answer(text=answers.form_sent_already())
    if not text:
        return Answer(text=answers.note_empty(), fault="" if token is None else NOTE)
    message = record_written(tx, origin, asker, Purpose.NOTE, text, now, form=token)
    for link in links:
        enqueue.post(tx, link, message, now)
    if ticket.store in rules.noting and not ticket.forgotten:
        enqueue.note(tx, ticket, message, now, now)
    return Answer(text=answers.noted(ticket.number))
