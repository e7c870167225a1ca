"""
Replies that agents write in a form: the form for a ticket, and what follows when it is sent.

Such a reply leaves at once, because whoever sent the form had read it, unless it crosses another one. It is said in no
thread by itself, so it is posted in all threads of the ticket: first where its author is, and elsewhere once it has
reached the customer.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.db.connection import Row, Transaction
from bot.db.rows import LinkRow, MessageRow, TicketRow, require, to_ms
from bot.model import (
    LONGEST_ENTRY,
    Answer,
    Author,
    ChoiceField,
    Modal,
    Place,
    Purpose,
    Status,
    TextField,
    Verb,
)
from bot.text import clean, units
from bot.tickets import enqueue
from bot.tickets.day.filling_snippets import VARIABLES, Filled, named
from bot.tickets.day.snippets import Snippet, filled_in, find_snippet
from bot.tickets.day.taking import Asker
from bot.tickets.from_agents.routing import refusal
from bot.tickets.replies.holding import send_by_hand
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers, form_answers, notices, reasons

TEXT: Final = "text"
THEN: Final = "then"
SEND, SEND_AND_CLOSE = "send", "close"
_TOKEN_BYTES = 6


@dataclass(frozen=True, slots=True)
class Entered:
    """
    What was sent in a reply's form.

    Attributes:
        token: Of the form; equal if it is sent again.
        snippet: The name of the snippet that it began with; empty: it began with none.
    """

    token: str
    snippet: str
    text: str
    closes: bool


def entered(words: str, values: Mapping[str, str]) -> Entered | None:
    """What a form of ours was sent with; None: it is none of ours, or not whole. Pure."""
    token, _, snippet = words.partition(" ")
    if not is_token(token) or TEXT not in values:
        return None
    return Entered(token, snippet, clean(values[TEXT]), values.get(THEN) == SEND_AND_CLOSE)


def reply_form(
    snippet: Snippet | None, ticket: TicketRow, asker: Asker, rules: Rules, typed: str = ""
) -> Modal | Answer:
    """
    The form with a snippet, filled in for this ticket, or without one; the ticket's store is in the settings.

    Args:
        typed: What stands in a form without a snippet.
    """
    if ticket.forgotten:
        return Answer(text=reasons.forgotten(), kept=typed)
    filled = Filled(typed) if snippet is None else filled_in(snippet.text, ticket, asker, rules)
    surplus = units(filled.text) - LONGEST_ENTRY
    if surplus > 0:
        too_long = form_answers.entry_too_long if snippet is None else form_answers.filled_too_long
        return Answer(text=too_long(surplus), kept=typed)
    text = TextField(
        name=TEXT,
        label="Text for the customer",
        hint=form_answers.left_empty(filled.empty) if filled.empty else "",
        value=filled.text,
        has_lines=True,
    )
    then = ChoiceField(name=THEN, label="And then", options=((SEND, "Send"), (SEND_AND_CLOSE, "Send and close")))
    can_close = ticket.status is Status.OPEN and Verb.CLOSE in rules.capabilities[ticket.store].verbs
    return Modal(
        verb=Verb.SEND_FORM,
        title=f"Reply to #{ticket.number}" if snippet is None else f"#{ticket.number} · {snippet.name}",
        fields=(text, then) if can_close else (text,),
        submit="Send",
        ticket=ticket.number,
        words=new_token() if snippet is None else f"{new_token()} {snippet.name}",
    )


def nearest(links: Iterable[LinkRow], places: Collection[Place], here: Place) -> LinkRow | None:
    """
    The thread to which something belongs that was entered in a form; None: there is none.

    That is the thread where the form was asked for, else one in that channel, else the first one.

    Args:
        places: Where the ticket is in the asker's chat and the asker can write.
        here: Where the form was asked for.
    """
    able = [link for link in links if link.place in places]
    return min(able, key=lambda link: (link.place != here, link.channel != here.channel), default=None)


def send(
    tx: Transaction,
    ticket: TicketRow,
    asker: Asker,
    places: Collection[Place],
    sent: Entered,
    at: datetime,
    rules: Rules,
    now: datetime,
    *,
    here: Place,
) -> Answer:
    """
    Queue what was written in a reply's form for the customer, once however often the form is sent.

    Args:
        places: Where the ticket is in the asker's chat and the asker can write.
        at: When it was sent, by the asker's chat's time.
        here: Where the form was asked for.
    """
    before = tx.one("message_by_form", form=sent.token)
    if before is not None:
        return sent_already(before, sent.text)
    link = nearest(enqueue.links_of(tx, ticket.number), places, here)
    if link is None:
        return Answer(text=form_answers.form_outdated(), kept=sent.text)
    fault = _fault(tx, ticket, link, asker, sent, rules)
    if fault:
        return Answer(text=fault, fault=TEXT)
    closes = sent.closes and Verb.CLOSE in rules.capabilities[ticket.store].verbs
    closes_by = notices.by_agent(asker.name, rules.chat_labels[asker.chat]) if closes else None
    message = record_written(tx, link, asker, Purpose.REPLY, sent.text, now, form=sent.token, closes_by=closes_by)
    tx.run("set_store_active", name=ticket.store, at=to_ms(now))
    enqueue.post(tx, link, message, now)  # before the question, if one is asked about it
    leaves = send_by_hand(tx, link, ticket, message, asker, at, rules, now)
    closes_then = closes_by is not None and ticket.status is Status.OPEN
    if not leaves:
        return Answer(text=form_answers.held_and_open() if closes_then else answers.held())
    if closes_then:
        return Answer(text=form_answers.sending_then_closing(ticket.number))
    return Answer(text=answers.sending())


def record_written(
    tx: Transaction,
    link: LinkRow,
    asker: Asker,
    purpose: Purpose,
    text: str,
    now: datetime,
    *,
    form: str | None,
    closes_by: str | None = None,
) -> int:
    """Record what somebody wrote for a ticket that is in no thread by itself; returns its row's id."""
    message = tx.add(
        "insert_form_message",
        ticket=link.ticket,
        link=link.id,
        agent=asker.agent,
        purpose=purpose,
        author_name=asker.name,
        text=text,
        now=to_ms(now),
        form=form,
        closes_by=closes_by,
    )
    return require(message)


