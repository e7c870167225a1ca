"""Deliveries: their kinds, their states, and the payload that each kind has in addition to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.chats import Button, Mention, Place
from bot.model.ids import ChatMessageId
from bot.model.tickets import Status


class Purpose(StrEnum):
    """What a message is for; see `messages.purpose`."""

    VENDOR = "vendor"
    REPLY = "reply"
    NOTE = "note"
    TALK = "talk"


class Kind(StrEnum):
    """The kinds of delivery; see `deliveries.kind`."""

    OPEN = "open"
    POST = "post"
    LINE = "line"
    CARD = "card"
    NEW_CARD = "new_card"
    ERASE = "erase"
    MARK = "mark"
    REPLY = "reply"
    NOTE = "note"
    STATUS = "status"


class State(StrEnum):
    """The states of a delivery; see `deliveries.state`."""

    WAITING = "waiting"
    BEGUN = "begun"
    UNCERTAIN = "uncertain"
    HELD = "held"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"


class Progress(StrEnum):
    """What the ticket's other threads show of a reply that was not sent; see `posted.progress`."""

    PENDING = "pending"  # it is about to be sent
    HELD = "held"  # its author is asked whether to send it
    FAILED = "failed"  # it did not reach the customer
    DOUBTFUL = "doubtful"  # nobody knows whether it did
    WITHDRAWN = "withdrawn"  # its author or somebody else took it back


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPayload:
    """The payload of posts, cards, marks, replies and notes: empty, their rows say everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePayload:
    """
    The payload of erasing what we posted in a thread.

    Attributes:
        messages: The messages of which nothing must be left there; empty: everything must go, and the thread's name.
    """

    messages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPayload:
    """
    The payload of the opening of a thread.

    Attributes:
        spoken_in: Whether somebody may have written in the thread before it was recorded, so that it must be read.
    """

    spoken_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePayload:
    """
    The payload of a line from shopbell itself.

    Attributes:
        place: Where it is posted; None: in the thread of the delivery's link.
        resolved_text: What is posted there when the incident is over; None: the line is not an incident notice.
        alternatives: Where it is posted instead if `place` refuses it; the first of these that accepts it.
        plainer_text: What is posted in its plainest form, without the names in `text`; None: the same.
        ping: Whom it pings, in the chat where it is posted; None: nobody.
        decision: What stands in place of its buttons, now that this is decided; empty: it is not.
        plainer_decision: The same for its plainest form.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    place: Place | None = None
    resolved_text: str | None = None
    alternatives: tuple[Place, ...] = ()
    plainer_text: str | None = None
    ping: Mention | None = None
    decision: str = ""
    plainer_decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCardPayload:
    """The payload of a new card for a thread whose card `deleted` was deleted."""

    deleted: ChatMessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPayload:
    """
    The payload of closing or reopening a ticket at its vendor.

    Attributes:
        by: Who asked for it, as people read it.
        agent: Their id in a chat (`discord:123`), for the figures; None: it is not known.
    """

    wanted: Status
    by: str
    agent: str | None = None


Payload = NoPayload | ErasePayload | OpenPayload | LinePayload | NewCardPayload | StatusPayload
"""What a delivery needs in addition to its rows. `PAYLOADS` has the type for each kind."""

PAYLOADS: dict[Kind, type[Payload]] = {
    Kind.OPEN: OpenPayload,
    Kind.POST: NoPayload,
    Kind.LINE: LinePayload,
    Kind.CARD: NoPayload,
    Kind.NEW_CARD: NewCardPayload,
    Kind.ERASE: ErasePayload,
    Kind.MARK: NoPayload,
    Kind.REPLY: NoPayload,
    Kind.NOTE: NoPayload,
    Kind.STATUS: StatusPayload,
}

RECONCILE_DELAYS: tuple[float, ...] = (1, 4, 15)
"""
Seconds: after an attempt of unknown outcome, how long to wait before each search on the other side.

All together are the longest time that a vendor's reads are expected to lag behind its writes.
"""
