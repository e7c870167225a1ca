"""What follows when an agent's message has reached its vendor, has failed, is tried again or is given up."""

from __future__ import annotations

from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, MessageRow, delivery_row, message_row, to_ms
from bot.model import Button, DeliveryId, Kind, MessageId, Purpose, Verb
from bot.tickets import enqueue, threads


def retry(tx: Transaction, delivery: DeliveryId, now: datetime) -> bool:
    """Try a delivery that failed for good once more; whether there was one."""
    tx.run("drop_twin", id=delivery, now=to_ms(now))
    if not tx.run("retry_delivery", id=delivery, now=to_ms(now)):
        return False
    _mark_again(tx, delivery, now)
    return True


def drop(tx: Transaction, delivery: DeliveryId, now: datetime) -> list[DeliveryRow]:
    """Give a delivery up that waits or has failed; it and what was given up with it, nothing where there was none."""
    if not tx.run("drop_delivery", id=delivery, now=to_ms(now)):
        return []
    _mark_again(tx, delivery, now)
    row = tx.one("delivery", id=delivery)
    if row is None:
        raise LookupError("a delivery that was just dropped is not there")
    dropped = delivery_row(row)
    return [dropped, *threads.give_up_thread(tx, dropped, now)]


def _mark_again(tx: Transaction, delivery: DeliveryId, now: datetime) -> None:
    row = tx.one("delivery", id=delivery)
    if row is None:
        return
    found: DeliveryRow = delivery_row(row)
    message = None if found.message is None else tx.one("message", id=found.message)
    if found.kind is Kind.REPLY and message is not None:
        enqueue.mark(tx, message_row(message), now)


def reply_arrived(tx: Transaction, message: MessageRow, vendor_id: MessageId | None, now: datetime) -> None:
    """
    An agent's message is at the vendor: note its id, mark it, and let the ticket's other threads have it.

    May be called again for the same message; then only a missing id is added.

    Args:
        vendor_id: None: the vendor did not name it; the next sweep that shows it will.
    """
    name_message(tx, message, vendor_id)
    tx.run("staff_answered", number=message.ticket, at=to_ms(now))
    for link in enqueue.links_of(tx, message.ticket):
        if link.id != message.link:
            enqueue.post(tx, link, message.id, now)
    enqueue.mark(tx, message, now)
    enqueue.cards(tx, message.ticket, now)


def reply_failed(tx: Transaction, message: MessageRow, reply: DeliveryId, told: str, now: datetime) -> None:
    """An agent's message did not reach the vendor: mark it, and tell its thread, where it can be tried again."""
    enqueue.mark(tx, message, now)
    tell_failure(tx, message, reply, told, now)


def tell_failure(tx: Transaction, message: MessageRow, failed: DeliveryId, told: str, now: datetime) -> None:
    """Say in the thread where an agent's message was written what became of it, with the button to try it again."""
    retry = Button(verb=Verb.RETRY, label="Retry", delivery=failed)
    for link in enqueue.links_of(tx, message.ticket):
        if link.id == message.link:
            enqueue.line(tx, link, told, now, (retry,))


def name_message(tx: Transaction, message: MessageRow, vendor_id: MessageId | None) -> None:
    """Note under which id the vendor has an agent's message; None: it did not say."""
    if vendor_id is not None and message.vendor_id is None:
        _forget_echo(tx, message, vendor_id)
        tx.run("set_message_vendor_id", id=message.id, vendor_id=vendor_id)


def _forget_echo(tx: Transaction, message: MessageRow, vendor_id: MessageId) -> None:
    """A sweep may have taken our reply for a colleague's, because the vendor altered its text: keep only ours."""
    echo = tx.one("message_by_vendor_id", ticket=message.ticket, vendor_id=vendor_id)
    if echo is None or echo["id"] == message.id or Purpose(echo["purpose"]) is not Purpose.VENDOR:
        return
    tx.run("drop_waiting_posts", message=echo["id"])
    tx.run("set_message_vendor_id", id=echo["id"], vendor_id=None)
