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
    attachments_json,
    delivery_row,
    formatting_json,
    link_row,
    message_row,
    require,
    ticket_row,
    to_ms,
)
from bot.model import Agent, Attachment, ChatMessageId, Kind, Place, Purpose
from bot.text.tree import RichText
from bot.tickets import enqueue
from bot.tickets.decisions import decided, without_name
from bot.tickets.from_agents.routing import note_text
from bot.tickets.links import find_link, place_of
from bot.tickets.replies import marks
from bot.tickets.replies.outcomes import may_have_been_sent
from bot.tickets.replies.progress import progress_changed
from bot.tickets.rights import may_act, worth_asking
from bot.tickets.rules_from_settings import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedMessage:
    """
    A message that was edited or deleted, with its rows and the rules.

    Attributes:
        chat_now: The time in its chat, as far as it is known.
        formatted: The new text of an edited message with its formatting; None: it has none.
        attachments: The files that an edited message has now; None: those that are recorded.
    """

    message: MessageRow
    link: LinkRow
    ticket: TicketRow
    rules: Rules
    now: datetime
    chat_now: datetime
    formatted: RichText | None = None
    attachments: tuple[Attachment, ...] | None = None

    def may_edit(self, agent: Agent, writable: Collection[Place]) -> bool:
        """
        Whether this person may change what they wrote now.

        While the settings do not name the ticket's store, nobody is its agent; then whoever can still write here may.
        """
        place, store = place_of(self.link, self.message), self.rules.stores.get(self.ticket.store)
        if store is None:
            return agent.is_active and place in writable
        return may_act(agent, store, [place], writable)

    def places_to_ask(self, agent: Agent) -> frozenset[Place]:
        """Where it has to be known whether this person can write, before `may_edit` can be told."""
        return worth_asking(agent, self.rules.stores.get(self.ticket.store), [place_of(self.link, self.message)])


def find_changed(
    tx: Transaction,
    place: Place,
    chat_message: ChatMessageId,
    rules: Rules,
    now: datetime,
    chat_now: datetime | None = None,
) -> ChangedMessage | None:
    """The message with this id in this thread; None: it is not recorded, or the thread is no ticket's."""
    link = find_link(tx, place)
    row = None if link is None else tx.one("message_by_chat_id", link=link.id, chat_message=chat_message)
    return None if row is None else load_changed(tx, row, rules, now, chat_now)


def load_changed(tx: Transaction, row: Row, rules: Rules, now: datetime, chat_now: datetime | None) -> ChangedMessage:
    """An agent's message by its row."""
    message = message_row(row)
    ticket = ticket_row(require(tx.one("ticket", number=message.ticket)))
    link = link_row(require(tx.one("link", id=message.link)))
    return ChangedMessage(message=message, link=link, ticket=ticket, rules=rules, now=now, chat_now=chat_now or now)


def with_text(changed: ChangedMessage, text: str) -> MessageRow:
    """The message as it would be with this text, and the formatting and files that it has now. Pure."""
    files = changed.message.attachments if changed.attachments is None else changed.attachments
    return replace(changed.message, text=text, formatted=changed.formatted, attachments=files)


def set_text(tx: Transaction, changed: ChangedMessage, text: str) -> None:
    """Record the text of an edited message; call it where nothing of it can have been sent."""
    tx.run("set_message_text", id=changed.message.id, text=text, formatted=formatting_json(changed.formatted))
    set_files(tx, changed)
    progress_changed(tx, changed.message.id, changed.now)


def set_files(tx: Transaction, changed: ChangedMessage) -> None:
    """Record which files an edited message has now; call it where nothing of it can have been sent."""
    if changed.attachments is not None:
        tx.run("set_message_attachments", id=changed.message.id, attachments=attachments_json(changed.attachments))


def changed_files(message: MessageRow, now: tuple[Attachment, ...] | None) -> tuple[Attachment, ...] | None:
    """The files that a message has now, if they are others than the recorded ones. Their addresses change by time."""
    if now is None or [(each.name, each.size) for each in now] == [(e.name, e.size) for e in message.attachments]:
        return None
    return now


def shown_note(changed: ChangedMessage) -> str:
    """
    The text of a note in its chat, as its author last had the right to write it.

    What somebody without the right made of it since then stands in no other thread, and is not quoted there either.
    """
    message = changed.message
    if message.edited_text is None or not message.can_reply:
        return message.text
    note = note_text(message.edited_text, changed.rules)
    return message.edited_text if note is None else note


def reply_of(tx: Transaction, changed: ChangedMessage) -> DeliveryRow | None:
    """Its delivery to the customer; None: there is none."""
    row = tx.one("reply_of_message", message=changed.message.id)
    return None if row is None else delivery_row(row)


def take_back(tx: Transaction, changed: ChangedMessage, deliveries: list[DeliveryRow], why: str) -> None:
    """Give up those of these that have certainly not left; `why` stands where they were asked about."""
    for each in deliveries:
        if not may_have_been_sent(each):
            tx.run("drop_delivery", id=each.id, now=to_ms(changed.now))
            decided(tx, each.id, without_name(why), changed.now)


def recall(tx: Transaction, changed: ChangedMessage, reply: DeliveryRow, why: str) -> None:
    """Take back a reply that has certainly not left; `why` stands where its author was asked about it."""
    take_back(tx, changed, [reply], why)
    tx.run("set_message_purpose", id=changed.message.id, purpose=Purpose.TALK)
    progress_changed(tx, changed.message.id, changed.now)
    marks.enqueue_mark(tx, changed.message, changed.now)


def note_deliveries(tx: Transaction, changed: ChangedMessage) -> list[DeliveryRow]:
    """Of a note: its posts in the other threads, and its delivery to the vendor's notes."""
    return [delivery_row(row) for row in tx.all("copies_of_note", message=changed.message.id)]


def announce_note_change(tx: Transaction, changed: ChangedMessage, deliveries: list[DeliveryRow], line: str) -> None:
    """Say in each thread in which one of these deliveries posts a note that it was edited or deleted."""
    for each in deliveries:
        if each.kind is Kind.POST and each.link is not None:
            enqueue.line(tx, link_row(require(tx.one("link", id=each.link))), line, changed.now)


def vendor_label(changed: ChangedMessage) -> str:
    """What people call the ticket's vendor; its store, while the settings do not name that."""
    store = changed.rules.stores.get(changed.ticket.store)
    return changed.ticket.store if store is None else store.vendor_label
