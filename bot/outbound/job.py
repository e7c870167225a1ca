"""
A job: a delivery with everything it speaks of, and what those do with it who carry it.

The outbox decides when, a courier how; each kind of delivery has its courier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, LinkRow, MessageRow, TicketRow, link_row, message_row, ticket_row
from bot.errors import Rejected, RemoteError, Unavailable
from bot.model import Card, ChatName, DeliveryKey, Kind, Mark, Place, Store, StoreName, TicketNumber
from bot.ports import Chat, Vendor
from bot.tickets.enqueue import possible_marks, wanted_mark
from bot.wording import cards, notices

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    A delivery with the rows it speaks of, read just before the attempt.

    Attributes:
        link_of_message: Where the message was written; None: at the vendor.
        mark: What the message has to carry now; None: nothing.
        possible_marks: The marks that it may carry already.
        opening: The customer's first words; may be empty.
        others: The customer's other tickets in any store here, open ones first.
    """

    delivery: DeliveryRow
    ticket: TicketRow | None
    link: LinkRow | None
    message: MessageRow | None
    link_of_message: LinkRow | None
    mark: Mark | None
    possible_marks: tuple[Mark, ...]
    opening: str
    others: tuple[TicketNumber, ...]
    key: DeliveryKey


class Courier(Protocol):
    """
    How one kind of delivery is made.

    Attributes:
        retries_forever: Whether it is worth any number of tries while the far side is unavailable.
        idempotent: Whether doing it twice does no harm, so that nothing need be looked for.
        eventually_consistent: Whether what was done may show only some seconds later, so that one look proves nothing.
    """

    retries_forever: bool
    idempotent: bool
    eventually_consistent: bool

    async def attempt(self, job: Job) -> Any:
        """Make one attempt at one part. Raises `RemoteError`. The result goes to `record`."""
        ...

    async def reconcile(self, job: Job) -> Any | None:
        """Whether the part that was begun came about: what `attempt` would have returned, None if it did not."""
        ...

    def record(self, tx: Transaction, job: Job, result: Any, now: datetime) -> int | None:
        """Write down what follows from a part that was said; returns the part to be said next, None: all is said."""
        ...

    def give_up(self, tx: Transaction, job: Job, reason: str, now: datetime) -> None:
        """Write down what follows from failing for good; the job's delivery is as it is then: whether in doubt."""
        ...


class PreSendCheck(Protocol):
    """What has to be done before a delivery is tried."""

    def needed(self, tx: Transaction, delivery: DeliveryRow) -> bool:
        """Whether this delivery may not be tried before something was done."""
        ...

    async def take(self, job: Job) -> None:
        """Do it: then the delivery is put off, or changed, or nothing more is needed. Raises no `RemoteError`."""
        ...


FailureHook = Callable[[Transaction, Job, RemoteError, datetime], bool]
"""Called in the transaction that records a failure; whether something was mended, so that it is tried again at once."""


def read_job(tx: Transaction, delivery: DeliveryRow, key_prefix: str) -> Job:
    """A delivery with everything it speaks of, as it is now."""
    ticket = None if delivery.ticket is None else tx.one("ticket", number=delivery.ticket)
    link = None if delivery.link is None else tx.one("link", id=delivery.link)
    message = None if delivery.message is None else tx.one("message", id=delivery.message)
    origin = None if message is None or message["link"] is None else tx.one("link", id=message["link"])
    opening = None if delivery.ticket is None else tx.one("opening_message", ticket=delivery.ticket)
    email = None if ticket is None else ticket["customer_email"]
    lost = 0 if link is None else link["threads_lost"]
    others = [] if not email else tx.all("tickets_of_customer", email=email, number=delivery.ticket)
    return Job(
        delivery=delivery,
        ticket=None if ticket is None else ticket_row(ticket),
        link=None if link is None else link_row(link),
        message=None if message is None else message_row(message),
        link_of_message=None if origin is None else link_row(origin),
        mark=None if delivery.message is None else wanted_mark(tx, delivery.message),
        possible_marks=() if delivery.kind is not Kind.MARK else possible_marks(tx, delivery),
        opening="" if opening is None else opening["text"],
        others=tuple(TicketNumber(row["number"]) for row in others),
        key=DeliveryKey(f"{key_prefix}-{delivery.id}-{delivery.part}" + (f"-{lost}" if lost else "")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What couriers know of the world: the configured stores with their vendors, and the configured chats."""

    stores: Mapping[StoreName, Store]
    vendors: Mapping[StoreName, Vendor]
    chats: Mapping[ChatName, Chat]
    note_prefixes: Sequence[str]

    def card(self, job: Job, chat: ChatName) -> Card:
        """A ticket's card as it has to look now in a chat; its hint names a note prefix that can be typed there."""
        ticket = require(job.ticket)
        typable = [prefix for prefix in self.note_prefixes if self.chat(chat).typable(prefix)]
        capabilities = self.vendor(ticket).capabilities
        return cards.card(ticket, job.opening, job.others, self.store(ticket), capabilities, typable)

    @property
    def channels(self) -> list[Place]:
        """Every channel that some store names."""
        return [place for store in self.stores.values() for place in store.channels]

    def store(self, ticket: TicketRow) -> Store:
        store = self.stores.get(ticket.store)
        if store is None:
            raise Rejected(notices.store_unknown(ticket.store))
        return store

    def vendor(self, ticket: TicketRow) -> Vendor:
        vendor = self.vendors.get(ticket.store)
        if vendor is None:
            raise Rejected(notices.store_unknown(ticket.store))
        return vendor

    def chat(self, name: ChatName) -> Chat:
        return self.chats[name]  # a dispatcher runs only for chats that are configured


def require(thing: T | None) -> T:
    """What a job of this kind always has."""
    if thing is None:
        raise LookupError("the delivery lacks a row that its kind always has")
    return thing


def thread_of(link: LinkRow) -> Place:
    """A link's thread; where it is still to be opened, what is said there has to wait."""
    if link.thread is None:
        raise Unavailable("The ticket's thread is still to be opened.")
    return link.place
