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

from bot import phrases, queue
from bot.db.connection import Transaction
from bot.db.values import (
    LinkRow,
    MessageRow,
    Purpose,
    TicketRow,
    attachments_json,
    from_ms,
    link_row,
    message_row,
    ticket_row,
    to_ms,
)
from bot.model import (
    Button,
    DeliveryId,
    Place,
    Said,
    Store,
    StoreName,
    Verb,
)
from bot.ports import VendorCapabilities
from bot.record import reply_failed
from bot.text import clean

# A reply that was found only so late is not sent unasked: the customer may long have been helped.
_STALE = timedelta(hours=1)
_CLOSED_LATELY = timedelta(days=30)


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


def find_link(tx: Transaction, place: Place) -> LinkRow | None:
    """The link whose thread this is; None: no ticket's thread."""
    if place.thread is None:
        return None
    row = tx.one("link_by_thread", chat=place.chat, channel=place.channel, thread=place.thread)
    return None if row is None else link_row(row)


def record_vanished(tx: Transaction, place: Place, now: datetime) -> None:
    """A thread, or a channel with all of its, was deleted: open tickets get another thread in the same channel."""
    where = {"chat": place.chat, "channel": place.channel, "thread": place.thread}
    for row in tx.all("links_in_place", closed_since=to_ms(now - _CLOSED_LATELY), **where):
        queue.reopen_link(tx, link_row(row), now)


def record_said(tx: Transaction, said: Said, watch: str | None = None) -> LinkRow | None:
    """
    Write down a message, once however often it comes; None: its thread is no ticket's.

    Args:
        watch: The watch of its chat since which every change to it comes in; None: one may have been missed.
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
        may=said.agent.may,
        written_at=to_ms(said.said_at),
        watch=watch,
    )
    return link


def heard_in_no_thread(tx: Transaction, place: Place) -> None:
    """Somebody spoke in a thread that is no ticket's as far as we know: those being opened there have to be read."""
    if place.thread is not None:
        tx.run("heard_before_opened", chat=place.chat, channel=place.channel)


def is_being_opened(tx: Transaction, link: LinkRow) -> bool:
    """Whether a link's thread is there but what was said in it at first is still to be read."""
    return tx.one("opening_of_link", link=link.id) is not None


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
    line = phrases.parts_left_out(store.vendor_label, left_out) if left_out and not refused else ""
    return Route(purpose=Purpose.REPLY, text=text, line=line, refused=refused)


def refusal(message: MessageRow, ticket: TicketRow, rules: Rules) -> str:
    """Why its vendor does not take a reply that reads like this, files and all; empty: it does. Pure."""
    store = rules.stores[ticket.store]
    sent, _, left_out = _sort_out(message, rules, store)
    if not message.text and not sent:
        return phrases.not_taken(store.vendor_label, left_out) if left_out else phrases.nothing_to_send()
    most = rules.capabilities[ticket.store].reply_length
    if most is not None and len(message.text) > most:
        return phrases.too_long(store.vendor_label, len(message.text) - most)
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
        reply = queue.reply(tx, ticket, message.id, due, now, held=bool(doubt))
        queue.order_replies(tx, ticket.number)
        if reply is not None and doubt:
            queue.line(tx, link, doubt, now, _decide(reply))
        queue.mark(tx, message, now)
    tx.run("store_active", name=ticket.store, at=to_ms(since))
    if route.purpose is Purpose.NOTE:
        _keep(tx, ticket, message, route.text, rules, due, now)
    if route.line:
        queue.line(tx, link, route.line, now)


def _fail(tx: Transaction, ticket: TicketRow, message: MessageRow, reason: str, now: datetime) -> None:
    """A reply that its vendor does not take fails at once; what waits for the vendor must not say otherwise."""
    reply = queue.reply(tx, ticket, message.id, now, now)
    if reply is not None:
        tx.run("fail_delivery", id=reply, now=to_ms(now), error=reason, doubt=False)
        reply_failed(tx, message, reply, phrases.reply_failed(reason), now)


def _doubt(tx: Transaction, since: datetime, now: datetime) -> str:
    """Why a message that was written then is not sent to the customer unasked; empty: it is sent."""
    age = now - since
    if age > _STALE:
        return phrases.written_long_ago(age)
    restored = tx.one("restored_at")
    if restored is not None and since < from_ms(restored["restored_at"]):
        return phrases.written_before_restore()
    return ""


def _keep(
    tx: Transaction, ticket: TicketRow, message: MessageRow, text: str, rules: Rules, due: datetime, now: datetime
) -> None:
    """Queue what a note makes necessary: its mark, the vendor's own notes, the ticket's other threads."""
    queue.mark(tx, message, now)
    if ticket.store in rules.noting and text:
        queue.note(tx, ticket, message.id, due, now)
    for other in queue.links_of(tx, ticket.number):
        if other.id != message.link:
            queue.post(tx, other, message.id, now)


def _decide(reply: DeliveryId) -> tuple[Button, ...]:
    return (
        Button(verb=Verb.RETRY, label="Send", delivery=reply),
        Button(verb=Verb.DISCARD, label="Discard", delivery=reply),
    )
