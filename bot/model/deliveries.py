"""Deliveries: what they are, how far they are, and what each kind needs besides the rows that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.chats import Button, Place
from bot.model.ids import ChatMessageId
from bot.model.tickets import Status


class Purpose(StrEnum):
    """What becomes of a message; see `messages.purpose`."""

    VENDOR = "vendor"
    REPLY = "reply"
    NOTE = "note"
    TALK = "talk"


class Kind(StrEnum):
    """What a delivery is; see `deliveries.kind`."""

    OPEN = "open"
    POST = "post"
    LINE = "line"
    CARD = "card"
    NEW_CARD = "new_card"
    MARK = "mark"
    REPLY = "reply"
    NOTE = "note"
    STATUS = "status"


class State(StrEnum):
    """How far a delivery is; see `deliveries.state`."""

    WAITING = "waiting"
    BEGUN = "begun"
    UNCERTAIN = "uncertain"
    HELD = "held"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPayload:
    """Of posts, cards, marks, replies and notes: their rows say everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPayload:
    """
    Of the opening of a thread.

    Attributes:
        spoken_in: Whether somebody may have written in the thread before we knew it, so that it has to be read.
    """

    spoken_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePayload:
    """
    Of a line of shopbell's own.

    Attributes:
        place: Where it is said; None: in the thread of the delivery's link.
        resolved_text: What is said there once the incident that the line tells of is over; None: it tells of none.
        alternatives: Where it is said instead if this place does not take it; the first that takes it.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    place: Place | None = None
    resolved_text: str | None = None
    alternatives: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCardPayload:
    """Of a new card for a thread whose card was deleted; `deleted` is that one."""

    deleted: ChatMessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPayload:
    """Of closing or reopening a ticket at its vendor; `by` names who wants it, as people read it."""

    wanted: Status
    by: str


Payload = NoPayload | OpenPayload | LinePayload | NewCardPayload | StatusPayload
"""What a delivery needs besides its rows; one type for each kind, see `PAYLOADS`."""

PAYLOADS: dict[Kind, type[Payload]] = {
    Kind.OPEN: OpenPayload,
    Kind.POST: NoPayload,
    Kind.LINE: LinePayload,
    Kind.CARD: NoPayload,
    Kind.NEW_CARD: NewCardPayload,
    Kind.MARK: NoPayload,
    Kind.REPLY: NoPayload,
    Kind.NOTE: NoPayload,
    Kind.STATUS: StatusPayload,
}
