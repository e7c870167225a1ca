"""A job: a delivery with the rows that it refers to, read just before the attempt."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.db.connection import Row, Transaction
from bot.db.rows import DeliveryRow, LinkRow, MessageRow, TicketRow, link_row, message_row, require, ticket_row
from bot.errors import Unavailable
from bot.model import (
    Author,
    ChatMessageId,
    DeliveryKey,
    ErasePayload,
    Kind,
    LinePayload,
    Mark,
    Place,
    Progress,
    TicketNumber,
)
from bot.outbound.joining import Joined, joined_to
from bot.tickets.replies.marks import possible_marks, wanted_mark
from bot.tickets.replies.progress import progress_of
from bot.wording.cards import Opening

_WITH_CARD = (Kind.OPEN, Kind.CARD, Kind.NEW_CARD, Kind.ERASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    A delivery with the rows that it refers to, read just before the attempt.

    Attributes:
        link_of_message: The link in whose thread the message was written; None: it was written at the vendor.
        mark: For `Kind.MARK`: the mark that the message must show now; None: no mark.
        possible_marks: The marks that it may show already.
        opening: For what shows a card: the ticket's first message that is not from staff; None: there is none.
        others: For what shows a card: the customer's other tickets in the link's channel, open ones first, each with
            its place there; without a thread if that is not open yet.
        posted: For `Kind.ERASE`: the message of ours that this part is about; None: all are done.
        progress: For `Kind.POST`: what it must show of a reply that was not sent; None: the message itself.
        shown: For `Kind.POST`, and a line that is decided: the message of ours that shows this part; None: none does.
        joined: For `Kind.POST`: what is said in the same post besides this message.
        key: Identifies this part of this delivery at the chat; or the post of another one in which it may be said.
    """

    delivery: DeliveryRow
    ticket: TicketRow | None
    link: LinkRow | None
    message: MessageRow | None
    link_of_message: LinkRow | None
    mark: Mark | None
    possible_marks: tuple[Mark, ...]
    opening: Opening | None
    others: tuple[tuple[TicketNumber, Place], ...]
    posted: ChatMessageId | None
    progress: Progress | None
    shown: ChatMessageId | None
    joined: tuple[Joined, ...]
    key: DeliveryKey


def read_job(tx: Transaction, delivery: DeliveryRow, key_prefix: str) -> Job:
    """A delivery with the rows that it refers to, as they are now."""
    ticket = None if delivery.ticket is None else tx.one("ticket", number=delivery.ticket)
    link = None if delivery.link is None else tx.one("link", id=delivery.link)
    message = None if delivery.message is None else tx.one("message", id=delivery.message)
    origin = None if message is None else _origin(tx, message["link"], link)
    has_card = delivery.kind in _WITH_CARD
    opening = read_opening(tx, delivery.ticket, delivery.link) if has_card and delivery.ticket is not None else None
    mailbox = ticket["customer_mailbox"] if has_card and ticket is not None else None
    lost = 0 if link is None else link["threads_lost"]
    others = () if not mailbox or link is None else _others(tx, mailbox, link)
    return Job(
        delivery=delivery,
        ticket=None if ticket is None else ticket_row(ticket),
        link=None if link is None else link_row(link),
        message=None if message is None else message_row(message),
        link_of_message=None if origin is None else link_row(origin),
        mark=None if delivery.kind is not Kind.MARK else wanted_mark(tx, require(message)),
        possible_marks=() if delivery.kind is not Kind.MARK else possible_marks(tx, delivery, require(message)),
        opening=opening,
        others=others,
        posted=_posted(tx, delivery),
        progress=None if delivery.kind is not Kind.POST else progress_of(tx, require(message), require(delivery.link)),
        shown=_shown(tx, delivery, link),
        joined=joined_to(tx, delivery),
        key=DeliveryKey(
            f"{key_prefix}-{delivery.joined_to or delivery.id}-{delivery.part}" + (f"-{lost}" if lost else "")
        ),
    )


def _origin(tx: Transaction, written_at: int | None, link: Row | None) -> Row | None:
    """The link in whose thread a message was written, where `link` is the delivery's."""
    if written_at is None or (link is not None and link["id"] == written_at):
        return None if written_at is None else link
    return tx.one("link", id=written_at)


def _others(tx: Transaction, mailbox: str, link: Row) -> tuple[tuple[TicketNumber, Place], ...]:
    """The other tickets of an address in a link's channel."""
    where = {"chat": link["chat"], "channel": link["channel"]}
    rows = tx.all("tickets_of_customer", mailbox=mailbox, number=link["ticket"], **where)
    return tuple((TicketNumber(row["number"]), Place(**where, thread=row["thread"])) for row in rows)


def read_opening(tx: Transaction, ticket: TicketNumber, link: int | None) -> Opening | None:
    """The ticket's first message that is not from staff, as this link's card needs it; None: there is none."""
    row = tx.one("first_customer_message", ticket=ticket, link=link)
    if row is None:
        return None
    return Opening(
        message=row["id"],
        text=row["text"],
        by_customer=row["author"] == Author.CUSTOMER,
        is_on_cards=bool(row["is_on_cards"]),
        is_posted=bool(row["is_posted"]),
    )


def _posted(tx: Transaction, delivery: DeliveryRow) -> ChatMessageId | None:
    if delivery.kind is not Kind.ERASE:
        return None
    where = {"ticket": delivery.ticket, "link": delivery.link, "delivery": delivery.id}
    messages = json.dumps(delivery.payload_as(ErasePayload).messages)
    row = tx.one("posted_in_link", **where, messages=messages, skipped=delivery.part)
    return None if row is None else ChatMessageId(row["chat_message"])


def _shown(tx: Transaction, delivery: DeliveryRow, link: Row | None) -> ChatMessageId | None:
    thread = None if link is None else link["thread"]
    if delivery.kind is Kind.LINE:
        line = delivery.payload_as(LinePayload)
        if not line.decision:
            return None
        thread = thread if line.place is None else line.place.thread or line.place.channel
    elif delivery.kind is not Kind.POST:
        return None
    row = tx.one("posted_part", delivery=delivery.id, part=delivery.part, thread=thread)
    return None if row is None else ChatMessageId(row["chat_message"])


def thread_of(link: LinkRow) -> Place:
    """The link's thread. Raises `Unavailable` while it is not open yet: the delivery then waits."""
    if link.thread is None:
        raise Unavailable("The ticket's thread is not open yet.")
    return link.place
