"""
What people do in a chat becomes rows, in one transaction, before the chat's event is acknowledged.

A message is first recorded, then routed: to the customer, to the team, or nowhere. Routing waits while messages may
have been missed, so that what was written first is routed first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, MessageRow, TicketRow, attachments_json, from_ms, message_row, ticket_row, to_ms
from bot.model import Button, DeliveryId, Purpose, Said, Store, StoreName, Verb
from bot.ports import VendorCapabilities
from bot.text import clean
from bot.tickets import enqueue
from bot.tickets.outcomes import reply_failed
from bot.tickets.threads import find_link
from bot.wording import notices

# A reply that was found only so late is not sent unasked: the customer may long have been helped.
_STALE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    What decides where a message goes.

    Attributes:
        noting: The stores whose vendors keep notes.
        attaching: The stores whose vendors take files with a reply.
        undo: How long a reply waits before it leaves.
    """

    stores: Mapping[StoreName, Store]
    capabilities: Mapping[StoreName, VendorCapabilities]
    noting: frozenset[StoreName]
    attaching: frozenset[StoreName]
    note_prefixes: Sequence[str]
    undo: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    Where a message goes.

    Attributes:
        text: What is sent or shown elsewhere.
        line: What the thread is told about it; empty: nothing.
        refused: Why a reply's vendor does not take it as it is, so that it fails for good; empty: it is sent.
    """

    purpose: Purpose
    text: str
    line: str = ""
    refused: str = ""


def record_said(tx: Transaction, said: Said, sync_epoch: str | None = None) -> LinkRow | None:
    """
    Write down a message, once however often it comes; None: its thread is no ticket's.

    Args:
        sync_epoch: The sync_epoch of its chat since which every change to it comes in; None: one may have been missed.
    """
    link = find_link(tx, said.place)
    if link is None:
        return None
    tx.add(
        "insert_agent_message",
        ticket=link.ticket,
        link=link.id,
        thread=said.place.thread,
        chat_message=said.message,
        agent=said.agent.id,
        author_name=said.agent.name,
        text=clean(said.text),
        attachments=attachments_json(said.attachments),
        other=json.dumps(list(said.other), ensure_ascii=False),
        can_reply=said.agent.may,
        written_at=to_ms(said.said_at),
        sync_epoch=sync_epoch,
    )
    return link


def route_link(
    tx: Transaction, link: LinkRow, rules: Rules, now: datetime, there: datetime | None, *, live: bool = False
) -> list[MessageRow]:
    """
    Route what was recorded in a thread and not yet routed, oldest first.

    Called only when nothing older can still come; so the thread counts as read up to here.

    Args:
        there: What time it is in its chat; None: nobody knows.
        live: Whether it came in just now; else it was found.

    Returns:
        The messages of people who may not reply, to be told so.
    """
    ticket_found = tx.one("ticket", number=link.ticket)
    if ticket_found is None:
        raise LookupError("a link without its ticket")
    ticket = ticket_row(ticket_found)
    refused = []
    for row in tx.all("unrouted_messages", link=link.id):
        message = message_row(row)
        route = decide(message, ticket, rules)
        tx.run("route_message", id=message.id, purpose=route.purpose, text=route.text, now=to_ms(now))
        tx.run("thread_seen", id=link.id, message=message.chat_message, at=to_ms(message.written_at))
        follow(tx, link, ticket, message, route, rules, now, since=_written(message, now, there, live=live))
        if not message.may and not message.deleted:
            refused.append(message)
    return refused


def _written(message: MessageRow, now: datetime, there: datetime | None, *, live: bool) -> datetime:
    """
    When a message was written, by this machine's clock, which may be far from the chat's. Pure.

    What comes in live was written just now, unless the chat's own clock says that it was long ago.
    """
    age = (there or now) - message.written_at
    if live and (there is None or age <= _STALE):
        return now
    return now - max(age, timedelta())


def decide(message: MessageRow, ticket: TicketRow, rules: Rules) -> Route:
    """Where an agent's message goes. Pure."""
    stays = Route(purpose=Purpose.TALK, text=message.text)
    store = rules.stores.get(ticket.store)
    if not message.may or message.deleted or store is None:
        return stays
    noted = as_note(message.text, rules)
    if noted is not None:
        return Route(purpose=Purpose.NOTE, text=noted)
    if not store.sends_all:
        return stays
    return as_reply(message, ticket, rules)


