"""Notes that agents make by hand: written by a command or in a form, from anywhere, or a message kept as one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.db.connection import Transaction
from bot.db.rows import MessageRow, TicketRow, delivery_row, require, ticket_row
from bot.model import Answer, Kind, Modal, Place, Purpose, Said, State, TextField, TicketNumber, Verb
from bot.text import clean
from bot.text.as_seen import seen
from bot.tickets import enqueue
from bot.tickets.day.taking import Asker
from bot.tickets.decisions import kept_by
from bot.tickets.from_agents.chosen_message import chosen_message
from bot.tickets.from_agents.form_replies import is_token, nearest, new_token, record_written, sent_already
from bot.tickets.from_agents.queueing import enqueue_routed, set_route
from bot.tickets.from_agents.routing import Route, note_route
from bot.tickets.replies import marks
from bot.tickets.replies.outcomes import drop, may_have_been_sent
from bot.tickets.replies.progress import progress_changed
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers, form_answers, notices

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
    *,
    here: Place,
) -> Answer:
    """
    Show a note in all threads of a ticket, and add it to its vendor's notes if that keeps any.

    Args:
        places: Where the ticket is in the asker's chat and the asker can write.
        token: Of the form, so that it is added once; None: it was typed behind a command.
        here: Where it was asked for.
    """
    text = clean(text)
    links = enqueue.links_of(tx, ticket.number)
    origin = nearest(links, places, here)
    if origin is None or (token is not None and not is_token(token)):
        return Answer(text=form_answers.form_outdated(), kept=text)
    before = None if token is None else tx.one("message_by_form", form=token)
    if before is not None:
        return sent_already(before, text)
    if not seen(text):
        return Answer(text=form_answers.note_empty(), fault="" if token is None else NOTE)
    message = record_written(tx, origin, asker, Purpose.NOTE, text, now, form=token)
    for link in links:
        enqueue.post(tx, link, message, now)
    if ticket.store in rules.noting and not ticket.forgotten:
        enqueue.note(tx, ticket, message, now, now)
    return Answer(text=form_answers.noted(ticket.number))


def say_note_is_sent(tx: Transaction, note: MessageRow, by: str, now: datetime) -> None:
    """Say in each thread that shows a note that somebody sends it to the customer: else it reads there as if not."""
    for copy in map(delivery_row, tx.all("copies_of_note", message=note.id)):
        if copy.kind is Kind.POST and copy.link is not None and may_have_been_sent(copy):
            enqueue.line(tx, enqueue.load_link(tx, copy.link), notices.note_sent(by, note.text), now)


def keep_as_note(tx: Transaction, said: Said, by: str, rules: Rules, now: datetime) -> Answer:
    """
    Make a note of a message that was written in a ticket's thread, with the text that it has now.

    A reply that has certainly not left is taken back; one that may have reached the customer stays what it is.

    Args:
        by: Who wants that.
    """
    chosen = chosen_message(tx, said)
    if isinstance(chosen, Answer):
        return chosen
    link, message = chosen
    if message.purpose is Purpose.NOTE:
        return Answer(text=answers.note_already())
    row = tx.one("reply_of_message", message=message.id)
    reply = None if row is None else delivery_row(row)
    if reply is not None and reply.state is not State.DROPPED:
        if may_have_been_sent(reply):
            return Answer(text=answers.already_sent())
        drop(tx, reply.id, now, kept_by(by))
    written = replace(message, text=clean(said.text), formatted=said.formatted)
    kept = Route(purpose=Purpose.NOTE, text=written.text, formatted=written.formatted)
    route = note_route(written, rules) or kept
    ticket = ticket_row(require(tx.one("ticket", number=link.ticket)))
    set_route(tx, message.id, route, now)
    if route is kept:
        # It has no prefix, so by its own words it is known whether it is edited.
        tx.run("set_message_edited", id=message.id, text=written.text)
    enqueue_routed(tx, link, ticket, message, route, rules, now, since=now, at=said.said_at)
    progress_changed(tx, message.id, now)
    marks.enqueue_mark(tx, message, now)
    return Answer(text=form_answers.noted(link.ticket))
