"""Reads what Next Commerce sends: its JSON as values of `bot.model`. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator

from adapters.vendors.client.html import rich_text
from adapters.vendors.client.paging import Page, read_page
from adapters.vendors.client.parsing import (
    Flag,
    ListedTicket,
    OptionalObject,
    OptionalObjects,
    Text,
    Time,
    Wire,
    facts,
    identifier_in,
    named,
    not_understood,
    oldest_first,
    perhaps_sent,
    read_one,
    texts,
    unwrapped,
)
from adapters.vendors.client.responses import UnusableBody, json_of
from adapters.vendors.nextcommerce.capabilities import LABEL
from adapters.vendors.nextcommerce.people import WireUser
from bot.model import (
    Attachment,
    Author,
    Change,
    Customer,
    FactKey,
    Message,
    MessageId,
    Nudge,
    Status,
    Ticket,
    TicketId,
)
from bot.text import clean, comparable
from bot.text.file_names import file_name
from bot.text.plain import plain
from bot.text.tree import RichText, formatting_of


class WireFile(Wire):
    id: Text = None
    file: Text = None
    file_name: Text = None


class WireComment(Wire):
    id: Text = None
    body: Text = None
    author: Text = None
    from_email: Text = None
    is_public: Flag = None
    created_at: Time = None
    attachments: Annotated[list[WireFile] | None, OptionalObjects] = None


class WireTicket(ListedTicket):
    subject: Text = None
    status: Text = None
    priority: Text = None
    channel: Text = None
    requester: Text = None
    from_email: Text = None
    order: Text = None
    products: Annotated[tuple[str, ...], BeforeValidator(texts)] = ()
    tags: Annotated[tuple[str, ...], BeforeValidator(texts)] = ()
    comments: Annotated[list[WireComment] | None, OptionalObjects] = None
    created_at: Time = None
    updated_at: Time = None


class WireList(Wire):
    next: Text = None


class WireEvent(Wire):
    object: Text = None
    event_type: Text = None
    event_id: Text = None
    data: Annotated[dict[str, Any] | None, OptionalObject] = None


_CLOSED = ("solved", "closed")
_ID_LENGTH = 18


def ticket_of(wire: WireTicket, requester: WireUser) -> Ticket:
    """A ticket. An undocumented status counts as open."""
    status = None if not wire.status else Status.CLOSED if wire.status.lower() in _CLOSED else Status.OPEN
    return Ticket(
        id=TicketId(wire.id),
        subject=clean(wire.subject) if wire.subject is not None else None,
        status=status,
        status_word=wire.status or None,
        customer=Customer(name=requester.name, email=requester.email or wire.from_email or None),
        facts=facts(
            ("Order", wire.order, FactKey.ORDER_NUMBER),
            ("Products", ", ".join(f"#{product}" for product in wire.products)),
            ("Priority", wire.priority),
            ("Tags", ", ".join(wire.tags)),
            ("Channel", (wire.channel or "").replace("_", " ")),
        ),
        created_at=wire.created_at,
        updated_at=wire.updated_at,
    )


def message_of(wire: WireComment, author: Author, name: str | None, text: RichText) -> Message:
    """A comment, with its author and the text of its body."""
    return Message(
        id=named(wire.id, wire.author, wire.from_email, wire.body, wire.created_at),
        author=author,
        author_name=name or wire.from_email or None,
        text=plain(text),
        formatted=formatting_of(text),
        written_at=wire.created_at,
        attachments=tuple(map(attachment_of, wire.attachments or ())),
        is_public=wire.is_public is not False,
        malformed=not wire.id,
    )


def attachment_of(wire: WireFile) -> Attachment:
    """A file of a comment. Its address may expire."""
    is_web = (wire.file or "").startswith(("https://", "http://"))
    return Attachment(name=file_name(wire.file_name), url=wire.file if is_web else None)


def fingerprint(wire: WireTicket) -> str:
    """Everything that a card or a thread shows."""
    shown = wire.model_dump(
        mode="json", exclude={"from_email", "created_at"} | (set() if wire.left_out else {"left_out"})
    )
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]


def cursor_of(address: str) -> str | None:
    """The cursor in the address of the next page; None: it has none. Nothing else of the address is used."""
    try:
        return parse_qs(urlsplit(address).query).get("cursor", [None])[0]
    except ValueError:
        return None


def one_ticket(answer: Any) -> WireTicket:
    """The answer for one ticket. Raises `Unavailable`."""
    return read_one(WireTicket, answer, vendor=LABEL)


def page_of(value: Any, tickets: MutableMapping[TicketId, WireTicket]) -> Page:
    """
    A page of the list. Its changes have only an id: their authors are asked for only where something changed.

    Args:
        tickets: Where the page's tickets are put, by their ids.

    Raises:
        Unavailable
    """

    def change(wire: WireTicket) -> Change:
        tickets[TicketId(wire.id)] = wire
        return Change(ticket=Ticket(id=TicketId(wire.id)), fingerprint=fingerprint(wire))

    page = read_page(WireTicket, unwrapped(value, "results"), change, vendor=LABEL)
    cursor = next_cursor(value)
    return replace(page, last=cursor is None, cursor=cursor)


def next_cursor(value: Any) -> str | None:
    """
    The cursor of the page that follows; None: this is the last one.

    Raises:
        Unavailable: A page follows, but its cursor is missing.
    """
    address = WireList.model_validate(value).next if isinstance(value, dict) else None
    cursor = cursor_of(address) if address else None
    if address and cursor is None:
        raise not_understood(LABEL)
    return cursor


def new_message_id(value: Any, text: str, *, public: bool) -> MessageId | None:
    """
    The id of our new comment in the answer to it, which may be the comment or the whole ticket.

    In a ticket it can only be the newest comment of its kind, if it has the same text. None: the answer does not show
    it, or is empty (204).

    Raises:
        Uncertain: The answer is neither.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or not ("body" in value or isinstance(value.get("comments"), list)):
        raise perhaps_sent(LABEL)
    if not isinstance(value.get("comments"), list):
        named = identifier_in(value)
        return MessageId(named) if named else None
    comments = [WireComment.model_validate(part) for part in value["comments"] if identifier_in(part)]
    messages = oldest_first(
        message_of(comment, Author.UNKNOWN, None, rich_text(comment.body or "")) for comment in comments
    )
    alike = [message for message in messages if message.is_public is public]
    return alike[-1].id if alike and comparable(alike[-1].text) == comparable(text) else None


