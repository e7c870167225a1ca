"""
Recording and routing what people write in a chat, in one transaction, before the chat's event is acknowledged.

A message is first recorded, then routed: to the customer, to the team, or nowhere. While older messages may be missing,
routing waits, so that messages are routed in the order in which they were written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import (
    LinkRow,
    MessageRow,
    TicketRow,
    attachments_json,
    formatting_json,
    message_row,
    require,
    ticket_row,
    to_ms,
)
from bot.model import Answer, Purpose, Said, Store
from bot.text import clean
from bot.text.as_seen import seen
from bot.text.normal_form import normal
from bot.text.note_prefixes import note_of, without_prefix
from bot.text.tree import RichText, verbatim
from bot.tickets import enqueue
from bot.tickets.command_words import TypedCommand, typed_command
from bot.tickets.day.taking import author, take_by_reply
from bot.tickets.from_agents.mistyped import doubt, told_of_talk
from bot.tickets.from_agents.typed_commands import AnswerDue, obey, too_old
from bot.tickets.links import find_link, is_in_present_thread
from bot.tickets.people import chat_id
from bot.tickets.replies import marks
from bot.tickets.replies.holding import HOLD_AFTER, Question, ask, hold_later_ones, reason_by_age, reason_by_collision
from bot.tickets.replies.outcomes import reply_failed
from bot.tickets.replies.progress import show_pending
from bot.tickets.rules_from_settings import Rules
from bot.wording import notices, reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    Where a message goes.

    Attributes:
        text: What is sent, or shown elsewhere.
        formatted: The same with its formatting; None: it has none.
        held: Why it waits until an agent confirms it; empty: it does not.
        private: What its author alone is told; empty: nothing.
        command: What it asks of shopbell; None: nothing.
        line: What to say about it in its thread; empty: nothing.
        refused: Why the vendor does not accept the reply, so that it fails for good; empty: it is sent.
    """

    purpose: Purpose
    text: str
    formatted: RichText | None = None
    line: str = ""
    refused: str = ""
    held: str = ""
    private: str = ""
    command: TypedCommand | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message that is recorded: the link of its thread, and whether it was not recorded before."""

    link: LinkRow
    is_new: bool


@dataclass(frozen=True, slots=True)
class Routed:
    """
    Messages that were routed.

    Attributes:
        refused: Those of people who may not act on the ticket, so that they can be told.
        answers_due: The commands among them, whose authors have to be answered.
    """

    refused: tuple[MessageRow, ...] = ()
    answers_due: tuple[AnswerDue, ...] = ()


def record_said(tx: Transaction, said: Said, *, can_reply: bool, sync_epoch: str | None = None) -> Recorded | None:
    """
    Record a message, once however often it arrives; None: its thread belongs to no ticket.

    Args:
        can_reply: Whether its author may act on the ticket now; else it never goes to the customer by itself.
        sync_epoch: Its chat's sync epoch, if every later change to it arrives; None: one may have been missed.
    """
    link = find_link(tx, said.place)
    if link is None:
        return None
    added = tx.add(
        "insert_agent_message",
        ticket=link.ticket,
        link=link.id,
        thread=said.place.thread,
        chat_message=said.message,
        agent=said.agent.id,
        author_name=said.agent.name,
        text=clean(said.text),
        formatted=formatting_json(said.formatted),
        attachments=attachments_json(said.attachments),
        unsupported=json.dumps(list(said.unsupported), ensure_ascii=False),
        can_reply=can_reply,
        written_at=to_ms(said.said_at),
        sync_epoch=sync_epoch,
    )
    return Recorded(link, is_new=added is not None)


def route_link(
    tx: Transaction, link: LinkRow, rules: Rules, now: datetime, chat_now: datetime | None, *, live: bool = False
) -> Routed:
    """
    Route the messages of a thread that are recorded but not routed yet, oldest first.

    Called only when no older message can still arrive; so the thread counts as read up to here.

    Args:
        chat_now: The time in its chat; None: unknown.
        live: Whether the message arrived live; else it was read later.
    """
    ticket = ticket_row(require(tx.one("ticket", number=link.ticket)))
    refused, answers_due = [], []
    for row in tx.all("unrouted_messages", link=link.id):
        message = message_row(row)
        route = decide(message, ticket, rules)
        set_route(tx, message.id, route, now)
        tx.run("set_read_up_to", id=link.id, message=message.chat_message, at=to_ms(message.written_at))
        since = _written_at(message, now, chat_now, live=live)
        due = enqueue_routed(tx, link, ticket, message, route, rules, now, since=since, at=message.written_at)
        if due is not None:
            answers_due.append(due)
        if not message.can_reply and not message.deleted and ticket.store in rules.stores:
            refused.append(message)
    return Routed(tuple(refused), tuple(answers_due))


def _written_at(message: MessageRow, now: datetime, chat_now: datetime | None, *, live: bool) -> datetime:
    """
    When a message was written, by this machine's clock, which may differ much from the chat's. Pure.

    A live message was written now, unless the chat's own clock says that it is old.
    """
    age = (chat_now or now) - message.written_at
    if live and (chat_now is None or age <= HOLD_AFTER):
        return now
    return now - max(age, timedelta())


def decide(message: MessageRow, ticket: TicketRow, rules: Rules) -> Route:
    """Where an agent's message goes. Pure."""
    stays = Route(purpose=Purpose.TALK, text=message.text, formatted=message.formatted)
    store = rules.stores.get(ticket.store)
    if not message.can_reply or message.deleted or store is None:
        return stays
    note = note_route(message, rules)
    if note is not None:
        return note
    route = checked_reply_route(message, ticket, rules)
    if store.sends_all or route.command is not None:
        return route
    return replace(stays, private=told_of_talk(message, rules.note_prefixes))


