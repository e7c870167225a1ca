"""What a vendor has. None means that the vendor did not say, and what was known before stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.ids import MessageId, TicketId


class Status(StrEnum):
    """What a ticket is to the team; a vendor's own word for it travels beside it."""

    OPEN = "open"
    CLOSED = "closed"


class Author(StrEnum):
    """Who wrote a message of a ticket."""

    CUSTOMER = "customer"
    STAFF = "staff"
    UNKNOWN = "unknown"  # the vendor does not tell; the name is shown as it is


class Awaiting(StrEnum):
    """Whose turn it is."""

    US = "us"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who opened a ticket."""

    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of context on a card: `Order`, `ord_xyz789`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """
    A ticket as its vendor has it now.

    Attributes:
        status_word: The vendor's own word (`solved`), shown when it says more than `status`.
        facts: Money and context in the order to show them; None: this answer carries none.
        closed_at: None also where the ticket is open.
        awaiting: Only where the vendor itself says so; else the core infers it from the messages.
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
        url: Where a person can open it; None where there is no such place.
        lasting: Whether the address will still work in a month, for anybody.
        source: Where the chat it came from fetches it for `Chat.download`; None: from `url`.
    """

    name: str
    url: str | None = None
    source: str | None = None
    size: int | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment with its content, on its way from a chat to a vendor."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of a ticket as its vendor has it; `text` is neutral text (see `bot.text`)."""

    id: MessageId
    author: Author
    author_name: str | None = None
    text: str
    written_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One ticket with all its messages, oldest first."""

    ticket: Ticket
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    A ticket in a store's list whose fingerprint is not the one we know.

    Attributes:
        messages: All of them, oldest first, where the list carries them; None: they must be asked for.
    """

    ticket: Ticket
    fingerprint: str
    messages: tuple[Message, ...] | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """A ticket that we hold for open and that was not among the store's open ones; a hint to ask for it, no more."""

    id: TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge:
    """
    What a webhook hints at.

    Attributes:
        ticket: Which ticket to look at; None: any.
        event: The event's own id, the same when the vendor sends it again; None: it has none.
    """

    ticket: TicketId | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A vendor's own count of its tickets; None: it does not count that."""

    total: int | None = None
    open: int | None = None
    closed: int | None = None
    waiting_for_us: int | None = None
