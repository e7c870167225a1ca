"""The mark on an agent's message (⏳ ✅ ❌ 🔒): which one it has to carry, which it may carry, and showing it."""

from __future__ import annotations

from datetime import datetime

from bot.db.connection import Row, Transaction
from bot.db.rows import DeliveryRow, MessageRow, require
from bot.model import Kind, Mark, Purpose, State
from bot.tickets.enqueue import add_delivery, chat_destination, load_link


def enqueue_mark(tx: Transaction, message: MessageRow, now: datetime) -> None:
    """Queue the mark on an agent's message, unless it is queued already. What was written in a form is no message."""
    if message.chat_message is None:
        return
    link = load_link(tx, require(message.link))
    lane, destination = f"mark:{message.id}", chat_destination(link.chat)
    add_delivery(tx, Kind.MARK, lane, destination, now, ticket=message.ticket, link=link.id, message=message.id)


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