def checked_reply_route(message: MessageRow, ticket: TicketRow, rules: Rules) -> Route:
    """The route of a message that nobody has said to be for the customer; it may be a command. Pure."""
    command = typed_command(message, rules.note_prefixes)
    if command is not None:
        return Route(purpose=Purpose.TALK, text=message.text, formatted=message.formatted, command=command)
    route = reply_route(message, ticket, rules)
    doubtful = None if route.refused else doubt(message, rules.note_prefixes)
    if doubtful is not None:
        return replace(route, held=doubtful.in_thread, private=doubtful.to_author)
    return route


def note_route(message: MessageRow, rules: Rules) -> Route | None:
    """The route of a note; None: this is none. Pure."""
    note = note_text(message.text, rules)
    if note is None:
        return None
    formatted = None if message.formatted is None else without_prefix(message.formatted, note)
    return Route(purpose=Purpose.NOTE, text=note, formatted=formatted)


def reply_route(message: MessageRow, ticket: TicketRow, rules: Rules) -> Route:
    """The route of a message that is meant for the customer, or why it cannot be sent. Pure."""
    store = rules.stores[ticket.store]
    _, linked, left_out = _sort_attachments(message, rules, store)
    text = "\n".join([message.text, *linked]).strip()
    formatted = None if message.formatted is None else normal((*message.formatted, *verbatim("\n".join(linked))))
    refused = refusal(replace(message, text=text), ticket, rules)
    line = notices.parts_left_out(store.vendor_label, left_out) if left_out and not refused else ""
    return Route(purpose=Purpose.REPLY, text=text, formatted=formatted, line=line, refused=refused)


def text_written(message: MessageRow, rules: Rules, store: Store) -> str:
    """What a routed reply's author wrote, without the links that `reply_route` put behind it. Pure."""
    linked = "\n".join(_sort_attachments(message, rules, store)[1])
    return message.edited_text or message.text.removesuffix(linked).rstrip()


def refusal(message: MessageRow, ticket: TicketRow, rules: Rules) -> str:
    """Why the vendor does not accept this message as a reply, files included; empty: it does. Pure."""
    store = rules.stores[ticket.store]
    if ticket.forgotten:
        return reasons.forgotten()
    sent, _, left_out = _sort_attachments(message, rules, store)
    if not sent and not seen(message.text):
        return reasons.not_accepted(store.vendor_label, left_out) if left_out else reasons.nothing_to_send()
    limit = rules.capabilities[ticket.store].reply_length
    if limit is not None and len(message.text) > limit:
        return reasons.too_long(store.vendor_label, len(message.text) - limit)
    return ""


def _sort_attachments(message: MessageRow, rules: Rules, store: Store) -> tuple[list[str], list[str], list[str]]:
    """What a message has in addition to its text: sent as a file, sent as a link, left out."""
    sent, linked, left_out = [], [], list(message.unsupported)
    largest = rules.capabilities[store.name].file_bytes
    for attachment in message.attachments:
        if store.name in rules.attaching and (attachment.size or 0) <= largest:
            sent.append(attachment.name)
        elif attachment.lasting and attachment.url:
            linked.append(f"{attachment.name}: {attachment.url}")
        else:
            left_out.append(attachment.name)
    return sent, linked, left_out


def note_text(text: str, rules: Rules) -> str | None:
    """The text of a note without its prefix; None: this is no note. Pure."""
    return note_of(text, rules.note_prefixes)


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
    due = max(now, since + rules.undo)
    if route.refused:
        _refuse(tx, ticket, message, route.refused, now)
    elif route.purpose is Purpose.REPLY:
        _enqueue_reply(tx, link, ticket, message, route, rules, now, due=due, since=since, at=at)
        marks.enqueue_mark(tx, message, now, leaves_at=due)
    tx.run("set_store_active", name=ticket.store, at=to_ms(since))
    if route.purpose is Purpose.NOTE:
        _enqueue_note(tx, ticket, message, route.text, rules, due, now)
    if route.line:
        enqueue.line(tx, link, route.line, now)
    return AnswerDue(message, Answer(text=route.private)) if route.private else None


def _refuse(tx: Transaction, ticket: TicketRow, message: MessageRow, reason: str, now: datetime) -> None:
    """A reply that its vendor does not accept fails at once, so that nothing shows it as waiting."""
    reply = require(enqueue.reply(tx, ticket, message.id, now, now))
    tx.run("fail_delivery", id=reply, now=to_ms(now), error=reason, in_doubt=False)
    reply_failed(tx, message, reply, notices.reply_failed(reason), now)


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
