"""Reads what SellSN sends: its JSON as values of `bot.model`. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, MutableMapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from adapters.vendors.client.paging import Page, read_page
from adapters.vendors.client.parsing import (
    Count,
    ListedTicket,
    OptionalObject,
    OptionalObjects,
    Text,
    Time,
    Wire,
    named,
    oldest_first,
    perhaps_sent,
    read_one,
    unwrapped,
)
from adapters.vendors.sellsn.capabilities import LABEL
from adapters.vendors.sellsn.people import KnownNames, WireStore, customer_of, with_authors
from bot.errors import Unavailable
from bot.model import Author, Change, Message, MessageId, Status, Ticket, TicketId
from bot.text import clean, comparable


class WireEntry(Wire):
    id: Text = None
    date_created: Time = Field(default=None, alias="dateCreated")
    message: Text = None
    name: Text = None


class WireOwner(Wire):
    email_address: Text = Field(default=None, alias="emailAddress")


class WireTicket(ListedTicket):
    """A ticket. An object that was already in the same answer may be the text `[Circular Reference]`."""

    date_created: Time = Field(default=None, alias="dateCreated")
    subject: Text = None
    status: Count = None
    target_store: Annotated[WireStore | None, OptionalObject] = Field(default=None, alias="targetStore")
    owner: Annotated[WireOwner | None, OptionalObject] = None
    entries: Annotated[list[WireEntry] | None, OptionalObjects] = None

    @property
    def email(self) -> str | None:
        """The owner's address; None: it is not known."""
        return (self.owner.email_address if self.owner else None) or None

    @property
    def store_name(self) -> str | None:
        """The name of the store; None: it is not known."""
        return self.target_store.name if self.target_store else None


class WireList(Wire):
    pages: Count = None


def status_of(number: int | None, closed: Collection[int]) -> Status | None:
    """What a status number means; None: it is not known which numbers mean closed."""
    if number is None or not closed:
        return None
    return Status.CLOSED if number in closed else Status.OPEN


def one_ticket(answer: Any) -> WireTicket:
    """The answer for one ticket. Raises `Unavailable`."""
    return read_one(WireTicket, unwrapped(answer, "data"), vendor=LABEL)


def messages_of(wire: WireTicket, names: KnownNames, ours: Collection[str]) -> tuple[Message, ...]:
    """
    A ticket's entries, oldest first, each with its author.

    Args:
        ours: The ids of entries that we posted.
    """
    messages = [
        Message(
            id=named(entry.id, entry.name, entry.message, entry.date_created),
            author=Author.UNKNOWN,
            author_name=entry.name or None,
            text=clean(entry.message or ""),
            written_at=entry.date_created,
            malformed=not entry.id,
        )
        for entry in wire.entries or ()
    ]
    return with_authors(oldest_first(messages), wire.email, names, ours)


def ticket_of(wire: WireTicket, messages: tuple[Message, ...], closed: Collection[int]) -> Ticket:
    """A ticket. The API has no time of update, so the time of the last entry counts."""
    return Ticket(
        id=TicketId(wire.id),
        subject=clean(wire.subject) if wire.subject is not None else None,
        status=status_of(wire.status, closed),
        status_word=f"status {wire.status}" if wire.status is not None and not closed else None,
        customer=customer_of(wire.email, messages),
        created_at=wire.date_created,
        updated_at=_last_time(wire.date_created, (message.written_at for message in messages)),
    )


def listed_ticket(wire: WireTicket, closed: Collection[int]) -> Ticket:
    """A ticket with what its place in a list depends on, and no more."""
    return Ticket(
        id=TicketId(wire.id),
        status=status_of(wire.status, closed),
        created_at=wire.date_created,
        updated_at=_last_time(wire.date_created, (entry.date_created for entry in wire.entries or ())),
    )


def _last_time(created: datetime | None, written: Iterable[datetime | None]) -> datetime | None:
    return max((time for time in (created, *written) if time), default=None)


def fingerprint(wire: WireTicket) -> str:
    """Status and entries, in any order, or what stands for entries that are too large: nothing else shows a change."""
    digest = hashlib.sha256(repr(wire.status).encode())
    for entry in sorted(wire.entries or (), key=lambda entry: entry.id or ""):
        digest.update(f"\0{entry.id}\0{entry.message}".encode("utf-8", "replace"))
    if wire.left_out:
        digest.update(f"\0{wire.left_out}".encode())
    return digest.hexdigest()[:32]


def page_of(value: Any, tickets: MutableMapping[TicketId, WireTicket], closed: Collection[int]) -> Page:
    """
    A page of the list. Its changes have no messages: their authors are asked for only where something changed.

    Args:
        tickets: Where the page's tickets are put, by their ids.
        closed: Which status numbers mean closed, as far as it is known.

    Raises:
        Unavailable
    """

    def change(wire: WireTicket) -> Change:
        tickets[TicketId(wire.id)] = wire
        return Change(ticket=listed_ticket(wire, closed), fingerprint=fingerprint(wire))

    page = read_page(WireTicket, unwrapped(value, "data"), change, vendor=LABEL)
    return replace(page, pages=WireList.model_validate(value if isinstance(value, dict) else {}).pages)


def new_message_id(value: Any, text: str) -> MessageId | None:
    """
    The id of our reply in the answer to it, which is the ticket: the newest entry, if it has the same text.

    None: the answer does not show it, or is empty (204).

    Raises:
        Uncertain: It is neither a ticket nor SellSN's envelope, by whose `success` and `data` it says that it was done.
    """
    if value is not None and not _is_answer(value):
        raise perhaps_sent(LABEL)
    try:
        messages = messages_of(read_one(WireTicket, unwrapped(value, "data"), vendor=LABEL), KnownNames(), ())
    except Unavailable:
        return None
    if len(messages) < 2 or comparable(messages[-1].text) != comparable(text):
        return None
    return messages[-1].id


def _is_answer(value: Any) -> bool:
    found = unwrapped(value, "data")
    is_ticket = isinstance(found, dict) and "entries" in found
    return is_ticket or (isinstance(value, dict) and value.get("success") is True and "data" in value)


def error_status(value: Any) -> int | None:
    """An answer that says `"success": false` is a refusal, whatever its status."""
    return 400 if isinstance(value, dict) and value.get("success") is False else None
