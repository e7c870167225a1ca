"""Ids that a vendor gives again: a new ticket is not taken for the deleted one that had its id."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import TicketRow, retired_id, to_ms
from bot.tickets import enqueue
from bot.tickets.from_vendors.snapshot import TicketSnapshot


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
