"""
Recognising what was forgotten, without knowing it.

In place of a vendor's id stands a hash of it with a key of this installation. So a sweep recognises a forgotten ticket
and its messages, but nobody can find out from the database which ticket it was. A message that was never recorded has
no hash: it counts as forgotten if it was written before its ticket was erased. One that has no date either counts as
forgotten if one that is forgotten comes after it, or if nothing shows that it is new.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
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


def not_forgotten(
    tx: Transaction,
    ticket: TicketRow,
    messages: Sequence[Message],
    recorded: Collection[str],
    erased_at: datetime,
    updated_at: datetime | None,
) -> tuple[Message, ...]:
    """
    The messages that do not belong to what was erased of their ticket.

    Args:
        messages: All of the ticket, oldest first.
        recorded: The vendor ids of the ticket's messages as they are recorded.
        erased_at: When words of the ticket were last erased, by the vendor's clock.
        updated_at: When the ticket changed, as its vendor says.
    """
    # Nothing is recorded of an erased ticket, until it is revived.
    before = {m.id for m in messages if message_hash(tx, ticket.number, m.id) in recorded}
    before |= {m.id for m in messages if ticket.erased and m.id in recorded}
    are_new = [_is_new(m, recorded, before, erased_at) for m in messages]
    last_old = max((at for at, is_new in enumerate(are_new) if is_new is False), default=-1)
    first_new = next((at for at, is_new in enumerate(are_new) if is_new), len(messages))
    was_read = any(not is_new and m.id in {*before, *recorded} for m, is_new in zip(messages, are_new, strict=True))
    # Where nothing of it had been recorded and nothing has a date, only the ticket itself can tell.
    is_dated = any(m.written_at is not None for m in messages)
    has_changed = not is_dated and updated_at is not None and updated_at > erased_at

    def stays(at: int, message: Message) -> bool:
        if message.id in recorded or are_new[at] is not None:
            return message.id in recorded or are_new[at] is True
        return at > last_old and (at > first_new or was_read or has_changed)

    return tuple(message for at, message in enumerate(messages) if stays(at, message))


def _is_new(message: Message, recorded: Collection[str], before: Collection[str], erased_at: datetime) -> bool | None:
    """Whether a message came after its ticket was erased; None: only its place among the others says."""
    if message.id in before:
        return False
    if message.written_at is not None:
        return message.written_at > erased_at
    return True if message.id in recorded else None


def _recorded(tx: Transaction, store: StoreName, ids: Collection[TicketId]) -> dict[TicketId, RecordedTicket]:
    rows = tx.all("recorded_tickets", store=store, ids=json.dumps(list(ids))) if ids else []
    return {TicketId(row["vendor_id"]): RecordedTicket(row["fingerprint"], bool(row["followed"])) for row in rows}


def _hash(tx: Transaction, *parts: str) -> str:
    key = bytes.fromhex(require(tx.one("forgetting_key"))["forgetting_key"])
    return hmac.new(key, json.dumps(parts).encode(), "sha256").hexdigest()[:_LENGTH]
