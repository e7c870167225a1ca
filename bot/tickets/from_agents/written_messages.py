"""
Recording what people write in a chat, and routing it in the order in which it was written.

A message is first recorded, then routed (`routing.py`): to the customer, to the team, or nowhere. While older messages
may be missing, routing waits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import (
    LinkRow,
    MessageRow,
    attachments_json,
    formatting_json,
    message_row,
    require,
    ticket_row,
    to_ms,
)
from bot.model import Said
from bot.text import clean
from bot.tickets.from_agents.queueing import enqueue_routed, set_route
from bot.tickets.from_agents.routing import decide
from bot.tickets.from_agents.typed_commands import AnswerDue
from bot.tickets.links import find_link
from bot.tickets.replies.holding import HOLD_AFTER
from bot.tickets.rules_from_settings import Rules


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
        unsent: What was written in the ticket of a store that the settings do not name any more: it goes to nobody.
        store: That ticket's store.
    """

    refused: tuple[MessageRow, ...] = ()
    answers_due: tuple[AnswerDue, ...] = ()
    unsent: tuple[MessageRow, ...] = ()
    store: str = ""


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
    refused, answers_due, unsent = [], [], []
    for row in tx.all("unrouted_messages", link=link.id):
        message = message_row(row)
        route = decide(message, ticket, rules)
        set_route(tx, message.id, route, now)
        tx.run("set_read_up_to", id=link.id, message=message.chat_message, at=to_ms(message.written_at))
        since = _written_at(message, now, chat_now, live=live)
        due = enqueue_routed(tx, link, ticket, message, route, rules, now, since=since, at=message.written_at)
        if due is not None:
            answers_due.append(due)
        if ticket.store not in rules.stores and not message.deleted:
            unsent.append(message)
        elif not message.can_reply and not message.deleted:
            refused.append(message)
    return Routed(tuple(refused), tuple(answers_due), tuple(unsent), ticket.store)


def _written_at(message: MessageRow, now: datetime, chat_now: datetime | None, *, live: bool) -> datetime:
    """
    When a message was written, by this machine's clock, which may differ much from the chat's. Pure.

    A live message was written now, unless the chat's own clock says that it is old.
    """
    age = (chat_now or now) - message.written_at
    if live and (chat_now is None or age <= HOLD_AFTER):
        return now
    return now - max(age, timedelta())