def as_reply(message: MessageRow, ticket: TicketRow, rules: Rules) -> Route:
    """How a message that is meant for the customer goes to them, or why it does not. Pure."""
    store = rules.stores[ticket.store]
    _, linked, left_out = _sort_out(message, rules, store)
    text = "\n".join([message.text, *linked]).strip()
    refused = refusal(replace(message, text=text), ticket, rules)
    line = notices.parts_left_out(store.vendor_label, left_out) if left_out and not refused else ""
    return Route(purpose=Purpose.REPLY, text=text, line=line, refused=refused)


def refusal(message: MessageRow, ticket: TicketRow, rules: Rules) -> str:
    """Why its vendor does not take a reply that reads like this, files and all; empty: it does. Pure."""
    store = rules.stores[ticket.store]
    sent, _, left_out = _sort_out(message, rules, store)
    if not message.text and not sent:
        return notices.not_taken(store.vendor_label, left_out) if left_out else notices.nothing_to_send()
    most = rules.capabilities[ticket.store].reply_length
    if most is not None and len(message.text) > most:
        return notices.too_long(store.vendor_label, len(message.text) - most)
    return ""


def _sort_out(message: MessageRow, rules: Rules, store: Store) -> tuple[list[str], list[str], list[str]]:
    """What a message carries besides text, by what becomes of it: sent as a file, sent as a link, left out."""
    sent, linked, left_out = [], [], list(message.other)
    largest = rules.capabilities[store.name].file_bytes
    for attachment in message.attachments:
        if store.name in rules.attaching and (attachment.size or 0) <= largest:
            sent.append(attachment.name)
        elif attachment.lasting and attachment.url:
            linked.append(f"{attachment.name}: {attachment.url}")
        else:
            left_out.append(attachment.name)
    return sent, linked, left_out


def as_note(text: str, rules: Rules) -> str | None:
    """What a note says, without its prefix; None: the text is no note. Pure."""
    begins = (len(prefix) for prefix in rules.note_prefixes if text.lower().startswith(prefix.lower()))
    length = next(begins, None)
    return None if length is None else text[length:].strip()


def follow(
    tx: Transaction,
    link: LinkRow,
    ticket: TicketRow,
    message: MessageRow,
    route: Route,
    rules: Rules,
    now: datetime,
    *,
    since: datetime,
) -> None:
    """
    Queue what a routed message makes necessary.

    Args:
        since: When it was written so, by this machine's clock; its undo time begins then.
    """
    due = max(now, since + rules.undo)
    if route.refused:
        _fail(tx, ticket, message, route.refused, now)
    elif route.purpose is Purpose.REPLY:
        doubt = _doubt(tx, since, now)
        reply = enqueue.reply(tx, ticket, message.id, due, now, held=bool(doubt))
        enqueue.order_replies(tx, ticket.number)
        if reply is not None and doubt:
            enqueue.line(tx, link, doubt, now, _decide(reply))
        enqueue.mark(tx, message, now)
    tx.run("store_active", name=ticket.store, at=to_ms(since))
    if route.purpose is Purpose.NOTE:
        _keep(tx, ticket, message, route.text, rules, due, now)
    if route.line:
        enqueue.line(tx, link, route.line, now)


def _fail(tx: Transaction, ticket: TicketRow, message: MessageRow, reason: str, now: datetime) -> None:
    """A reply that its vendor does not take fails at once; what waits for the vendor must not say otherwise."""
    reply = enqueue.reply(tx, ticket, message.id, now, now)
    if reply is not None:
        tx.run("fail_delivery", id=reply, now=to_ms(now), error=reason, doubt=False)
        reply_failed(tx, message, reply, notices.reply_failed(reason), now)


def _doubt(tx: Transaction, since: datetime, now: datetime) -> str:
    """Why a message that was written then is not sent to the customer unasked; empty: it is sent."""
    age = now - since
    if age > _STALE:
        return notices.written_long_ago(age)
    restored = tx.one("restored_at")
    if restored is not None and since < from_ms(restored["restored_at"]):
        return notices.written_before_restore()
    return ""


def _keep(
    tx: Transaction, ticket: TicketRow, message: MessageRow, text: str, rules: Rules, due: datetime, now: datetime
) -> None:
    """Queue what a note makes necessary: its mark, the vendor's own notes, the ticket's other threads."""
    enqueue.mark(tx, message, now)
    if ticket.store in rules.noting and text:
        enqueue.note(tx, ticket, message.id, due, now)
    for other in enqueue.links_of(tx, ticket.number):
        if other.id != message.link:
            enqueue.post(tx, other, message.id, now)


def _decide(reply: DeliveryId) -> tuple[Button, ...]:
    return (
        Button(verb=Verb.RETRY, label="Send", delivery=reply),
        Button(verb=Verb.DISCARD, label="Discard", delivery=reply),
    )
