"""Reads what Sellgate sends: its JSON as values of `bot.model`. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from adapters.vendors.client.paging import Page, read_page
from adapters.vendors.client.parsing import (
    Count,
    Flag,
    ListedTicket,
    OptionalObject,
    OptionalObjects,
    Text,
    Time,
    Wire,
    facts,
    fingerprint_from,
    identifier_in,
    money,
    named,
    not_understood,
    oldest_first,
    read_one,
    unwrapped,
)
from adapters.vendors.sellgate.capabilities import LABEL
from bot.model import (
    Author,
    Awaiting,
    Change,
    Conversation,
    Counts,
    Customer,
    Fact,
    FactKey,
    Message,
    MessageId,
    Status,
    Ticket,
    TicketId,
)
from bot.text import clean, comparable


class WireMessage(Wire):
    id: Text = None
    sender: Text = None
    message: Text = None
    created_at: Time = None


class WireTicket(ListedTicket):
    """A ticket in a list or alone. Alone, half of the fields are missing in the documented example."""

    subject: Text = None
    status: Text = None
    awaiting_response_from: Text = None
    customer_email: Text = None
    order_id: Text = None
    invoice_id: Text = None
    product_name: Text = None
    order_amount: Text = None
    order_currency: Text = None
    message_count: Count = None
    has_owner_reply: Flag = None
    created_at: Time = None
    updated_at: Time = None
    closed_at: Time = None
    messages: Annotated[list[WireMessage] | None, OptionalObjects] = None


class WireStats(Wire):
    total: Count = None
    open: Count = None
    closed: Count = None
    needs_response: Count = Field(default=None, alias="needsResponse")


class WireMeta(Wire):
    total: Count = None


class WireList(Wire):
    stats: Annotated[WireStats | None, OptionalObject] = None
    meta: Annotated[WireMeta | None, OptionalObject] = None


_STATUS = {"open": Status.OPEN, "closed": Status.CLOSED}
_AUTHORS = {"customer": Author.CUSTOMER, "seller": Author.STAFF, "owner": Author.STAFF}
_AWAITING = {"owner": Awaiting.US, "seller": Awaiting.US, "customer": Awaiting.CUSTOMER}


def ticket_of(wire: WireTicket) -> Ticket:
    """A ticket. An undocumented status counts as open."""
    return Ticket(
        id=TicketId(wire.id),
        subject=clean(wire.subject) if wire.subject is not None else None,
        status=_STATUS.get(wire.status.lower(), Status.OPEN) if wire.status else None,
        status_word=wire.status or None,
        customer=Customer(email=wire.customer_email or None),
        facts=facts_of(wire),
        created_at=wire.created_at,
        updated_at=wire.updated_at,
        closed_at=wire.closed_at,
        awaiting=_AWAITING.get((wire.awaiting_response_from or "").lower()),
    )


def facts_of(wire: WireTicket) -> tuple[Fact, ...] | None:
    """What it is about; None where the answer has none of these fields."""
    found = facts(
        ("Order", wire.order_id, FactKey.ORDER_NUMBER),
        ("Invoice", wire.invoice_id),
        ("Product", wire.product_name),
        ("Amount", money(wire.order_amount, wire.order_currency)),
    )
    return found or None


def message_of(wire: WireMessage) -> Message:
    """A message. An undocumented kind of sender is shown under the word that the vendor uses."""
    author = _AUTHORS.get((wire.sender or "").lower(), Author.UNKNOWN)
    return Message(
        id=named(wire.id, wire.sender, wire.message, wire.created_at),
        author=author,
        author_name=wire.sender if author is Author.UNKNOWN else None,
        text=clean(wire.message or ""),
        written_at=wire.created_at,
        malformed=not wire.id,
    )


def conversation_of(answer: Any) -> Conversation:
    """One ticket's answer. Raises `Unavailable`."""
    wire = read_one(WireTicket, unwrapped(answer, "data"), vendor=LABEL)
    if "messages" not in wire.model_fields_set:
        raise not_understood(LABEL)
    return Conversation(ticket=ticket_of(wire), messages=oldest_first(map(message_of, wire.messages or ())))


def fingerprint(wire: WireTicket) -> str:
    """Status, time of update and number of messages; where one is missing, also what else shows a change."""
    parts: list[object] = [wire.status, wire.updated_at, wire.message_count]
    if None in parts:
        parts += [wire.awaiting_response_from, wire.has_owner_reply, wire.closed_at]
    return fingerprint_from(parts)


def page_of(value: Any, *, only_open: bool) -> Page:
    """A page of the list. Raises `Unavailable`."""
    page = read_page(
        WireTicket,
        unwrapped(value, "data"),
        lambda wire: Change(ticket=ticket_of(wire), fingerprint=fingerprint(wire)),
        vendor=LABEL,
    )
    around = read_one(WireList, value if isinstance(value, dict) else {}, vendor=LABEL)
    return replace(page, total=credible_total(around, only_open=only_open))


def credible_total(around: WireList, *, only_open: bool) -> int | None:
    """
    How many tickets the list has; None: the answer contradicts itself, or does not say.

    It is not documented whether `stats` and `meta.total` follow the filter. `stats.open` is the same either way, and
    `meta.total` does not contradict it where it equals `stats.open` or `stats.total`.
    """
    stats, total = around.stats or WireStats(), (around.meta or WireMeta()).total
    counted = stats.open if only_open else stats.total
    if counted is None or total is None:
        return total if counted is None else counted
    return counted if total in (counted, stats.total) else None


def counts_of(value: Any) -> Counts:
    """The figures that come with an unfiltered list. Raises `Unavailable`."""
    stats = read_one(WireList, value, vendor=LABEL).stats
    if stats is None:
        raise not_understood(LABEL)
    return Counts(total=stats.total, open=stats.open, closed=stats.closed, waiting_for_us=stats.needs_response)


def new_message_id(value: Any, ticket: TicketId, text: str) -> MessageId | None:
    """
    The id of our reply in the answer to it, which may be the message, the whole ticket, or the id alone.

    Which one is not documented. None: the answer does not certainly name it.
    """
    found = unwrapped(unwrapped(value, "data"), "message")
    if not isinstance(found, dict):
        return None
    if isinstance(found.get("messages"), list):
        named = [part for part in found["messages"] if isinstance(part, dict) and identifier_in(part)]
        messages = oldest_first(message_of(WireMessage.model_validate(part)) for part in named)
        ours = [message for message in messages if message.author is not Author.CUSTOMER]
        return ours[-1].id if ours and comparable(ours[-1].text) == comparable(text) else None
    given = identifier_in(found)
    return MessageId(given) if given and given != ticket and "subject" not in found else None
