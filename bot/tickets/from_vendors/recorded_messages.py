"""
Recording the messages of a ticket that its vendor shows, and queueing their posts.

The UNIQUE keys decide what is new. A staff message that is one of our own replies is recognised here, and proves that
this reply reached the vendor.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from bot.db.connection import Row, Transaction
from bot.db.rows import (
    TicketRow,
    attachments_json,
    formatting_json,
    from_ms,
    message_row,
    require,
    ticket_row,
    to_ms,
)
from bot.model import Author, DeliveryId, Kind, Message, MessageId, State, Store, TicketNumber
from bot.text import signed
from bot.tickets import enqueue
from bot.tickets.decisions import decided, without_name
from bot.tickets.from_vendors.own_messages import Attempted, claimed
from bot.tickets.from_vendors.renamed_messages import rename
from bot.tickets.from_vendors.snapshot import Portion, TicketSnapshot
from bot.tickets.replies.outcomes import reply_arrived
from bot.wording import cards, decisions, notices


def record_messages(
    tx: Transaction,
    store: Store,
    ticket: TicketRow,
    snapshot: TicketSnapshot,
    now: datetime,
    *,
    followed: bool,
    begins: bool,
) -> bool:
    """
    Record the messages that are new, and queue their posts.

    Args:
        begins: Whether the ticket's threads are opened now, so that its first message can stand on their cards.

    Returns:
        Whether there is a new one of the staff, which may have answered the customer.
    """
    known = _recorded(tx, ticket.number, snapshot)
    found = [message for message in snapshot.messages or () if message.id not in known]
    if found and known and len(found) == len(snapshot.messages or ()) and rename(tx, ticket, snapshot):
        known = _recorded(tx, ticket.number, snapshot)
        found = [message for message in found if message.id not in known]
    own = own_among(tx, ticket.number, found, snapshot)
    threads = enqueue.links_of(tx, ticket.number) if followed and found else []
    written: list[Message] = []
    for message in found:
        if message.id in own:
            _arrived(tx, own[message.id], message.id, now)
            continue
        inserted = _insert(tx, ticket.number, message, now)
        if inserted is None:
            continue
        written.append(message)
        if begins and not known and message is found[0] and _stands_on_cards(tx, ticket.number, message):
            tx.run("set_opening_message", number=ticket.number, message=inserted)
            continue
        for link in threads:
            enqueue.post(tx, link, inserted, now)
        if followed and message.malformed:
            enqueue.lines(tx, ticket.number, notices.message_malformed(store.vendor_label), now)
    if any(message.is_public and message.author is not Author.STAFF for message in written):
        tx.run("wake_ticket", number=ticket.number)
    if followed and written:
        latest = max(min(message.written_at or now, now) for message in written)
        tx.run("set_store_active", name=ticket.store, at=to_ms(latest))
    return any(message.author is Author.STAFF for message in found)


def _recorded(tx: Transaction, ticket: TicketNumber, snapshot: TicketSnapshot) -> set[str]:
    """The ids of the messages that are recorded; of a portion only those that it has."""
    if snapshot.portion is not Portion.MORE:
        return {row["vendor_id"] for row in tx.all("vendor_ids_of_ticket", ticket=ticket)}
    ids = json.dumps([message.id for message in snapshot.messages or ()])
    return {row["vendor_id"] for row in tx.all("messages_by_vendor_ids", ticket=ticket, ids=ids)}


def _insert(tx: Transaction, ticket: TicketNumber, message: Message, now: datetime) -> int | None:
    """Record one message. Returns its number; None: it is recorded already."""
    return tx.add(
        "insert_vendor_message",
        ticket=ticket,
        vendor_id=message.id,
        author=message.author,
        author_name=message.author_name,
        text=message.text,
        formatted=formatting_json(message.formatted),
        attachments=attachments_json(message.attachments),
        is_public=message.is_public,
        written_at=to_ms(message.written_at or now),
        now=to_ms(now),
    )


def _stands_on_cards(tx: Transaction, number: TicketNumber, message: Message) -> bool:
    """Whether a ticket's first message stands on its cards alone; call it when the ticket's customer is recorded."""
    return cards.fits_on_card(message, ticket_row(require(tx.one("ticket", number=number))).customer)


def own_among(
    tx: Transaction, ticket: TicketNumber, found: Sequence[Message], snapshot: TicketSnapshot
) -> dict[MessageId, Row]:
    """
    Which of these messages are replies and notes of ours, each with its row of `replies_without_vendor_id`.

    Args:
        found: Messages of the snapshot that are not recorded yet, oldest first.
    """
    if all(message.author is Author.CUSTOMER for message in found):
        return {}
    rows = {row["id"]: row for row in tx.all("replies_without_vendor_id", ticket=ticket)}
    decided_before = {each: rows.pop(own) for each, own in snapshot.ours.items() if own in rows}
    left = [message for message in found if message.id not in decided_before]
    return decided_before | claimed([(_attempted(row), row) for row in rows.values()], left, snapshot.ahead)


def _attempted(row: Row) -> Attempted:
    """A row of `replies_without_vendor_id` as what was sent."""
    kind = Kind(row["kind"])
    text = row["text"] if kind is Kind.REPLY else signed(row["author_name"] or "", row["text"])
    files = tuple(file.name for file in message_row(row).attachments) if kind is Kind.REPLY else ()
    return Attempted(kind, text, from_ms(row["queued_at"]), files)


def _arrived(tx: Transaction, row: Row, vendor_id: MessageId, now: datetime) -> None:
    """A reply or a note of ours is at the vendor, under this id."""
    own = message_row(row)
    tx.run("set_message_vendor_id", id=own.id, vendor_id=vendor_id)
    if State(row["state"]) in (State.UNCERTAIN, State.FAILED):
        tx.run("finish_delivery", id=row["delivery"], now=to_ms(now))
        decided(tx, DeliveryId(row["delivery"]), without_name(decisions.arrived_instead()), now)
        if Kind(row["kind"]) is Kind.REPLY:
            reply_arrived(tx, own, None, now)