def sent_already(before: Row, text: str) -> Answer:
    """The answer to a form that is sent again. `before`: the message that it made; another text is not lost."""
    return Answer(text=form_answers.form_sent_already(), kept="" if before["text"] == text else text)


def new_token() -> str:
    """By which a form is known if it is sent again."""
    return secrets.token_hex(_TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Whether this may be the token of a form of ours. Pure."""
    return len(text) == 2 * _TOKEN_BYTES


def _fault(tx: Transaction, ticket: TicketRow, link: LinkRow, asker: Asker, sent: Entered, rules: Rules) -> str:
    """Why this cannot be sent; empty: it can."""
    snippet = find_snippet(tx, sent.snippet)
    # What a value contains is no variable, though it may look like one: so the snippet says which are. One that was
    # deleted meanwhile cannot.
    if snippet is None:
        left = [each for each in filled_in(sent.text, ticket, asker, rules).empty if each in VARIABLES]
    else:
        left = [each for each in filled_in(snippet.text, ticket, asker, rules).empty if each in named(sent.text)]
    if left:
        return form_answers.still_empty(left)
    if units(sent.text) > LONGEST_ENTRY:
        return form_answers.entry_too_long(units(sent.text) - LONGEST_ENTRY)
    return refusal(_as_message(ticket, link, asker, sent.text), ticket, rules)


def _as_message(ticket: TicketRow, link: LinkRow, asker: Asker, text: str) -> MessageRow:
    """What is asked about before anything is recorded."""
    return MessageRow(
        id=0,
        ticket=ticket.number,
        vendor_id=None,
        link=link.id,
        thread=None,
        chat_message=None,
        agent=asker.agent,
        purpose=Purpose.REPLY,
        author=Author.STAFF,
        author_name=asker.name,
        text=text,
        formatted=None,
        attachments=(),
        unsupported=(),
        can_reply=True,
        is_public=True,
        written_at=ticket.created_at,
        mark=None,
        routed=True,
        sync_epoch=None,
        edited_text=None,
        deleted=False,
        erased=False,
    )
