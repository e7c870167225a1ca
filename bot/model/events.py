"""What comes in from a chat: what people say and ask there, and what they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.chats import Agent, Place, Verb
from bot.model.ids import ChatMessageId, DeliveryId, TicketNumber
from bot.model.tickets import Attachment


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
        delivery: For `RETRY` and `DISCARD`.
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
