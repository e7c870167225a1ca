"""What a vendor has. None means that the vendor did not say; what was known before stays valid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

from bot.model.ids import MessageId, TicketId
from bot.text.tree import RichText


class Status(StrEnum):
    """A ticket's status for the team; the vendor's own word for it is `Ticket.status_word`."""

    OPEN = "open"
    CLOSED = "closed"


class Author(StrEnum):
    """Who wrote a message of a ticket."""

    CUSTOMER = "customer"
    STAFF = "staff"
    UNKNOWN = "unknown"  # the vendor does not say; the author's name is shown as it is


class Awaiting(StrEnum):
    """Who is expected to write next."""

    US = "us"
    CUSTOMER = "customer"


class Standing(StrEnum):
    """Where a ticket stands in the queue."""

    FIRST_ANSWER = "first answer"  # it waits for us, and nobody has answered it yet
    NEXT_ANSWER = "next answer"  # it waits for us again
    CUSTOMER = "customer"  # it waits for the customer
    SNOOZED = "snoozed"  # it waits for nobody until some time
    CLOSED = "closed"


WAITS_FOR_US = frozenset({Standing.FIRST_ANSWER, Standing.NEXT_ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """The person who opened a ticket."""

    name: str | None = None
    email: str | None = None


class FactKey(StrEnum):
    """Facts that have the same meaning at every vendor. The value is the name of the snippets' variable for it."""

    ORDER_NUMBER = "order.number"
    TRACKING_LINK = "order.tracking_link"


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One line of context on a card, for example `Order` and `ord_xyz789`.

    Attributes:
        key: What it is, whatever its label says; None: something else.
    """

    label: str
    value: str
    key: FactKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """
    A ticket as its vendor has it now.

    Attributes:
        status_word: The vendor's own word (`solved`), shown when it says more than `status`.
        facts: Money and context, in the order in which they are shown; None: this answer has none.
        closed_at: None also if the ticket is open.
        awaiting: Set only if the vendor itself says it; else the core derives it from the messages.
    """

    id: TicketId
    subject: str | None = None
    status: Status | None = None
    status_word: str | None = None
    customer: Customer = field(default_factory=Customer)
    facts: tuple[Fact, ...] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    awaiting: Awaiting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """
    A file that somebody added to a message.

    Attributes:
        url: Where a person can open it; None: nowhere.
        lasting: Whether `url` will still work in a month, for everybody.
        source: From where its chat fetches it in `Chat.download`; None: from `url`.
        size: In bytes; None: not known.
    """

    name: str
    url: str | None = None
    source: str | None = None
    size: int | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """
    An attachment with its content, to be sent from a chat to a vendor.

    Attributes:
        content: Open for reading, at its beginning. It may be large, so it is read piece by piece.
    """

    name: str
    content: BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    A message of a ticket as its vendor has it.

    Attributes:
        id: If the vendor gives none, one made from the message, which is the same each time it is read.
        shared_id: The vendor's own id, if other messages of the ticket have it, too; then `id` is made like that.
        text: Neutral text (see `bot.text`).
        formatted: The same text with its formatting; None: it has none.
        malformed: Whether the vendor sent it without an id, or not as a message at all; it is shown as far as possible.
    """

    id: MessageId
    author: Author
    author_name: str | None = None
    text: str
    written_at: datetime | None = None
    formatted: RichText | None = None
    attachments: tuple[Attachment, ...] = ()
    is_public: bool = True
    malformed: bool = False
    shared_id: MessageId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One ticket with all its messages, oldest first."""

    ticket: Ticket
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    A ticket in a store's list whose fingerprint differs from the recorded one.

    Attributes:
        messages: All of them, oldest first, if the list has them; None: they must be read with the ticket.
    """

    ticket: Ticket
    fingerprint: str
    messages: tuple[Message, ...] | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """A ticket recorded as open that was not in the store's list of open ones. Only a hint to read the ticket."""

    id: TicketId


@dataclass(frozen=True, slots=True)
class Nameless:
    """
    A ticket in a store's list that has no id, or is no ticket at all, so that nothing can be done with it.

    Attributes:
        about: What can be read of it, in words; it also tells one from another.
    """

    about: str

    @property
    def id(self) -> TicketId:
        """One made from what can be read of it, without a word of that: it may be kept."""
        return TicketId("unnamed-" + hashlib.sha256(self.about.encode("utf-8", "replace")).hexdigest()[:24])


@dataclass(frozen=True, slots=True)
class LookedThrough:
    """With this sweep, every ticket of the store was looked at since this was last said, also the closed ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge:
    """
    What a webhook hints at.

    Attributes:
        ticket: Which ticket to read; None: the webhook does not say.
        event: The event's id, which is the same when the vendor sends it again; None: it has none.
        is_about_tickets: Whether it has to do with tickets at all. Vendors send other events, too, and stop sending
            any to an address that refuses some.
    """

    ticket: TicketId | None = None
    event: str | None = None
    is_about_tickets: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A vendor's own counts of its tickets; None: it does not count these."""

    total: int | None = None
    open: int | None = None
    closed: int | None = None
    waiting_for_us: int | None = None
