"""Ids that a vendor gives again: neither a ticket nor a message is taken for another one that has or had its id."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import MessageRow, TicketRow, message_row, retired_id, to_ms
from bot.model import Message, TicketNumber
from bot.text import comparable
from bot.tickets import enqueue
from bot.tickets.from_vendors.own_messages import are_alike
from bot.tickets.from_vendors.snapshot import Portion, TicketSnapshot


def is_another(tx: Transaction, known: TicketRow, snapshot: TicketSnapshot, now: datetime) -> bool:
    """
    Whether this is another ticket than the one that had its id: that was gone before this one was made.

    Some vendors give the ids of deleted tickets and messages again. From now on the old one has no id there.
    """
    created_at = snapshot.ticket.created_at
    if not known.gone or created_at is None:
        return False
    retired = tx.run(
        "retire_vendor_id",
        number=known.number,
        vendor_id=retired_id(known.number, known.vendor_id),
        created_at=to_ms(created_at),
        by_our_clock=to_ms(created_at - (snapshot.ahead or timedelta())),
    )
    if retired:
        enqueue.cards(tx, known.number, now)
    return bool(retired)


def as_recorded(tx: Transaction, ticket: TicketNumber, snapshot: TicketSnapshot) -> TicketSnapshot:
    """
    The ticket as read; of messages that share an id, the one that was recorded while it alone had it has it again.

    With another id it would be shown twice. In a portion this is as it should be: it was decided where all were seen.
    """
    if snapshot.portion is Portion.FIRST:
        return snapshot
    messages = snapshot.messages or ()
    sharing: dict[str, list[Message]] = {}
    for message in messages:
        if message.shared_id is not None:
            sharing.setdefault(message.shared_id, []).append(message)
    if not sharing:
        return snapshot
    rows = map(message_row, tx.all("messages_by_vendor_ids", ticket=ticket, ids=json.dumps(list(sharing))))
    again = {found.id for row in rows if (found := _same(row, sharing[row.vendor_id or ""])) is not None}
    return replace(
        snapshot,
        messages=tuple(
            replace(each, id=each.shared_id) if each.shared_id and each.id in again else each for each in messages
        ),
    )


def _same(recorded: MessageRow, sharing: Sequence[Message]) -> Message | None:
    """Which of the messages with its id is the recorded one: by its words; if they were erased, by its time. Pure."""
    words = comparable(recorded.text)
    for is_same in (
        lambda message: comparable(message.text) == words,
        lambda message: message.written_at is not None and to_ms(message.written_at) == to_ms(recorded.written_at),
        lambda message: are_alike(recorded.text, message.text),
    ):
        found = next(filter(is_same, sharing), None)
        if found is not None:
            return found
    return None
