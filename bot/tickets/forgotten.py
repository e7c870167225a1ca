"""
Recognising what was forgotten, without knowing it.

In place of a vendor's id stands a hash of it with a key of this installation. So a sweep recognises a forgotten ticket
and its messages, but nobody can find out from the database which ticket it was. A message that was never recorded has
no hash: it counts as forgotten if it was written before its ticket was erased.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import NamedTuple

from bot.db.connection import Transaction
from bot.db.rows import TicketRow, require, ticket_row
from bot.model import Message, MessageId, StoreName, TicketId, TicketNumber

_LENGTH = 32
"""In hexadecimal digits: 128 bits."""


class RecordedTicket(NamedTuple):
    """
    What a sweep compares a ticket with.

    Attributes:
        fingerprint: None: it has to be read again.
        followed: Whether it has threads.
    """

    fingerprint: str | None
    followed: bool


def ticket_hash(tx: Transaction, store: StoreName, vendor_id: TicketId) -> TicketId:
    """What stands in place of a ticket's vendor id."""
    return TicketId(_hash(tx, "ticket", store, vendor_id))


def message_hash(tx: Transaction, ticket: TicketNumber, vendor_id: str) -> MessageId:
    """What stands in place of the vendor id of a ticket's message."""
    return MessageId(_hash(tx, "message", str(ticket), vendor_id))


def find_ticket(tx: Transaction, store: StoreName, vendor_id: TicketId) -> TicketRow | None:
    """The ticket with this vendor id, also if it was forgotten; None: never seen."""
    row = tx.one("ticket_by_vendor_id", store=store, vendor_id=vendor_id)
    if row is None:
        row = tx.one("ticket_by_vendor_id", store=store, vendor_id=ticket_hash(tx, store, vendor_id))
    return None if row is None else ticket_row(row)


def recorded_tickets(
    tx: Transaction, store: StoreName, ids: Collection[TicketId]
) -> Mapping[TicketId, RecordedTicket | None]:
    """What is recorded of these tickets by their vendor ids, also of forgotten ones; None: never seen."""
    found = _recorded(tx, store, ids)
    hashes = {ticket_hash(tx, store, each): each for each in ids if each not in found}
    forgotten = {hashes[each]: recorded for each, recorded in _recorded(tx, store, list(hashes)).items()}
    return {each: found.get(each) or forgotten.get(each) for each in ids}


def is_forgotten(
    tx: Transaction, ticket: TicketRow, message: Message, recorded: Collection[str], clock_ahead: timedelta
) -> bool:
    """
    Whether a message belongs to what was erased of its ticket.

    Args:
        recorded: The vendor ids of the ticket's messages as they are recorded.
        clock_ahead: By how much the vendor's clock is ahead of ours.
    """
    if ticket.erased_at is None or message.id in recorded:
        return False
    if message_hash(tx, ticket.number, message.id) in recorded:
        return True
    return message.written_at is not None and message.written_at - clock_ahead <= ticket.erased_at


def _recorded(tx: Transaction, store: StoreName, ids: Collection[TicketId]) -> dict[TicketId, RecordedTicket]:
    rows = tx.all("recorded_tickets", store=store, ids=json.dumps(list(ids))) if ids else []
    return {TicketId(row["vendor_id"]): RecordedTicket(row["fingerprint"], bool(row["followed"])) for row in rows}


def _hash(tx: Transaction, *parts: str) -> str:
    key = bytes.fromhex(require(tx.one("forgetting_key"))["forgetting_key"])
    return hmac.new(key, json.dumps(parts).encode(), "sha256").hexdigest()[:_LENGTH]
