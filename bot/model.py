"""
What shopbell talks about, as frozen values.

Ids are opaque: only the adapter that made one can read it; the core stores and compares them.
In every value that comes from a vendor, None means "the vendor did not say", and what was known before stays.
All times are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

StoreName = NewType("StoreName", str)
TicketId = NewType("TicketId", str)
"""A ticket, as its vendor names it."""
MessageId = NewType("MessageId", str)
"""A message, as its vendor names it; unique within its ticket."""
TicketNumber = NewType("TicketNumber", int)
"""The short number that people use; unique in this installation and never used again."""
ChatName = NewType("ChatName", str)
"""Which chat platform, as it stands before the colon in `discord:<channel id>`."""
ChannelId = NewType("ChannelId", str)
ThreadId = NewType("ThreadId", str)
ChatMessageId = NewType("ChatMessageId", str)
AgentId = NewType("AgentId", str)
DeliveryId = NewType("DeliveryId", int)
DeliveryKey = NewType("DeliveryKey", str)
"""Names one part of one delivery for ever; at most 25 characters of `[a-z0-9-]` (Discord's nonce takes no more)."""


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
class Place:
    """Somewhere in a chat; without a thread it is the channel itself."""

    chat: ChatName
    channel: ChannelId
    thread: ThreadId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """
    One configured shop, as the core sees it.

    Attributes:
        label: As people read it: `Main · Sellgate`.
        channels: Where its tickets get a thread, one in each.
        poll_seconds: How often it is swept while nothing happens.
        backfill_days: Which tickets of its past get threads at first contact: open ones with activity in so many
            days; None: by `backfill_open` and `backfill_closed` alone.
        sends_all: Whether every message in a thread goes to the customer, unless it is a note.
        dashboard: Template of a link to a ticket, with `{id}`.
    """

    name: StoreName
    label: str
    vendor_label: str
    channels: tuple[Place, ...]
    poll_seconds: float = 30.0
    backfill_open: bool = True
    backfill_closed: bool = False
    backfill_days: int | None = 7
    sends_all: bool = True
    dashboard: str | None = None


# ---------------------------------------------------------------- what a vendor has


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


# ---------------------------------------------------------------- what a chat shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """
    A person of the team, as a chat knows them.

    Attributes:
        may: Whether this person may reply and run commands, as the settings say.
    """

    id: AgentId
    name: str
    may: bool


class Verb(StrEnum):
    """What an agent can ask for, by command, button, shortcut or text."""

    CLOSE = "close"
    REOPEN = "reopen"
    STATS = "stats"
    RETRY = "retry"  # a delivery that failed for good
    SEND = "send"  # this message of mine, to the customer


class Mark(StrEnum):
    """What an agent's message carries; the value is what stands in the chat."""

    WAITING = "⏳"
    DELIVERED = "✅"
    FAILED = "❌"
    NOTE = "🔒"


class Voice(StrEnum):
    """Who speaks in a post; chats may show each in its own way."""

    CUSTOMER = "customer"
    STAFF = "staff"  # a colleague, from the vendor's dashboard or from the other chat
    NOTE = "note"  # a colleague, internally
    BELL = "bell"  # shopbell itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to press under a post or a card; it asks `verb` for `delivery`, else for `ticket`."""

    verb: Verb
    label: str
    ticket: TicketNumber | None = None
    delivery: DeliveryId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """
    One thing to be said in a thread or a channel.

    Attributes:
        name: Who says it, as people read it; empty for the bell.
        text: Neutral text of any length, shown verbatim: nothing in it pings, links in disguise or formats.
    """

    voice: Voice
    name: str
    text: str
    at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """
    The message that heads a thread: the ticket's present state.

    Attributes:
        title: `#1042 · Jane · Key not working`; also the thread's name, cut by the chat without losing the number.
        store: Store and vendor as people read them: `Main · Sellgate`.
        opening: The customer's first words, neutral, already cut to some 500 characters; may be empty.
        hint: One line that says what a message in this thread does.
        url: The vendor's dashboard for this ticket; None: not known.
        archived: Whether the thread shall be archived (the ticket is closed), where the chat can do that.
    """

    number: TicketNumber
    title: str
    store: str
    customer: Customer
    status: Status
    status_text: str
    opening: str
    facts: tuple[Fact, ...]
    hint: str
    url: str | None
    buttons: tuple[Button, ...]

    @property
    def archived(self) -> bool:
        return self.status is Status.CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A thread that exists: its own id and its card's."""

    thread: ThreadId
    card: ChatMessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """
    How far a thread has been read.

    Attributes:
        after: The last message whose predecessors are all known; None: read from the thread's beginning.
    """

    place: Place
    after: ChatMessageId | None


# ---------------------------------------------------------------- what comes in from a chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """
    A person's message in a thread.

    Attributes:
        text: Neutral text; empty where the message has none.
        other: What it carries that no vendor can take, in words: `a sticker`, `a poll`.
    """

    place: Place
    message: ChatMessageId
    agent: Agent
    text: str
    said_at: datetime
    attachments: tuple[Attachment, ...] = ()
    other: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A person changed a message's text; adapters leave out edits that changed no text (link previews)."""

    place: Place
    message: ChatMessageId
    agent: Agent
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A message was deleted, by whomever."""

    place: Place
    message: ChatMessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """
    An agent wants something done.

    Attributes:
        ticket: As typed or picked: `1042`, `#1042`; None: the thread it was asked in.
        delivery: For `RETRY`.
        message: For `SEND`: the message in `place` that shall go to the customer, with what it holds now.
        store, days: For `STATS`; None: all stores, seven days.
    """

    verb: Verb
    agent: Agent
    place: Place
    ticket: str | None = None
    delivery: DeliveryId | None = None
    message: Said | None = None
    store: str | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What only the asker reads.

    Attributes:
        table: Lines to be shown in a fixed-width face below the text; None: none.
    """

    text: str
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A ticket that an agent can pick: `1042`, `#1042 · Jane · Key not working`."""

    number: TicketNumber
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One line of the doctor's report.

    Attributes:
        subject: What was looked at: `discord channel 123`, `store main`.
        remedy: The one step that mends it; empty where all is well.
    """

    ok: bool
    subject: str
    text: str
    remedy: str = ""
