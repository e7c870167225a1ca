"""Reads what Lightspeed eCom sends: its JSON as values of `bot.model`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from adapters.vendors.client.paging import Page, read_page
from adapters.vendors.client.parsing import (
    Count,
    Flag,
    ListedTicket,
    OptionalObject,
    Text,
    Time,
    Wire,
    facts,
    fingerprint_from,
    identifier_in,
    named,
    new_message_in,
    not_understood,
    read_messages,
    read_one,
    unwrapped,
)
from adapters.vendors.client.responses import UnusableBody, json_of
from adapters.vendors.lightspeed.capabilities import LABEL
from bot.model import Author, Change, Counts, Customer, Message, MessageId, Nudge, Status, Ticket, TicketId
from bot.text import clean, comparable, signed


class WireResource(Wire):
    id: Text = None


class WireLink(Wire):
    resource: Annotated[WireResource | None, OptionalObject] = None


class WireTicket(ListedTicket):
    created_at: Time = Field(default=None, alias="createdAt")
    updated_at: Time = Field(default=None, alias="updatedAt")
    is_answered: Flag = Field(default=None, alias="isAnswered")
    is_closed: Flag = Field(default=None, alias="isClosed")
    is_todo: Flag = Field(default=None, alias="isTodo")
    subject: Text = None
    memo: Text = None
    customer: Annotated[WireLink | None, OptionalObject] = None

    @property
    def customer_id(self) -> str | None:
        """The customer to ask for; None: a guest."""
        return (self.customer.resource.id if self.customer and self.customer.resource else None) or None


class WireMessage(Wire):
    id: Text = None
    created_at: Time = Field(default=None, alias="createdAt")
    author: Text = Field(default=None, alias="from")
    message: Text = None


class WireCount(Wire):
    count: Count = None


class WireError(Wire):
    code: Count = None


_ID_LENGTH = 18
_AUTHORS = {"customer": Author.CUSTOMER, "shop": Author.STAFF}


def ticket_of(wire: WireTicket, customer: Customer | None = None) -> Ticket:
    """A ticket. `isAnswered` does not tell whose turn it is: a reply by the API may leave it as it was."""
    words = (("closed", wire.is_closed), ("to do", wire.is_todo), ("answered", wire.is_answered))
    return Ticket(
        id=TicketId(wire.id),
        subject=clean(wire.subject) if wire.subject is not None else None,
        status=None if wire.is_closed is None else Status.CLOSED if wire.is_closed else Status.OPEN,
        status_word=next((word for word, is_so in words if is_so), None),
        customer=customer or Customer(),
        facts=facts(("Memo", wire.memo)) or None,
        created_at=wire.created_at,
        updated_at=wire.updated_at,
    )


def message_of(wire: WireMessage) -> Message:
    """A message. An undocumented kind of writer is shown under the word that the vendor uses."""
    author = _AUTHORS.get((wire.author or "").lower(), Author.UNKNOWN)
    return Message(
        id=named(wire.id, wire.author, wire.message, wire.created_at),
        author=author,
        author_name=wire.author if author is Author.UNKNOWN else None,
        text=clean(wire.message or ""),
        written_at=wire.created_at,
        malformed=not wire.id,
    )


def fingerprint(wire: WireTicket) -> str:
    """The time of update and the flags that a message or a colleague may change."""
    return fingerprint_from((wire.updated_at, wire.is_closed, wire.is_answered, wire.is_todo))


def one_ticket(answer: Any) -> WireTicket:
    """The answer for one ticket. Raises `Unavailable`."""
    return read_one(WireTicket, unwrapped(answer, "ticket"), vendor=LABEL)


def messages_of(answer: Any) -> list[Message]:
    """The messages of an answer, in its order. Raises `Unavailable`."""
    return [message_of(wire) for wire in read_messages(WireMessage, unwrapped(answer, "ticketMessages"), vendor=LABEL)]


def page_of(value: Any) -> Page:
    """A page of the list. It has no total and does not say whether more follow. Raises `Unavailable`."""
    return read_page(
        WireTicket,
        unwrapped(value, "tickets"),
        lambda wire: Change(ticket=ticket_of(wire), fingerprint=fingerprint(wire)),
        vendor=LABEL,
    )


def error_status(value: Any) -> int | None:
    """The status in an `error`, which a 2xx may carry, too (Lightspeed's own PHP client expects that)."""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return None
    code = WireError.model_validate(error).code
    return code if code is not None and 400 <= code < 600 else 400


def new_message_id(value: Any) -> MessageId | None:
    """
    The id of our reply in the answer to it, which is the message; None: it has none, or the answer is documented empty.

    Raises:
        Uncertain: The answer is no message.
    """
    return new_message_in(value, wrapper="ticketMessage", text="message", vendor=LABEL)


def counts_of(value: Any) -> Counts:
    """The total: Lightspeed counts neither the open nor the closed tickets. Raises `Unavailable`."""
    count = WireCount.model_validate(value).count if isinstance(value, dict) else None
    if count is None:
        raise not_understood(LABEL)
    return Counts(total=count)


def id_number(ticket: TicketId) -> int:
    """A ticket's id as a number; 0, which is before all tickets, if it is not one, or longer than any can be."""
    return int(ticket) if ticket.isascii() and ticket.isdigit() and len(ticket) <= _ID_LENGTH else 0


def with_note(memo: str | None, agent: str, text: str) -> str:
    """A ticket's memo with a note added at its end. The memo is the only place for notes."""
    return "\n".join(filter(None, ((memo or "").strip(), signed(agent, text))))


def has_note(memo: str | None, agent: str, text: str) -> bool:
    """Whether a memo contains a note, in whatever place, and even if its white space was changed."""
    return comparable(signed(agent, text)) in comparable(memo or "")


def nudge_of(headers: Mapping[str, str], body: bytes) -> Nudge | None:
    """Which ticket an unsigned webhook is about, by its body or else its headers; None: it is no event of theirs."""
    try:
        value = json_of(body)
    except UnusableBody:
        return None
    if headers.get("x-event", "tickets/").partition("/")[0] != "tickets":
        return Nudge(is_about_tickets=False)
    named = identifier_in(unwrapped(value, "ticket")) or headers.get("x-tickets-id") or headers.get("x-ticket-id")
    return Nudge(ticket=TicketId(named) if named else None)
