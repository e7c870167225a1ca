"""A message whose author has edited or deleted it: what is recorded of it, what of it has left, and taking it back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from bot.db.connection import Row, Transaction
from bot.db.rows import (
    DeliveryRow,
    LinkRow,
    MessageRow,
    TicketRow,
    delivery_row,
    formatting_json,
    link_row,
    message_row,
    require,
    ticket_row,
    to_ms,
)
from bot.model import Agent, ChatMessageId, Kind, Place, Purpose, State
from bot.text.tree import RichText
from bot.tickets import enqueue, marks
from bot.tickets.links import find_link, place_of
from bot.tickets.rights import may_act
from bot.tickets.routing import note_text
from bot.tickets.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedMessage:
    """
    A message that was edited or deleted, with its rows and the rules.

    Attributes:
        formatted: The new text of an edited message with its formatting; None: it has none.
    """

    message: MessageRow
    link: LinkRow
    ticket: TicketRow
    rules: Rules
    now: datetime
    formatted: RichText | None = None

    def may_edit(self, agent: Agent, writable: Collection[Place]) -> bool:
        """
        Whether this person may change what they wrote now.

        While the settings do not name the ticket's store, nobody is its agent; then whoever can still write here may.
        """
        place, store = place_of(self.link, self.message), self.rules.stores.get(self.ticket.store)
        if store is None:
            return agent.is_active and place in writable
        return may_act(agent, store, [place], writable)


def find_changed(
    tx: Transaction, place: Place, chat_message: ChatMessageId, rules: Rules, now: datetime
) -> ChangedMessage | None:
    """The message with this id in its chat; None: it is not recorded."""
    link = find_link(tx, place)
    row = None if link is None else tx.one("message_by_chat_id", link=link.id, chat_message=chat_message)
    return None if row is None else load_changed(tx, row, rules, now)


def load_changed(tx: Transaction, row: Row, rules: Rules, now: datetime) -> ChangedMessage:
    """The message of this row with what belongs to it."""
    message = message_row(row)
    ticket = ticket_row(require(tx.one("ticket", number=message.ticket)))
    link = link_row(require(tx.one("link", id=message.link)))
    return ChangedMessage(message=message, link=link, ticket=ticket, rules=rules, now=now)


def with_text(changed: ChangedMessage, text: str) -> MessageRow:
    """The message as it would be if it had been written like this."""
    return replace(changed.message, text=text, formatted=changed.formatted)


def set_text(tx: Transaction, changed: ChangedMessage, text: str) -> None:
    """What is sent or shown from now on."""
    tx.run("set_message_text", id=changed.message.id, text=text, formatted=formatting_json(changed.formatted))


def shown_note(changed: ChangedMessage) -> str:
    """The text of a note in its chat, as last received."""
    message = changed.message
    if message.edited_text is None:
        return message.text
    note = note_text(message.edited_text, changed.rules)
    return message.edited_text if note is None else note


def reply_of(tx: Transaction, changed: ChangedMessage) -> DeliveryRow | None:
    """The delivery that brings it to the customer; None: it goes nowhere."""
    row = tx.one("reply_of_message", message=changed.message.id)
    return None if row is None else delivery_row(row)


def may_have_been_sent(delivery: DeliveryRow) -> bool:
    """Whether it was delivered, may have been, or is being delivered; also if only in part."""
    waits = delivery.state in (State.WAITING, State.HELD) and not delivery.part
    return not waits and (delivery.state is not State.FAILED or delivery.in_doubt)


def recall(tx: Transaction, changed: ChangedMessage, reply: DeliveryRow) -> None:
    """The reply, which was not sent yet, does not leave any more."""
    tx.run("drop_delivery", id=reply.id, now=to_ms(changed.now))
    tx.run("set_message_purpose", id=changed.message.id, purpose=Purpose.TALK)
    marks.enqueue_mark(tx, changed.message, changed.now)


def note_deliveries(tx: Transaction, changed: ChangedMessage) -> list[DeliveryRow]:
    """The copies of a note: in the other chats, and at its vendor."""
    return [delivery_row(row) for row in tx.all("copies_of_note", message=changed.message.id)]


def announce_note_change(tx: Transaction, changed: ChangedMessage, deliveries: list[DeliveryRow], line: str) -> None:
    """Say below each of these copies what has changed."""
    for each in deliveries:
        if each.kind is Kind.POST and each.link is not None:
            enqueue.line(tx, link_row(require(tx.one("link", id=each.link))), line, changed.now)


def vendor_label(changed: ChangedMessage) -> str:
    """How people call the ticket's vendor."""
    store = changed.rules.stores.get(changed.ticket.store)
    return changed.ticket.store if store is None else store.vendor_label
