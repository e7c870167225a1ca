"""What is recorded of a ticket's messages and of what was made of them; read for `bot.tickets.lookup.why`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.db.connection import Transaction
from bot.db.rows import (
    DeliveryRow,
    LinkRow,
    MessageRow,
    TicketRow,
    delivery_row,
    message_row,
    require,
    ticket_row,
)
from bot.model import ChatMessageId, DeliveryId, Kind, LinePayload, State, TicketNumber
from bot.tickets.enqueue import links_of


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """A message, and everything that was made of it, in order."""

    message: MessageRow
    deliveries: tuple[DeliveryRow, ...]

    def latest(self, kind: Kind) -> DeliveryRow | None:
        """The latest delivery of this kind; one that was dropped only if there is no other."""
        found = [each for each in self.deliveries if each.kind is kind]
        return max(found, key=lambda each: (each.state is not State.DROPPED, each.id), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHistory:
    """
    What is recorded of a ticket.

    Attributes:
        messages: The latest ones, oldest first.
        older: How many others there are.
        own: The openings of its threads and the changes of its status, the latest first.
        heads: By lane, the delivery that goes first there, for each lane in which a message waits.
        held: For each reply that is held, the line that asks what to do with it.
        store_incident: What is wrong with its store, in words for people; empty: nothing.
        channel_incidents: By link, what is wrong with the channel.
        on_cards: The message that the ticket's cards show in place of posts; None: none.
    """

    ticket: TicketRow
    links: tuple[LinkRow, ...]
    messages: tuple[MessageHistory, ...]
    older: int
    own: tuple[DeliveryRow, ...]
    heads: Mapping[str, DeliveryRow]
    held: Mapping[DeliveryId, str]
    store_incident: str
    channel_incidents: Mapping[int, str]
    on_cards: int | None


def read_ticket(
    tx: Transaction, number: TicketNumber, most: int = -1, *, about: MessageHistory | None = None
) -> TicketHistory:
    """
    A ticket that exists.

    Args:
        most: Of so many of its latest messages; -1: of all.
        about: One of its messages that the caller has read, of which the rest has to tell as well.
    """
    row = require(tx.one("ticket", number=number))
    rows = tx.all("latest_messages", ticket=number, most=most)
    messages = tuple(_message(tx, message_row(each)) for each in reversed(rows))
    links = tuple(links_of(tx, number))
    store = tx.one("store", name=row["store"])
    told = messages if about is None else (*messages, about)
    waiting = [each for message in told for each in message.deliveries if each.state is State.WAITING]
    held = [each for message in told for each in message.deliveries if each.state is State.HELD]
    return TicketHistory(
        ticket=ticket_row(row),
        links=links,
        messages=messages,
        older=require(tx.one("message_count", ticket=number))["amount"] - len(messages),
        own=tuple(delivery_row(each) for each in tx.all("deliveries_without_message", ticket=number)),
        heads={each.lane: _head(tx, each) for each in waiting},
        held={each.id: _line_about(tx, number, each.id) for each in held},
        store_incident="" if store is None else store["incident"] or "",
        channel_incidents={link.id: _incident(tx, link) for link in links},
        on_cards=row["opening_message"],
    )


def read_message(tx: Transaction, message: int) -> MessageHistory:
    """A message that exists."""
    return _message(tx, message_row(require(tx.one("message", id=message))))


def shown_in(tx: Transaction, link: LinkRow, chat_message: ChatMessageId) -> MessageHistory | DeliveryRow | None:
    """
    What a message in a link's thread is: one of a ticket's messages, written there or posted by us, or something else
    that we posted; None: it is not recorded.
    """
    row = tx.one("message_by_chat_id", link=link.id, chat_message=chat_message)
    if row is not None:
        return _message(tx, message_row(row))
    posted = tx.one("delivery_posted_as", ticket=link.ticket, link=link.id, chat_message=chat_message)
    if posted is None:
        return None
    delivery = delivery_row(posted)
    return delivery if delivery.message is None else read_message(tx, delivery.message)


def _message(tx: Transaction, message: MessageRow) -> MessageHistory:
    rows = tx.all("deliveries_of_message", message=message.id)
    return MessageHistory(message, tuple(map(delivery_row, rows)))


def _line_about(tx: Transaction, number: TicketNumber, delivery: DeliveryId) -> str:
    row = tx.one("line_with_button", ticket=number, delivery=delivery)
    return "" if row is None else delivery_row(row).payload_as(LinePayload).text


def _head(tx: Transaction, waiting: DeliveryRow) -> DeliveryRow:
    """The first delivery of the lane in which this one waits."""
    return delivery_row(require(tx.one("lane_head", destination=waiting.destination, lane=waiting.lane)))


def _incident(tx: Transaction, link: LinkRow) -> str:
    row = tx.one("channel_incident", chat=link.chat, channel=link.channel)
    return "" if row is None else str(row["incident"])