def uploaded_ids(value: Any) -> list[int]:
    """
    The ids of uploaded files: from a list, one object, or either in a wrapper.

    By the documentation the answer is a ticket. A ticket's id is no file's id, so only an object that has what a file
    has (`file`, `file_name`) counts.
    """
    found = unwrapped(value, "attachments", "files", "results", "data")
    parts = found if isinstance(found, list) else [found]
    ids = [
        identifier_in(part) for part in parts if isinstance(part, dict) and (part.get("file") or part.get("file_name"))
    ]
    return [int(number) for number in ids if number and is_number(number)]


def is_number(identifier: str) -> bool:
    """Whether this can be one of Next Commerce's ids, which are numbers of 64 bits at most."""
    return identifier.isascii() and identifier.isdigit() and len(identifier) <= _ID_LENGTH


def nudge_of(headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
    """Which ticket a signed webhook is about; None: it is forged."""
    given = headers.get("x-29next-signature", "").strip().lower().encode()
    try:
        # As it was sent: what stands for lone surrogates is part of the signature.
        value = json.loads(body)
        # The signature is of the body as Python's json writes it. A signature of the body as it came is accepted, too.
        forms = (json.dumps(value).encode(), body)
    except (ValueError, RecursionError):
        return None
    wanted = [hmac.new(secret.encode(), form, hashlib.sha256).hexdigest().encode() for form in forms]
    matches = [hmac.compare_digest(given, one) for one in wanted]
    if not any(matches):
        return None
    try:
        event = WireEvent.model_validate(json_of(body) if isinstance(value, dict) else {})
    except UnusableBody:
        return None
    if event.object != "ticket" and not (event.event_type or "").startswith("ticket."):
        return Nudge(is_about_tickets=False)
    named = identifier_in(event.data)
    return Nudge(ticket=TicketId(named) if named else None, event=event.event_id)
