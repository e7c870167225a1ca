"""A store at Next Commerce."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator, model_validator

from adapters.vendors.client.html import html_of, looks_like_html, text_of
from adapters.vendors.client.http import Query, Service, VendorClient, login
from adapters.vendors.client.paging import NumberedPages, Page, PageLength
from adapters.vendors.client.parsing import (
    Flag,
    Identifier,
    Perhaps,
    PerhapsMany,
    Text,
    Time,
    Wire,
    facts,
    identifier_in,
    nonsense,
    oldest_first,
    read_many,
    read_one,
    texts,
    unwrapped,
)
from adapters.vendors.client.quota import Quota, Window
from adapters.vendors.client.settings import Base, Credential, Section, Segment
from adapters.vendors.client.sweep import differing, held_open
from adapters.vendors.nextcommerce.people import People, WireUser, author_by_type, author_without_asking
from bot.errors import Gone, Rejected, Unavailable, Uncertain
from bot.model import (
    Absent,
    Attachment,
    Author,
    Change,
    Conversation,
    Customer,
    File,
    Finding,
    Message,
    MessageId,
    Nudge,
    Status,
    Ticket,
    TicketId,
    Verb,
)
from bot.ports import Known, Vendor, VendorCapabilities, VendorKind, VendorTools
from bot.text import clean, comparable, one_line, signed

LABEL = "Next Commerce"
API_VERSION = "2024-04-01"
WINDOWS = (Window(4, 1),)
CAPABILITIES = VendorCapabilities(verbs=frozenset({Verb.CLOSE, Verb.REOPEN}), page_size=20, lists_open=True)

_OPEN = ["new", "open", "pending"]

# ---------------------------------------------------------------- settings


class NextcommerceSettings(Section):
    """
    A Next Commerce store's section: an access token from Settings → API Access, and the store's subdomain.

    Attributes:
        staff_user_id: The user who writes replies and notes; None: whoever the vendor takes.
        closing_status: What closing sets. `closed` may be for ever; `solved` can be opened again.
        reply_format: Whether replies leave as they are or as HTML with line breaks and links marked up.
    """

    api_key: Credential
    store_id: Segment | None = None
    base_url: Base | None = None
    staff_user_id: int | None = None
    closing_status: Literal["solved", "closed"] = "solved"
    reply_format: Literal["text", "html"] = "text"

    @property
    def base(self) -> str:
        """What stands before the documented paths; `base_url` goes before `store_id`."""
        return self.base_url or f"https://{self.store_id}.29next.store/api/admin"

    @model_validator(mode="after")
    def _somewhere(self) -> NextcommerceSettings:
        if self.store_id is None and self.base_url is None:
            raise ValueError("STORE_ID, the store's subdomain, is missing")
        return self


# ---------------------------------------------------------------- the wire


class WireFile(Wire):
    id: Identifier
    file: Text = None
    file_name: Text = None


class WireComment(Wire):
    id: Identifier
    body: Text = None
    author: Text = None
    from_email: Text = None
    is_public: Flag = None
    created_at: Time = None
    attachments: Annotated[list[WireFile] | None, PerhapsMany] = None


class WireTicket(Wire):
    id: Identifier
    subject: Text = None
    status: Text = None
    priority: Text = None
    channel: Text = None
    requester: Text = None
    from_email: Text = None
    order: Text = None
    products: Annotated[tuple[str, ...], BeforeValidator(texts)] = ()
    tags: Annotated[tuple[str, ...], BeforeValidator(texts)] = ()
    comments: Annotated[list[WireComment] | None, PerhapsMany] = None
    created_at: Time = None
    updated_at: Time = None


class WireList(Wire):
    next: Text = None


class WireEvent(Wire):
    object: Text = None
    event_type: Text = None
    event_id: Text = None
    data: Annotated[dict[str, Any] | None, Perhaps] = None


# ---------------------------------------------------------------- between wire and model

_CLOSED = ("solved", "closed")


def ticket_of(wire: WireTicket, requester: WireUser) -> Ticket:
    """A ticket; a status that is not documented means that it is not closed."""
    status = None if not wire.status else Status.CLOSED if wire.status.lower() in _CLOSED else Status.OPEN
    return Ticket(
        id=TicketId(wire.id),
        subject=clean(wire.subject) if wire.subject is not None else None,
        status=status,
        status_word=wire.status or None,
        customer=Customer(name=requester.name, email=requester.email or wire.from_email or None),
        facts=facts(
            ("Order", wire.order),
            ("Products", ", ".join(f"#{product}" for product in wire.products)),
            ("Priority", wire.priority),
            ("Tags", ", ".join(wire.tags)),
            ("Channel", (wire.channel or "").replace("_", " ")),
        ),
        created_at=wire.created_at,
        updated_at=wire.updated_at,
    )


def message_of(wire: WireComment, author: Author, name: str | None) -> Message:
    """A comment, with who wrote it."""
    body = wire.body or ""
    return Message(
        id=MessageId(wire.id),
        author=author,
        author_name=name or wire.from_email or None,
        text=text_of(body) if looks_like_html(body) else clean(body),
        written_at=wire.created_at,
        attachments=tuple(map(attachment_of, wire.attachments or ())),
        public=wire.is_public is not False,
    )


def attachment_of(wire: WireFile) -> Attachment:
    """A file of a comment; its address has been known to expire."""
    web = (wire.file or "").startswith(("https://", "http://"))
    return Attachment(name=one_line(wire.file_name or "file", 100), url=wire.file if web else None)


def fingerprint(wire: WireTicket) -> str:
    """Everything that a card or a thread shows."""
    shown = wire.model_dump(mode="json", exclude={"from_email", "created_at"})
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]


def cursor_of(following: str) -> str | None:
    """The cursor in a `next` address; where the address leads to is never looked at. None: it has none."""
    try:
        return parse_qs(urlsplit(following).query).get("cursor", [None])[0]
    except ValueError:
        return None


def said(value: Any, text: str, *, public: bool) -> MessageId | None:
    """
    The id of a new comment in what its request answered: the ticket or the comment.

    Of a ticket only the newest such comment can be it, if it says the same; None: the answer does not show it.
    """
    if not isinstance(value, dict):
        return None
    if not isinstance(value.get("comments"), list):
        given = identifier_in(value) if "body" in value else None
        return MessageId(given) if given else None
    comments = [WireComment.model_validate(part) for part in value["comments"] if identifier_in(part)]
    messages = oldest_first(message_of(comment, Author.UNKNOWN, None) for comment in comments)
    alike = [message for message in messages if message.public is public]
    return alike[-1].id if alike and comparable(alike[-1].text) == comparable(text) else None


def uploaded(value: Any) -> list[int]:
    """The ids of uploaded files: a list, one object, or either of them wrapped; the documented answer cannot be."""
    found = unwrapped(value, "attachments", "files", "results", "data")
    given = [identifier_in(part) for part in (found if isinstance(found, list) else [found])]
    return [int(number) for number in given if number and number.isdigit()]


def nudge_of(headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
    """What a signed webhook hints at; None: it is forged, or not about a ticket."""
    given = headers.get("x-29next-signature", "").strip().lower().encode()
    try:
        value = json.loads(body)
        # The signature is over the body as Python writes it again; the body as it came is taken too.
        forms = (json.dumps(value).encode(), body)
    except (ValueError, RecursionError):
        return None
    wanted = [hmac.new(secret.encode(), form, hashlib.sha256).hexdigest().encode() for form in forms]
    matches = [hmac.compare_digest(given, one) for one in wanted]
    if not any(matches) or not isinstance(value, dict):
        return None
    event = WireEvent.model_validate(value)
    if event.object != "ticket" and not (event.event_type or "").startswith("ticket."):
        return None
    named = identifier_in(event.data)
    return Nudge(ticket=TicketId(named) if named else None, event=event.event_id)


# ---------------------------------------------------------------- the vendor


class Nextcommerce:
    """A store at Next Commerce; see `bot.ports.Vendor`."""

    capabilities = CAPABILITIES

    def __init__(self, settings: NextcommerceSettings, tools: VendorTools) -> None:
        key = settings.api_key.get_secret_value()
        self._settings = settings
        self._service = Service(
            label=LABEL,
            variable=tools.variable,
            base=settings.base,
            remedy="Make an access token under Settings → API Access with tickets:read, tickets:write and users:read, "
            f"and put it into {tools.variable('API_KEY')}.",
            headers={"Authorization": f"Bearer {key}", "X-29next-API-Version": API_VERSION},
            secrets=(key,),
        )
        self._client = VendorClient(self._service, tools, Quota(tools.clock, LABEL, WINDOWS))
        self.now = self._client.their_clock.now
        self._length = PageLength(CAPABILITIES.page_size, tools.clock)
        self._people = People(self._client, tools.clock)

    async def changes(self, known: Known) -> AsyncIterator[Change | Absent]:
        held = await held_open(known)
        narrowed: dict[str, str | int | list[str]] = {} if known.full else {"status": _OPEN}
        read: dict[TicketId, WireTicket] = {}
        cursor: str | None = None

        async def fetch(number: int) -> Page:
            nonlocal cursor
            query: Query = {**narrowed, "cursor": cursor} if number > 1 and cursor else narrowed
            answer = await self._client.read_list("tickets", "", query=query)
            wires = read_many(WireTicket, unwrapped(answer, "results"), vendor=LABEL)
            following = WireList.model_validate(answer).next if isinstance(answer, dict) else None
            cursor = cursor_of(following) if following else None
            if following and cursor is None:
                raise nonsense(LABEL)
            read.clear()
            read.update({TicketId(wire.id): wire for wire in wires})
            bare = [Change(ticket=Ticket(id=ticket), fingerprint=fingerprint(wire)) for ticket, wire in read.items()]
            return Page(changes=bare, last=cursor is None)

        async with aclosing(NumberedPages(fetch, self._length).read()) as pages:
            async for found in differing(pages, known, held):
                yield await self._whole(found, read[found.ticket.id]) if isinstance(found, Change) else found

    async def _whole(self, change: Change, wire: WireTicket) -> Change:
        """The change with its ticket and messages; who wrote is asked for only where something changed."""
        conversation = await self._conversation(wire)
        messages = conversation.messages if wire.comments is not None else None
        return replace(change, ticket=conversation.ticket, messages=messages)

    async def ticket(self, ticket: TicketId) -> Conversation:
        wire = read_one(WireTicket, await self._client.read("tickets", _number(ticket), ""), vendor=LABEL)
        if wire.comments is None:
            raise nonsense(LABEL)
        return await self._conversation(wire)

    async def _conversation(self, wire: WireTicket) -> Conversation:
        requester = await self._people.user(wire.requester)
        messages = [await self._message(wire, comment) for comment in wire.comments or ()]
        return Conversation(ticket=ticket_of(wire, requester), messages=oldest_first(messages))

    async def _message(self, ticket: WireTicket, comment: WireComment) -> Message:
        user = await self._people.user(comment.author)
        author = author_without_asking(
            author=comment.author,
            from_email=comment.from_email,
            public=comment.is_public is not False,
            requester=ticket.requester,
            staff=self._settings.staff_user_id,
        )
        return message_of(comment, author or author_by_type(user), user.name)

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        return await self._say(ticket, text, public=True)

    async def reply_with(self, ticket: TicketId, text: str, files: Sequence[File]) -> MessageId | None:
        numbers = [number for file in files for number in await self._upload(file)]
        return await self._say(ticket, text, public=True, attachments=numbers)

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        return await self._say(ticket, signed(agent, text), public=False)

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        wanted = comparable(signed(agent, text))
        messages = (await self.ticket(ticket)).messages
        return any(not message.public and comparable(message.text) == wanted for message in messages)

    async def _say(
        self, ticket: TicketId, text: str, *, public: bool, attachments: Sequence[int] = ()
    ) -> MessageId | None:
        staff = self._settings.staff_user_id
        body = {
            "body": html_of(text) if self._settings.reply_format == "html" else text,
            "is_public": public,
            **({"author": staff} if staff is not None else {}),
            **({"attachments": list(attachments)} if attachments else {}),
        }
        answer = await self._client.write("POST", "tickets", _number(ticket), "comments", "", body=body, private=text)
        return said(answer, text, public=public)

    async def _upload(self, file: File) -> list[int]:
        """Bring a file there; the customer sees it only with a comment, so that nothing here is ever uncertain."""
        try:
            answer = await self._client.write(
                "POST", "tickets", "attachments", "", files={"files": (file.name, file.content)}
            )
        except Uncertain as error:
            raise Unavailable(f"{LABEL} did not take the file {one_line(file.name, 60)}.") from error
        numbers = uploaded(answer)
        if not numbers:
            raise Rejected(f"{LABEL} took the file {one_line(file.name, 60)} and did not say how it is called there.")
        return numbers

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        word = self._settings.closing_status if status is Status.CLOSED else "open"
        await self._client.write("PATCH", "tickets", _number(ticket), "", body={"status": word}, silence=True)

    def webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
        return nudge_of(headers, body, secret)

    async def check(self) -> Finding:
        return await login(self._service, self._client.read_list("tickets", "", query={"status": "new"}))

    async def aclose(self) -> None:
        await self._client.aclose()


def _number(ticket: TicketId) -> str:
    if not (ticket.isascii() and ticket.isdigit()) or len(ticket) > 18:
        raise Gone(f"{LABEL} cannot have a ticket of that name.")
    return ticket


def build(settings: NextcommerceSettings, tools: VendorTools) -> Vendor:
    """A store's vendor; does no network calls."""
    return Nextcommerce(settings, tools)


KIND = VendorKind(name="nextcommerce", label=LABEL, settings=NextcommerceSettings, build=build)
