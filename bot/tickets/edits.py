"""
What becomes of a message when its author edits or deletes it.

As long as it is certain that a reply has not reached the customer, deleting it recalls it and editing it makes it what
it would have been if it had been written so. Afterwards the far sides keep what they have, and the author is told so
privately. A note stays a note whatever it is changed into; where it is shown already, the change is told of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.db.connection import Row, Transaction
from bot.db.rows import (
    DeliveryRow,
    LinkRow,
    MessageRow,
    TicketRow,
    delivery_row,
    link_row,
    message_row,
    ticket_row,
    to_ms,
)
from bot.model import Agent, ChatMessageId, Deleted, Edited, Kind, Place, Purpose, State
from bot.text import clean
from bot.tickets import enqueue
from bot.tickets.routing import Route, Rules, as_note, as_reply, decide, follow, refusal
from bot.tickets.threads import find_link
from bot.wording import notices


@dataclass(frozen=True, slots=True)
class Word:
    """Something to be said privately to one agent."""

    agent: Agent
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Touched:
    """A message that was edited or deleted, with what it belongs to."""

    message: MessageRow
    link: LinkRow
    ticket: TicketRow
    rules: Rules
    now: datetime


def record_edited(tx: Transaction, edited: Edited, rules: Rules, now: datetime) -> Word | None:
    """A message got another text. Returns what its author has to be told; None: nothing, or they know already."""
    touched = _find(tx, edited.place, edited.message, rules, now)
    told = None if touched is None else _edit(tx, touched, edited.text)
    return Word(edited.agent, told) if told else None


def record_deleted(tx: Transaction, deleted: Deleted, rules: Rules, now: datetime) -> Word | None:
    """A message was deleted. Returns what its author has to be told; None: nothing, or they know already."""
    touched = _find(tx, deleted.place, deleted.message, rules, now)
    told = None if touched is None else _delete(tx, touched)
    message = None if touched is None else touched.message
    if message is None or told is None or message.agent is None:
        return None
    return Word(Agent(id=message.agent, name=message.author_name or "", may=message.may), told)


def record_reread(
    tx: Transaction, message: int, text: str | None, sync_epoch: str, rules: Rules, now: datetime
) -> None:
    """A message that has not left was read again in `sync_epoch`: what happened to it unheard happens now."""
    tx.run("set_message_sync_epoch", id=message, sync_epoch=sync_epoch)
    touched = _touched(tx, _present(tx.one("message", id=message)), rules, now)
    if text is None:
        _delete(tx, touched)
    else:
        _edit(tx, touched, text)


# ---------------------------------------------------------------- edited


def _edit(tx: Transaction, touched: _Touched, text: str) -> str | None:
    """Returns what the author has to be told."""
    message, text = touched.message, clean(text)
    if message.deleted or not _is_news(touched, text):
        return None
    tx.run("message_edited", id=message.id, text=text)
    if not message.routed or touched.ticket.store not in touched.rules.stores:
        tx.run("set_message_text", id=message.id, text=text)
        return None
    if message.purpose is Purpose.NOTE:
        return _edit_note(tx, touched, text)
    if message.purpose is Purpose.REPLY:
        return _edit_reply(tx, touched, text)
    _edit_talk(tx, touched, text)
    return None


def _is_news(touched: _Touched, text: str) -> bool:
    """Chats bring the same edit several times, and some bring one when nothing but a link's preview was added."""
    message = touched.message
    if message.edited is not None:
        return text != message.edited
    return message.text != (as_note(text, touched.rules) if message.purpose is Purpose.NOTE else text)


def _edit_talk(tx: Transaction, touched: _Touched, text: str) -> None:
    """Nothing of it has gone anywhere; what was not meant for the customer is not sent by an edit."""
    route = decide(_with(touched, text), touched.ticket, touched.rules)
    if route.purpose is Purpose.NOTE:
        _become(tx, touched, route)
    else:
        tx.run("set_message_text", id=touched.message.id, text=text)


def _edit_reply(tx: Transaction, touched: _Touched, text: str) -> str | None:
    reply = _reply(tx, touched)
    if reply is None or reply.state is State.DROPPED:
        tx.run("set_message_text", id=touched.message.id, text=text)
        return None
    if _is_out(reply):
        return notices.already_sent_edit() if reply.state is State.DONE else notices.perhaps_sent_edit()
    before, route = (as_reply(each, touched.ticket, touched.rules) for each in (touched.message, _with(touched, text)))
    noted = as_note(text, touched.rules)
    if noted is not None:
        route = Route(purpose=Purpose.NOTE, text=noted)
    # What its vendor does not take is sent once it is such that it does, and told of in other words once it differs.
    if route.purpose is not Purpose.REPLY or route.refused != refusal(touched.message, touched.ticket, touched.rules):
        _recall(tx, touched, reply)
        _become(tx, touched, route)
        return None
    tx.run("set_message_text", id=touched.message.id, text=route.text)
    if route.line and route.line != before.line:
        enqueue.line(tx, touched.link, route.line, touched.now)
    return notices.edited_after_failure() if reply.state is State.FAILED and not route.refused else None


