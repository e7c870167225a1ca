"""What follows when an agent's message has reached its vendor, has failed, is retried or is given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, MessageRow, TicketRow, delivery_row, message_row, require, ticket_row, to_ms
from bot.model import Button, ChatName, DeliveryId, Kind, MessageId, Purpose, State, Status, Verb
from bot.tickets import enqueue, links
from bot.tickets.decisions import Decision, decided, discarded_by, sent_by
from bot.tickets.figures.answers import agent_of, record_author, record_reply
from bot.tickets.forgotten import message_hash
from bot.tickets.replies import marks
from bot.tickets.replies.progress import progress_changed
from bot.wording import notices

_BY_OPERATOR = discarded_by(None)


def may_have_been_sent(delivery: DeliveryRow) -> bool:
    """Whether it was delivered, may have been, or is being delivered; also if only in part. Pure."""
    waits = delivery.state in (State.WAITING, State.HELD) and not delivery.part
    return not waits and (delivery.state is not State.FAILED or delivery.in_doubt)


def retry(tx: Transaction, delivery: DeliveryId, now: datetime, *, by: str | None = None) -> bool:
    """
    Retry a delivery that failed for good or is held; False: there is none.

    Args:
        by: Who wants it, as threads show them; None: the operator.
    """
    row = tx.one("delivery", id=delivery)
    tx.run("drop_duplicate", id=delivery, now=to_ms(now))
    if row is None or not tx.run("retry_delivery", id=delivery, now=to_ms(now)):
        return False
    decided(tx, delivery, sent_by(by, State(row["state"])), now)
    _update_mark(tx, delivery, now)
    return True


def drop(tx: Transaction, delivery: DeliveryId, now: datetime, decision: Decision = _BY_OPERATOR) -> list[DeliveryRow]:
    """
    Give up a delivery that waits or has failed.

    Args:
        decision: What the lines show that asked about it.

    Returns:
        It, and what was given up with it; empty: there is none.
    """
    if not tx.run("drop_delivery", id=delivery, now=to_ms(now)):
        return []
    decided(tx, delivery, decision, now)
    dropped = _update_mark(tx, delivery, now)
    if dropped.kind is Kind.REPLY:
        progress_changed(tx, require(dropped.message), now)
    return [dropped, *links.give_up_thread(tx, dropped, now)]


def _update_mark(tx: Transaction, delivery: DeliveryId, now: datetime) -> DeliveryRow:
    """Returns the delivery as it is now."""
    found = delivery_row(require(tx.one("delivery", id=delivery)))
    if found.kind is Kind.REPLY:
        marks.enqueue_mark(tx, message_row(require(tx.one("message", id=found.message))), now)
    return found


def reply_arrived(tx: Transaction, message: MessageRow, vendor_id: MessageId | None, now: datetime) -> None:
    """
    An agent's message is at the vendor: record its id, mark it, and post it in the ticket's other threads.

    If it was written in a thread that the ticket has left, it is posted in all.

    May be called again for the same message; then only a missing id is added.

    Args:
        vendor_id: None: the vendor did not name it; the next sweep that shows it will.
    """
    if not set_vendor_id(tx, message, vendor_id):
        # Else it was read at its vendor, and whose turn it is by then follows from all that was read.
        record_reply(tx, message, now)
        tx.run("set_ticket_answered", number=message.ticket, message=message.id, at=to_ms(now))
    for link in enqueue.links_of(tx, message.ticket):
        if not links.is_in_present_thread(link, message) and not message.erased:
            enqueue.post(tx, link, message.id, now)
    if message.erased:
        progress_changed(tx, message.id, now)
    marks.enqueue_mark(tx, message, now)
    enqueue.cards(tx, message.ticket, now)
    _close_after(tx, message, now)


def _close_after(tx: Transaction, message: MessageRow, now: datetime) -> None:
    """
    Close the ticket if that was asked for together with this reply, and is still to be done.

    Not if the customer has written meanwhile: who asked for it had not read that, and in a closed ticket nobody would.
    """
    ticket = ticket_row(require(tx.one("ticket", number=message.ticket)))
    if not message.closes_by or not _can_be_closed(tx, ticket):
        return
    link = enqueue.load_link(tx, require(message.link))
    if closes_after(tx, ticket, message):
        enqueue.status(tx, ticket, Status.CLOSED, message.closes_by, now, agent_of(link, message))
    else:
        enqueue.line(tx, link, notices.not_closed_as_customer_wrote(), now)


def closes_after(tx: Transaction, ticket: TicketRow, message: MessageRow) -> bool:
    """Whether the ticket is closed when this reply has arrived, if nothing happens until then."""
    if not message.closes_by or not _can_be_closed(tx, ticket):
        return False
    return tx.one("written_to_us_after", ticket=ticket.number, message=message.id) is None


def _can_be_closed(tx: Transaction, ticket: TicketRow) -> bool:
    is_open = ticket.status is Status.OPEN and tx.one("status_in_progress", ticket=ticket.number) is None
    return is_open and not ticket.forgotten


def reply_failed(
    tx: Transaction, message: MessageRow, reply: DeliveryId, text: str, chats: Mapping[ChatName, str], now: datetime
) -> None:
    """An agent's message did not reach the vendor: mark it, and report it as `report_failure` does."""
    marks.enqueue_mark(tx, message, now)
    progress_changed(tx, message.id, now)
    if message.closes_by and _can_be_closed(tx, ticket_row(require(tx.one("ticket", number=message.ticket)))):
        text = f"{text} {notices.stays_open()}"
    report_failure(tx, message, reply, text, chats, now)


def report_failure(
    tx: Transaction, message: MessageRow, failed: DeliveryId, text: str, chats: Mapping[ChatName, str], now: datetime
) -> None:
    """
    Post in the thread of an agent's message what happened to it, with a Retry button.

    Args:
        chats: Those that the settings name, as people call them. If the message's is none of them, or its thread was
            given up, the ticket's other threads say it.
    """
    button = Button(verb=Verb.RETRY, label="Retry", delivery=failed)
    written_in = require(message.link)
    for link in links.threads_to_tell(tx, written_in, chats):
        chat = enqueue.load_link(tx, written_in).chat
        where = chats.get(chat, chat.title())
        said = text if link.id == written_in else notices.written_elsewhere(message.author_name or "", where, text)
        enqueue.line(tx, link, said, now, (button,))


def set_vendor_id(tx: Transaction, message: MessageRow, vendor_id: MessageId | None) -> bool:
    """
    Record the vendor's id of an agent's message; None: the vendor did not name it.

    Returns:
        Whether the message has been read at its vendor already.
    """
    if message.vendor_id is not None:
        return True
    if vendor_id is None:
        return False
    was_read = _forget_echo(tx, message, vendor_id)
    kept = message_hash(tx, message.ticket, vendor_id) if message.erased else vendor_id
    tx.run("set_message_vendor_id", id=message.id, vendor_id=kept)
    return was_read


def _forget_echo(tx: Transaction, message: MessageRow, vendor_id: MessageId) -> bool:
    """If the vendor changed our text, a sweep may have recorded it as a colleague's reply: keep only ours."""
    echo = tx.one("message_by_vendor_id", ticket=message.ticket, vendor_id=vendor_id)
    if echo is None or echo["id"] == message.id or Purpose(echo["purpose"]) is not Purpose.VENDOR:
        return False
    tx.run("drop_waiting_posts", message=echo["id"])
    tx.run("set_message_vendor_id", id=echo["id"], vendor_id=None)
    if message.purpose is Purpose.REPLY:
        record_author(tx, message, echo["written_at"])
    return True
