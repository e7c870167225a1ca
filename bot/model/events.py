"""What comes in from a chat: messages and requests of people; and the answers to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.model.chats import Agent, Button, Door, Place, Verb
from bot.model.forms import written_in
from bot.model.ids import ChatMessageId, DeliveryId, TicketNumber
from bot.model.tickets import Attachment
from bot.text.tree import RichText


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """
    A person's message in a thread.

    Attributes:
        text: Neutral text; may be empty.
        formatted: The same text with its formatting; None: it has none.
        unsupported: Content that no vendor accepts, in words: `a sticker`, `a poll`.
    """

    place: Place
    message: ChatMessageId
    agent: Agent
    text: str
    said_at: datetime
    formatted: RichText | None = None
    attachments: tuple[Attachment, ...] = ()
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """
    A person changed a message. Adapters leave out what no person changed, such as link previews.

    Attributes:
        attachments: The files that it has now; None: its chat does not say it.
        edited_at: When, by the chat's clock; None: its chat does not say it.
    """

    place: Place
    message: ChatMessageId
    agent: Agent
    text: str
    edited_at: datetime | None = None
    formatted: RichText | None = None
    attachments: tuple[Attachment, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A message was deleted, by anybody."""

    place: Place
    message: ChatMessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """
    A message that somebody points at, whoever wrote it.

    Attributes:
        by_person: Whether a person wrote it; else a program did, or it is one of the chat's own lines.
    """

    message: ChatMessageId
    by_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """
    An agent wants something done.

    Attributes:
        ticket: As typed or picked: `1042`, `#1042`; None: the ticket of the thread where it was asked.
        delivery: For `RETRY` and `DISCARD`.
        message: For `SEND`: the message in `place` that must go to the customer, with its current content.
        pointed: For `WHY`: the message in `place` that is asked about; None: the ticket is.
        assignee: For `ASSIGN`: who shall have the ticket.
        store, days: For `STATS`; None: all stores, seven days.
        words: What was typed besides, cleaned by nobody yet; empty: nothing. For `SNOOZE`: until when, or `off`.
        page: Which page of a list is asked for, counted from 0.
        entered: What was entered in a form, by the fields' names.
        door: In which way it was asked.
    """

    verb: Verb
    agent: Agent
    place: Place
    ticket: str | None = None
    delivery: DeliveryId | None = None
    message: Said | None = None
    pointed: Pointed | None = None
    assignee: Agent | None = None
    store: str | None = None
    days: int | None = None
    words: str = ""
    page: int = 0
    entered: Mapping[str, str] = field(default_factory=dict)
    door: Door = Door.COMMAND

    @property
    def typed(self) -> str:
        """What would be lost if this were lost: of a form, or the text behind a command; empty: there is none."""
        if self.entered:
            return written_in(self.entered)
        return self.words if self.verb in (Verb.NOTE, Verb.REPLY, Verb.CLOSE) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    A ticket in a list.

    Attributes:
        title: `#1042 · Jane · Key not working`, on one line, of any length.
        address: Where its thread is opened; empty: nowhere, or it is not known yet.
        cells: What is said about it, on one line each, one for each heading but the first.
    """

    title: str
    address: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list of tickets: at most ten rows, with a heading for each column; the first one is the ticket."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """
    A picture that belongs to an answer.

    Attributes:
        content: A PNG.
        alternative: What it shows, for who does not see it.
    """

    content: bytes
    alternative: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    The answer to a request, which only the person who asked can see.

    Attributes:
        table: Lines that are shown below the text in a fixed-width font; None: no table.
        listing: Tickets that are shown below the text; None: no list.
        picture: Draws what is shown to the asker alone, below or in another place, after the answer, because it takes a
            second; None: no picture, or it could not be drawn. The text says all without it.
        buttons: What the asker can do next. A chat that shows the answer where no button works says so instead.
        fault: The field of the asker's form with which something is wrong, so that nothing was done; empty: nothing is.
            A chat keeps what was entered, or shows it again.
        kept: A text that would otherwise be lost; it is shown below, whole, however long it is.
        is_secret: Whether it tells of other tickets than that of the thread where it was asked for, which not everybody
            who reads that thread may see, or repeats what people wrote. A chat that cannot tell the asker alone tells
            nobody.
    """

    text: str
    table: str | None = None
    listing: Listing | None = None
    buttons: tuple[Button, ...] = ()
    picture: Callable[[], Awaitable[Picture | None]] | None = None
    fault: str = ""
    kept: str = ""
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A ticket that an agent can pick, for example `1042` and `#1042 · Jane · Key not working`."""

    number: TicketNumber
    title: str


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """A time that an agent can pick: what one would type, and the same with the moment that it means."""

    words: str
    title: str


@dataclass(frozen=True, slots=True)
class SnippetChoice:
    """A saved answer that an agent can pick: its name, and how its text begins, on one line of any length."""

    name: str
    beginning: str
