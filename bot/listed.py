"""What a store's list says of a ticket: whether it gets threads, and what stays beside a reading. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.db.values import TicketRow
from bot.model import Status, Store, Ticket


def follows(ticket: Ticket, before: TicketRow | None, store: Store, *, first: bool, now: datetime) -> bool:
    """
    Whether a ticket whose fingerprint is new shall have threads. Pure.

    At first contact the store's backfill decides. Later every new ticket has them, and an old one gets them as soon
    as something happens in it while it is open.
    """
    if before is not None and before.followed:
        return True
    closed = ticket.status is Status.CLOSED
    if not first:
        return before is None or not closed
    if closed:
        return store.backfill_closed
    if store.backfill_days is None:
        return store.backfill_open
    active = ticket.updated_at or ticket.created_at
    return active is None or now - active <= timedelta(days=store.backfill_days)


def overlay(listed: Ticket, read: Ticket) -> Ticket:
    """A ticket as it was just read, with what only the list says. Pure."""
    return replace(
        read,
        subject=read.subject if read.subject is not None else listed.subject,
        status=read.status or listed.status,
        status_word=read.status_word or listed.status_word,
        customer=replace(
            read.customer,
            name=read.customer.name or listed.customer.name,
            email=read.customer.email or listed.customer.email,
        ),
        facts=max(read.facts or (), listed.facts or (), key=len) or None,
        created_at=read.created_at or listed.created_at,
        updated_at=read.updated_at or listed.updated_at,
        closed_at=read.closed_at or listed.closed_at,
        awaiting=read.awaiting or listed.awaiting,
    )
