"""
A job: a delivery with the rows that it refers to; and the courier, which carries it out.

The outbox decides when a delivery is attempted. The courier of its kind knows how.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from bot.clock import Clock
from bot.db.connection import Row, Transaction
from bot.db.rows import DeliveryRow, LinkRow, MessageRow, TicketRow, link_row, message_row, require, ticket_row
from bot.errors import Rejected, RemoteError, Unavailable
from bot.model import (
    Author,
    Card,
    ChatMessageId,
    ChatName,
    DeliveryKey,
    ErasePayload,
    Kind,
    LinePayload,
    Mark,
    OtherTicket,
    Place,
    Progress,
    Store,
    StoreName,
    TicketNumber,
)
from bot.outbound.joining import Joined, joined_to
from bot.ports import CanWriteAs, Chat, Vendor
from bot.tickets.day.queue import standing
from bot.tickets.day.quiet_hours import is_quiet
from bot.tickets.holders import holder
from bot.tickets.people import chat_id, vendor_user
from bot.tickets.replies.marks import possible_marks, wanted_mark
from bot.tickets.replies.progress import progress_of
from bot.tickets.rules_from_settings import Rules
from bot.wording import cards, notices, reasons
from bot.wording.cards import Opening, dashboard
from bot.wording.plainer_cards import plainer_card

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


@dataclass(frozen=True, slots=True)
class Unclear:
    """
    The other side has something that may be the attempted part in another form, or something else: a person must look.

    Attributes:
        reason: What was found, in words for people.
    """

    reason: str


class Courier(Protocol):
    """
    How one kind of delivery is carried out. One that must not be done twice has a `SearchingCourier`.

    Attributes:
        retries_forever: Whether it is tried any number of times while the other side is unavailable.
    """

    retries_forever: bool

    async def attempt(self, job: Job) -> Any:
        """Attempt one part, once. May wait for the network. Raises `RemoteError`. The result goes to `record`."""
        ...

    def record(self, tx: Transaction, job: Job, result: Any, now: datetime) -> int | None:
        """Record what follows from a part that was delivered; returns the next part, None: that was the last."""
        ...

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """Record what follows when it failed for good; `job` is read then, so without words that were erased."""
        ...


@runtime_checkable
class SearchingCourier(Courier, Protocol):
    """
    A courier for what must not be done twice: after an attempt of unknown outcome, the other side is searched.

    Attributes:
        eventually_consistent: Whether the result may become visible only some seconds later. Then one search that
            finds nothing proves nothing.
    """

    eventually_consistent: bool

    async def reconcile(self, job: Job) -> Any | Unclear | None:
        """
        Search the other side for the part whose outcome is unknown. Raises `RemoteError` if it cannot be searched.

        Returns:
            What `attempt` would have returned; None: the part was not found; `Unclear`: it may have been.
        """
        ...


@runtime_checkable
class JoiningCourier(Courier, Protocol):
    """A courier that can make several deliveries in one attempt."""

    def join(self, tx: Transaction, delivery: DeliveryRow, now: datetime) -> None:
        """An attempt begins, in this transaction: write down what else is made with it."""
        ...


class PreSendCheck(Protocol):
    """A check that some deliveries need before they are attempted."""

    def needed(self, tx: Transaction, delivery: DeliveryRow) -> bool:
        """Whether this delivery must be checked before it is attempted."""
        ...

    async def run(self, job: Job) -> None:
        """
        Check it. Afterwards the delivery is postponed or changed, or it needs no check any more.

        May wait for the network; raises no `RemoteError`.
        """
        ...


FailureHook = Callable[[Transaction, Job, RemoteError, datetime], bool]
"""Called in the transaction that records a failure; returns whether the cause is removed: then it is tried at once."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Where couriers look up the configured stores, their vendors, and the chats."""

    rules: Rules
    vendors: Mapping[StoreName, Vendor]
    chats: Mapping[ChatName, Chat]
    clock: Clock

    @property
    def is_quiet(self) -> bool:
        """Whether what is posted now makes no sound."""
        return is_quiet(self.rules, self.clock.now())

    def card(self, job: Job, chat: ChatName) -> Card:
        """
        The ticket's card as it must look now in this chat, in the delivery's form.

        Its hint names a note prefix that can be typed there.
        """
        ticket = require(job.ticket)
        typable = [prefix for prefix in self.rules.note_prefixes if self.chat(chat).typable(prefix)]
        store = self.store(ticket)
        capabilities = self.rules.capabilities[store.name]
        masks = self.rules.masks_emails
        has = holder(ticket, self.rules)
        card = cards.card(
            ticket,
            job.opening,
            [self._other(number, place) for number, place in job.others],
            store,
            capabilities,
            typable,
            standing=standing(ticket),
            taken_by="" if has is None else has.name,
            masks_emails=masks,
        )
        return replace(plainer_card(card, job.delivery.form), silent=self.is_quiet)

    def _other(self, number: TicketNumber, place: Place) -> OtherTicket:
        return OtherTicket(number, self.chat(place.chat).address(place) if place.thread else "")

    @property
    def channels(self) -> list[Place]:
        """The channels of all stores."""
        return [place for store in self.rules.stores.values() for place in store.channels]

    def store(self, ticket: TicketRow) -> Store:
        """The ticket's store. Raises `Rejected` if it is not configured any more."""
        store = self.rules.stores.get(ticket.store)
        if store is None:
            raise Rejected(reasons.store_unknown(ticket.store))
        return store

    def where_to_read(self, job: Job) -> str:
        """
        Where a delivery's words can be read if a chat does not show them.

        An agent's are where they were written; the others in the vendor's dashboard.
        """
        if job.link_of_message is not None and require(job.message).chat_message is not None:
            return notices.read_in_chat(self.chat(job.link_of_message.chat).label)
        ticket = require(job.ticket)
        store = self.rules.stores.get(ticket.store)
        if store is None:
            return notices.read_at_vendor(ticket.store)
        return notices.read_at_vendor(store.vendor_label, dashboard(ticket, store))

    def vendor(self, ticket: TicketRow) -> Vendor:
        """The vendor to write to. Raises `Rejected` if the store is not configured, or it knows the ticket no more."""
        if ticket.forgotten:
            raise Rejected(reasons.forgotten())
        vendor = self.vendors.get(ticket.store)
        if vendor is None:
            raise Rejected(reasons.store_unknown(ticket.store))
        if ticket.is_replaced:
            raise Rejected(reasons.replaced(self.store(ticket).vendor_label))
        return vendor

    def vendor_for(self, job: Job) -> Vendor:
        """The vendor to write an agent's message to: as its author, if they are a user there. Raises as `vendor`."""
        vendor, message, link = self.vendor(require(job.ticket)), require(job.message), require(job.link_of_message)
        if not isinstance(vendor, CanWriteAs):
            return vendor
        recorded = chat_id(link.chat, require(message.agent))
        user = vendor_user(self.rules.colleagues, recorded, self.store(require(job.ticket)).vendor)
        return vendor if user is None else vendor.writing_as(user)

    def chat(self, name: ChatName) -> Chat:
        return self.chats[name]  # the outbox only has destinations for configured chats


def thread_of(link: LinkRow) -> Place:
    """The link's thread. Raises `Unavailable` while it is not open yet: the delivery then waits."""
    if link.thread is None:
        raise Unavailable("The ticket's thread is not open yet.")
    return link.place