def _edit_note(tx: Transaction, touched: _Touched, text: str) -> str | None:
    """The vendor knows it by its text, which therefore stays as it is once it may be there."""
    noted = as_note(text, touched.rules)
    told = [notices.still_a_note()] if noted is None else []
    before, reads = _reading(touched), text if noted is None else noted
    if reads != before:
        showings = _showings(tx, touched)
        kept = any(each.kind is Kind.NOTE and _is_out(each) for each in showings)
        if kept:
            told.append(notices.note_stays_edited(_vendor(touched)))
        else:
            tx.run("set_message_text", id=touched.message.id, text=reads)
        line = notices.note_edited(touched.message.author_name or "", before, reads)
        _tell_of_note(tx, touched, [each for each in showings if kept or _is_out(each)], line)
    return " ".join(told) or None


def _become(tx: Transaction, touched: _Touched, route: Route) -> None:
    message, now = touched.message, touched.now
    tx.run("route_message", id=message.id, purpose=route.purpose, text=route.text, now=to_ms(now))
    follow(tx, touched.link, touched.ticket, message, route, touched.rules, now, since=now)


# ---------------------------------------------------------------- deleted


def _delete(tx: Transaction, touched: _Touched) -> str | None:
    """Returns what the author has to be told."""
    message = touched.message
    if message.deleted:
        return None
    tx.run("message_deleted", id=message.id, now=to_ms(touched.now))
    if message.purpose is Purpose.NOTE:
        return _delete_note(tx, touched)
    reply = _reply(tx, touched)
    if reply is None or reply.state is State.DROPPED:
        return None
    if _is_out(reply):
        return notices.already_sent_deletion() if reply.state is State.DONE else notices.perhaps_sent_deletion()
    _recall(tx, touched, reply)
    return None


def _delete_note(tx: Transaction, touched: _Touched) -> str | None:
    showings = _showings(tx, touched)
    for each in showings:
        if not _is_out(each):
            tx.run("drop_delivery", id=each.id, now=to_ms(touched.now))
    line = notices.note_deleted(touched.message.author_name or "", _reading(touched))
    _tell_of_note(tx, touched, [each for each in showings if _is_out(each)], line)
    kept = any(each.kind is Kind.NOTE and _is_out(each) for each in showings)
    return notices.note_stays_deleted(_vendor(touched)) if kept else None


# ---------------------------------------------------------------- both


def _find(tx: Transaction, place: Place, chat_message: ChatMessageId, rules: Rules, now: datetime) -> _Touched | None:
    link = find_link(tx, place)
    row = None if link is None else tx.one("message_by_chat_id", link=link.id, chat_message=chat_message)
    return None if row is None else _touched(tx, row, rules, now)


def _touched(tx: Transaction, row: Row, rules: Rules, now: datetime) -> _Touched:
    message = message_row(row)
    ticket = ticket_row(_present(tx.one("ticket", number=message.ticket)))
    link = link_row(_present(tx.one("link", id=message.link)))
    return _Touched(message=message, link=link, ticket=ticket, rules=rules, now=now)


def _present(row: Row | None) -> Row:
    if row is None:
        raise LookupError("an agent's message lacks a row that it always has")
    return row


def _with(touched: _Touched, text: str) -> MessageRow:
    return replace(touched.message, text=text)


def _reading(touched: _Touched) -> str:
    """What a note says in its chat, as last heard."""
    message = touched.message
    if message.edited is None:
        return message.text
    noted = as_note(message.edited, touched.rules)
    return message.edited if noted is None else noted


def _reply(tx: Transaction, touched: _Touched) -> DeliveryRow | None:
    row = tx.one("reply_of_message", message=touched.message.id)
    return None if row is None else delivery_row(row)


def _is_out(delivery: DeliveryRow) -> bool:
    """Whether it has come about, may have, or is just about to, if only in part."""
    waits = delivery.state in (State.WAITING, State.HELD) and not delivery.part
    return not waits and (delivery.state is not State.FAILED or delivery.doubt)


def _recall(tx: Transaction, touched: _Touched, reply: DeliveryRow) -> None:
    tx.run("drop_delivery", id=reply.id, now=to_ms(touched.now))
    tx.run("set_message_purpose", id=touched.message.id, purpose=Purpose.TALK)
    enqueue.mark(tx, touched.message, touched.now)


def _showings(tx: Transaction, touched: _Touched) -> list[DeliveryRow]:
    return [delivery_row(row) for row in tx.all("showings_of_note", message=touched.message.id)]


def _tell_of_note(tx: Transaction, touched: _Touched, showings: list[DeliveryRow], line: str) -> None:
    for each in showings:
        if each.kind is Kind.POST and each.link is not None:
            enqueue.line(tx, link_row(_present(tx.one("link", id=each.link))), line, touched.now)


def _vendor(touched: _Touched) -> str:
    store = touched.rules.stores.get(touched.ticket.store)
    return touched.ticket.store if store is None else store.vendor_label
