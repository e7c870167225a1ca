"""What a chat shows: places, posts, cards and marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import AgentId, ChannelId, ChatMessageId, ChatName, DeliveryId, ThreadId, TicketNumber
from bot.model.tickets import Attachment, Customer, Fact, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somewhere in a chat; without a thread it is the channel itself."""

    chat: ChatName
    channel: ChannelId
    thread: ThreadId | None = None


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
    RETRY = "retry"  # a delivery that failed for good, or is held
    DISCARD = "discard"  # a delivery that is held
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
