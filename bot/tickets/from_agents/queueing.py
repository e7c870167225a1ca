"""
Queueing what a routed message needs: a reply or note to the vendor, marks, posts in the ticket's other threads.

A reply leaves when its undo time is over (`replies/undo_time.py`), or is held and its author asked.
"""

from __future__ import annotations

from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, MessageRow, TicketRow, formatting_json, require, to_ms
from bot.model import Answer, Purpose
from bot.tickets import enqueue
from bot.tickets.day.taking import author, take_by_reply
from bot.tickets.from_agents.routing import Route
from bot.tickets.from_agents.typed_commands import AnswerDue, obey, too_old
from bot.tickets.links import is_in_present_thread
from bot.tickets.people import chat_id
from bot.tickets.replies import marks
from bot.tickets.replies.holding import HOLD_AFTER, Question, ask, hold_later_ones, reason_by_age, reason_by_collision
from bot.tickets.replies.outcomes import reply_failed
from bot.tickets.replies.progress import show_pending
from bot.tickets.replies.undo_time import leaves_at
from bot.tickets.rules_from_settings import Rules
from bot.wording import notices


def set_route(tx: Transaction, message: int, route: Route, now: datetime) -> None:
    """Record where a message goes."""
    formatted = formatting_json(route.formatted)
    tx.run("route_message", id=message, purpose=route.purpose, text=route.text, formatted=formatted, now=to_ms(now))


def enqueue_routed(
    tx: Transaction,
    link: LinkRow,
    ticket: TicketRow,
    message: MessageRow,
    route: Route,
    rules: Rules,
    now: datetime,
    *,
    since: datetime,
    at: datetime,
) -> AnswerDue | None:
    """
    Queue the deliveries that a routed message needs.

    Args:
        since: When it got this text, by this machine's clock; the time to undo it starts then.
        at: The same by its chat's clock.

    Returns:
        What its author has to be answered; None: nothing.
    """
    if route.command is not None:
        if now - since > HOLD_AFTER:
            return too_old(message, now - since)
        return obey(tx, link, ticket, message, route.command, rules, now)
    due = leaves_at(since, rules, now)
    if route.refused:
        _refuse(tx, ticket, message, route.refused, rules, now)
    elif route.purpose is Purpose.REPLY:
        _enqueue_reply(tx, link, ticket, message, route, rules, now, due=due, since=since, at=at)
        marks.enqueue_mark(tx, message, now, leaves_at=due)
    tx.run("set_store_active", name=ticket.store, at=to_ms(since))
    if route.purpose is Purpose.NOTE:
        _enqueue_note(tx, ticket, message, route.text, rules, due, now)
    if route.line:
        enqueue.line(tx, link, route.line, now)
    return AnswerDue(message, Answer(text=route.private)) if route.private else None


def _refuse(tx: Transaction, ticket: TicketRow, message: MessageRow, reason: str, rules: Rules, now: datetime) -> None:
    """A reply that its vendor does not accept fails at once, so that nothing shows it as waiting."""
    reply = require(enqueue.reply(tx, ticket, message.id, now, now))
    tx.run("fail_delivery", id=reply, now=to_ms(now), error=reason, in_doubt=False)
    reply_failed(tx, message, reply, notices.reply_failed(reason), rules.chat_labels, now)


def _enqueue_reply(
    tx: Transaction,
    link: LinkRow,
    ticket: TicketRow,
    message: MessageRow,
    route: Route,
    rules: Rules,
    now: datetime,
    *,
    due: datetime,
    since: datetime,
    at: datetime,
) -> None:
    """Queue a reply, or hold it and ask its author; for the times see `enqueue_routed`."""
    sender = author(link, message)
    tx.run("set_message_replied", id=message.id, by=chat_id(sender.chat, sender.agent), at=to_ms(at))
    held = Question(route.held) if route.held else reason_by_age(tx, since, now)
    question = held or reason_by_collision(tx, link, message.id, rules)
    reply = require(enqueue.reply(tx, ticket, message.id, due, now, held=question is not None))
    enqueue.order_replies(tx, ticket.number)
    if question is not None:
        ask(tx, link, question, reply, now)
    else:
        hold_later_ones(tx, link, message.id, rules, now)
        take_by_reply(tx, ticket.number, sender, rules, now)
        show_pending(tx, message, due, now)


def _enqueue_note(
    tx: Transaction, ticket: TicketRow, message: MessageRow, text: str, rules: Rules, due: datetime, now: datetime
) -> None:
    """Queue what a note needs: its mark, the note at the vendor, posts in the ticket's other threads."""
    marks.enqueue_mark(tx, message, now)
    if ticket.store in rules.noting and text and not ticket.forgotten:
        enqueue.note(tx, ticket, message.id, due, now)
    for other in enqueue.links_of(tx, ticket.number):
        if not is_in_present_thread(other, message):
            enqueue.post(tx, other, message.id, now)
