"""Reads what SellApp sends: its JSON as values of `bot.model`. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from adapters.vendors.client.paging import ItemPage, Page, read_page
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
    named,
    new_message_in,
    read_messages,
    read_one,
    unwrapped,
)
from adapters.vendors.client.responses import UnusableBody, json_of
from adapters.vendors.sellapp.capabilities import LABEL
from bot.model import Author, Change, Customer, Fact, FactKey, Message, MessageId, Nudge, Status, Ticket, TicketId
from bot.text import clean


class WireCustomer(Wire):
    email: Text = None


class WireReference(Wire):
    type: Text = None
    id: Text = None


class WireTicket(ListedTicket):
    """A ticket of `/v1`, with the additional fields of `/v2`. `reference` is `[]` where there is none."""

    title: Text = None
    status: Text = None
    customer: Annotated[WireCustomer | None, OptionalObject] = None
    reference: Annotated[WireReference | None, OptionalObject] = None
    created_at: Time = None
    updated_at: Time = None
    archived: Flag = None
    order_id: Text = None
    reason: Text = None
    message_count: Count = None


class WireMessage(Wire):
    id: Text = None
    author: Text = None
    sender: Text = None
    content: Text = None
    created_at: Time = None


class WireMeta(Wire):
    last_page: Count = None
    total: Count = None


class WireList(Wire):
    """What comes with a list. It is documented, but missing in all of the documented examples."""

    links: Annotated[dict[str, Any] | None, OptionalObject] = None
    meta: Annotated[WireMeta | None, OptionalObject] = None

    @property
    def total(self) -> int | None:
        """How many tickets or messages there are; None: it does not say."""
        return self.meta.total if self.meta else None

    @property
    def pages(self) -> int | None:
        """How many pages there are; None: it does not say."""
        return self.meta.last_page if self.meta else None

    @property
    def last(self) -> bool | None:
        """Whether no next page is linked; None: there are no links. Nothing ever reads the address in a link."""
        return self.links["next"] is None if self.links and "next" in self.links else None


class WireEvent(Wire):
    ticket_id: Text = None


_STATUS = {"open": Status.OPEN, "closed": Status.CLOSED}
_AUTHORS = {"customer": Author.CUSTOMER, "store": Author.STAFF}


def ticket_of(wire: WireTicket, messages: tuple[Message, ...] = ()) -> Ticket:
    """A ticket. An undocumented status counts as open."""
    email = (wire.customer.email if wire.customer else None) or None
    names = (message.author_name for message in messages if message.author is Author.CUSTOMER)
    name = next((name for name in names if name and "@" not in name), None)
    return Ticket(
        id=TicketId(wire.id),
        subject=clean(wire.title) if wire.title is not None else None,
        status=_STATUS.get(wire.status.lower(), Status.OPEN) if wire.status else None,
        status_word=wire.status or None,
        customer=Customer(name=name, email=email),
        facts=facts_of(wire),
        created_at=wire.created_at,
        updated_at=wire.updated_at,
    )


def facts_of(wire: WireTicket) -> tuple[Fact, ...] | None:
    """What it is about; None where the answer has none of these fields."""
    reference = wire.reference or WireReference()
    order = wire.order_id or (reference.id if reference.type == "order" else None)
    product = reference.id if reference.type == "product" else None
    archived = "yes" if wire.archived else None
    found = facts(
        ("Order", order, FactKey.ORDER_NUMBER), ("Product", product), ("Reason", wire.reason), ("Archived", archived)
    )
    return found or None


def message_of(wire: WireMessage) -> Message:
    """A message. A reply by the API has no sender; an undocumented kind of author is shown under the vendor's word."""
    author = _AUTHORS.get((wire.author or "").lower(), Author.UNKNOWN)
    return Message(
        id=named(wire.id, wire.author, wire.content, wire.created_at),
        author=author,
        author_name=wire.sender or (wire.author if author is Author.UNKNOWN else None) or None,
        text=clean(wire.content or ""),
        written_at=wire.created_at,
        malformed=not wire.id,
    )


def fingerprint(wire: WireTicket) -> str:
    """Status, time of update, and what else may show a change. Who has read a ticket does not matter."""
    return fingerprint_from((wire.status, wire.updated_at, wire.archived, wire.message_count))


def list_of(value: Any) -> WireList:
    """What comes with a list; empty where the list comes alone."""
    return WireList.model_validate(value if isinstance(value, dict) else {})


def page_of(value: Any) -> Page:
    """A page of the list. Raises `Unavailable`."""
    page = read_page(
        WireTicket,
        unwrapped(value, "data"),
        lambda wire: Change(ticket=ticket_of(wire), fingerprint=fingerprint(wire)),
        vendor=LABEL,
    )
    listed = list_of(value)
    return replace(page, total=listed.total, pages=listed.pages, last=listed.last)


def one_ticket(answer: Any) -> WireTicket:
    """The answer for one ticket. Raises `Unavailable`."""
    return read_one(WireTicket, unwrapped(answer, "data"), vendor=LABEL)


def messages_page(answer: Any, *, page: int) -> ItemPage[Message]:
    """A page of a ticket's messages, counted from 1. Raises `Unavailable`."""
    wires = read_messages(WireMessage, unwrapped(answer, "data"), vendor=LABEL)
    listed = list_of(answer)
    last = listed.last if listed.pages is None else page >= listed.pages
    return ItemPage(items=[message_of(wire) for wire in wires], last=last)


def new_message_id(value: Any) -> MessageId | None:
    """
    The id of our reply in the answer to it, which is the message; None: it has none, or the answer is empty (204).

    Raises:
        Uncertain: The answer is no message.
    """
    return new_message_in(value, wrapper="data", text="content", vendor=LABEL)


def nudge_of(headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
    """
    Which ticket a webhook is about; None: its signature is wrong, or it is no event of SellApp's.

    `signature` is the body's HMAC-SHA256 in hex. It is documented for one kind of webhook only. So a webhook without
    one is accepted: the secret in its address was right, and all it does is make us ask the vendor.
    """
    given = headers.get("signature")
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if given is not None and not hmac.compare_digest(given.strip().lower().encode(), wanted.encode()):
        return None
    try:
        value = json_of(body)
    except UnusableBody:
        return None
    if not isinstance(value, dict):
        return None
    if not str(value.get("event", "")).startswith("ticket"):
        return Nudge(is_about_tickets=False)
    data = value.get("data")
    ticket = WireEvent.model_validate(data if isinstance(data, dict) else {}).ticket_id
    return Nudge(ticket=TicketId(ticket) if ticket else None)
