"""The mark on an agent's message (⏳ ✅ ❌ 🔒): which one it has to carry, which it may carry, and showing it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.db.connection import Row, Transaction
from bot.db.rows import DeliveryRow, MessageRow, require, to_ms
from bot.model import Mark, Purpose, State
from bot.tickets.enqueue import chat_destination, load_link

A_MOMENT = timedelta(seconds=1)
"""A reply that leaves at once is mostly at its vendor sooner, and marked ✅ then; else it is marked ⏳ after this."""


def enqueue_mark(tx: Transaction, message: MessageRow, now: datetime, *, leaves_at: datetime | None = None) -> None:
    """
    Queue the mark on an agent's message, unless it is queued already. What was written in a form is no message.

    Args:
        leaves_at: When its reply leaves, if it was just queued: ⏳ is not set for a moment only.
    """
    if message.chat_message is None:
        return
    link = load_link(tx, require(message.link))
    due = now if leaves_at is None or leaves_at - now >= A_MOMENT else now + A_MOMENT
    tx.run(
        "insert_mark",
        lane=f"mark:{message.id}",
        destination=chat_destination(link.chat),
        ticket=message.ticket,
        link=link.id,
        message=message.id,
        now=to_ms(now),
        due=to_ms(due),
    )


def wanted_mark(tx: Transaction, message: Row) -> Mark | None:
    """The mark that an agent's message (a row) must have now; None: none."""
    if Purpose(message["purpose"]) is Purpose.NOTE:
        return Mark.NOTE
    delivery = tx.one("reply_of_message", message=message["id"])
    if delivery is None:
        return None
    marks = {State.DONE: Mark.DELIVERED, State.FAILED: Mark.FAILED, State.DROPPED: None, State.HELD: None}
    return marks.get(State(delivery["state"]), Mark.WAITING)


def possible_marks(tx: Transaction, delivery: DeliveryRow, message: Row) -> tuple[Mark, ...]:
    """The marks that the message (a row) may have now: the last one we set, or any if that is uncertain."""
    if tx.one("mark_in_doubt", message=delivery.message, id=delivery.id) is not None:
        return tuple(Mark)
    return () if message["mark"] is None else (Mark(message["mark"]),)
