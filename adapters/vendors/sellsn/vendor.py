"""A store at SellSN."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from adapters.vendors.client.caching import Remembered
from adapters.vendors.client.http import Service, VendorClient, login
from adapters.vendors.client.paging import NumberedPages, Numbering, Page, PageLength
from adapters.vendors.client.parsing import (
    Count,
    Identifier,
    Perhaps,
    PerhapsMany,
    Text,
    Time,
    Wire,
    nonsense,
    oldest_first,
    read_many,
    read_one,
    unwrapped,
)
from adapters.vendors.client.quota import Quota
from adapters.vendors.client.settings import Base, Credential, Section, Segment, split_list
from adapters.vendors.client.sweep import differing, held_open
from bot.errors import AuthFailed, Gone, Rejected, RemoteError, Unavailable, Unsupported
from bot.model import (
    Absent,
    Author,
    Change,
    Conversation,
    Customer,
    Finding,
    Message,
    MessageId,
    Status,
    Ticket,
    TicketId,
    Verb,
)
from bot.ports import Known, Vendor, VendorCapabilities, VendorKind, VendorTools
from bot.text import clean, comparable

LABEL = "SellSN"
CAPABILITIES = VendorCapabilities(
    verbs=frozenset({Verb.CLOSE}),
    instead={
        Verb.REOPEN: "SellSN cannot reopen a ticket by its API: reopen it in SellSN's dashboard, or write to the "
        "customer by e-mail and ask for a new ticket."
    },
    page_size=100,
)

_A_DAY = 86_400.0
_A_WHILE = 300.0

# ---------------------------------------------------------------- settings


class SellsnSettings(Section):
    """
    A SellSN store's section: a key with the scopes ViewTickets, UpdateTickets and DeleteTickets, and the store's id.

    Attributes:
        closed_statuses: The status numbers that mean closed, all others meaning open; None: learned from a ticket that
            is closed from here, and until then a ticket counts as open or closed as it was last known.
        staff_names: Names under which colleagues write.
        first_page: The number of the first page; None: found out.
        page_size: How many tickets to ask for.
    """

    api_key: Credential
    store_id: Segment
    base_url: Base = "https://api.sellsn.io"
    closed_statuses: Annotated[tuple[int, ...] | None, BeforeValidator(split_list)] = None
    staff_names: Annotated[tuple[str, ...], BeforeValidator(split_list)] = ()
    first_page: int | None = Field(default=None, ge=0, le=1)
    page_size: int = Field(default=CAPABILITIES.page_size, ge=1, le=1000)


# ---------------------------------------------------------------- the wire


class WireEntry(Wire):
    id: Identifier
    date_created: Time = Field(default=None, alias="dateCreated")
    message: Text = None
    name: Text = None


class WireOwner(Wire):
    email_address: Text = Field(default=None, alias="emailAddress")


class WireStore(Wire):
    name: Text = None


class WireTicket(Wire):
    """A ticket; an object that came before in the same answer may be the text `[Circular Reference]`."""

    id: Identifier
    date_created: Time = Field(default=None, alias="dateCreated")
    subject: Text = None
    status: Count = None
    target_store: Annotated[WireStore | None, Perhaps] = Field(default=None, alias="targetStore")
    owner: Annotated[WireOwner | None, Perhaps] = None
    entries: Annotated[list[WireEntry] | None, PerhapsMany] = None


class WireUser(Wire):
    email: Text = None
    user_name: Text = Field(default=None, alias="userName")
    stores: Annotated[list[WireStore] | None, PerhapsMany] = None


class WireList(Wire):
    pages: Count = None


# ---------------------------------------------------------------- between wire and model


def status_of(number: int | None, closed: Collection[int]) -> Status | None:
    """What a status number means; None where nobody knows which numbers mean closed."""
    if number is None or not closed:
        return None
    return Status.CLOSED if number in closed else Status.OPEN


def messages_of(wire: WireTicket, staff: Collection[str], ours: Collection[str]) -> tuple[Message, ...]:
    """
    A ticket's entries, oldest first, each with who wrote it as far as that can be told.

    Args:
        staff: Names that are ours, folded.
        ours: Ids of entries that we posted.
    """
    bare = [
        Message(
            id=MessageId(entry.id),
            author=Author.UNKNOWN,
            author_name=entry.name or None,
            text=clean(entry.message or ""),
            written_at=entry.date_created,
        )
        for entry in wire.entries or ()
    ]
    written = oldest_first(bare)
    email = (wire.owner.email_address if wire.owner else None) or ""
    customer = {name.casefold() for name in (email, email.partition("@")[0]) if name}
    opener = (written[0].author_name or "").casefold() if written else ""
    if opener and opener not in staff and written[0].id not in ours:
        customer.add(opener)

    def author(index: int, message: Message) -> Author:
        name = (message.author_name or "").casefold()
        if message.id in ours or name in staff:
            return Author.STAFF
        return Author.CUSTOMER if name in customer or (index == 0 and not name) else Author.UNKNOWN

    return tuple(replace(message, author=author(index, message)) for index, message in enumerate(written))


def ticket_of(wire: WireTicket, messages: tuple[Message, ...], closed: Collection[int]) -> Ticket:
    """A ticket; it was updated when its last entry was written, for the API has no time of update."""
    moments = [moment for moment in (wire.date_created, *(message.written_at for message in messages)) if moment]
    return Ticket(
        id=TicketId(wire.id),
        subject=clean(wire.subject) if wire.subject is not None else None,
        status=status_of(wire.status, closed),
        status_word=f"status {wire.status}" if wire.status is not None and not closed else None,
        customer=customer_of(wire, messages),
        created_at=wire.date_created,
        updated_at=max(moments, default=None),
    )


def customer_of(wire: WireTicket, messages: tuple[Message, ...]) -> Customer:
    """The owner's address, and the name under which the customer writes where that is one."""
    email = (wire.owner.email_address if wire.owner else None) or None
    names = (message.author_name for message in messages if message.author is Author.CUSTOMER)
    name = next((name for name in names if name), None)
    addresses = (email, (email or "").partition("@")[0])
    return Customer(name=None if name in addresses or (name and "@" in name) else name, email=email)


def fingerprint(wire: WireTicket) -> str:
    """Status and entries, for nothing else tells that something changed; in whichever order they come."""
    digest = hashlib.sha256(repr(wire.status).encode())
    for entry in sorted(wire.entries or (), key=lambda entry: entry.id):
        digest.update(f"\0{entry.id}\0{entry.message}".encode("utf-8", "replace"))
    return digest.hexdigest()[:32]


def posted(value: Any, text: str) -> MessageId | None:
    """
    The id of a reply in the ticket that its request answered: the newest entry, if it says the same.

    None: the answer does not show it.
    """
    try:
        messages = messages_of(read_one(WireTicket, unwrapped(value, "data"), vendor=LABEL), (), ())
    except Unavailable:
        return None
    if len(messages) < 2 or comparable(messages[-1].text) != comparable(text):
        return None
    return messages[-1].id


def status_within(value: Any) -> int | None:
    """An envelope that says `"success": false` is a refusal, whatever its status."""
    return 400 if isinstance(value, dict) and value.get("success") is False else None


# ---------------------------------------------------------------- the vendor


class Sellsn:
    """A store at SellSN; see `bot.ports.Vendor`. Its quota is not documented and is felt out."""

    capabilities = CAPABILITIES

    def __init__(self, settings: SellsnSettings, tools: VendorTools) -> None:
        key = settings.api_key.get_secret_value()
        self._settings = settings
        self._service = Service(
            label=LABEL,
            variable=tools.variable,
            base=settings.base_url,
            remedy="Make a key with the scopes ViewTickets, UpdateTickets and DeleteTickets at SellSN and put it "
            f"into {tools.variable('API_KEY')}.",
            headers={"Authorization": f"Bearer {key}"},
            secrets=(key,),
            status_within=status_within,
        )
        self._client = VendorClient(self._service, tools, Quota(tools.clock, LABEL))
        self.now = self._client.their_clock.now
        self._tickets = ("stores", settings.store_id, "tickets")
        self._length = PageLength(settings.page_size, tools.clock)
        self._numbering = Numbering(settings.first_page)
        self._closed = frozenset(settings.closed_statuses or ())
        self._names: Remembered[frozenset[str]] = Remembered(tools.clock, size=1, seconds=_A_DAY)
        self._ours: Remembered[bool] = Remembered(tools.clock, seconds=_A_DAY)

    async def changes(self, known: Known) -> AsyncIterator[Change | Absent]:
        """Reads every page: nothing narrows this list, and its order is not documented."""
        held = await held_open(known)
        read: dict[TicketId, WireTicket] = {}

        async def fetch(count: int) -> Page:
            read.clear()
            return await self._page(count, read)

        async with aclosing(NumberedPages(fetch, self._length).read()) as pages:
            async for found in differing(pages, known, held):
                yield await self._whole(found, read[found.ticket.id]) if isinstance(found, Change) else found

    async def _whole(self, change: Change, wire: WireTicket) -> Change:
        """The change with its ticket and messages; where the list leaves out what they need, they must be asked for."""
        conversation = await self._conversation(wire)
        whole = wire.entries is not None and wire.owner is not None
        return replace(change, ticket=conversation.ticket, messages=conversation.messages if whole else None)

    async def _page(self, count: int, read: dict[TicketId, WireTicket]) -> Page:
        """
        A page counted from 1; one after the last may be refused, and is empty.

        Its changes have no more than an id: who wrote is asked for only where something changed. `read` gets the rest.
        """

        async def fetch(number: int) -> Page | None:
            query = {"count": self._settings.page_size}
            try:
                answer = await self._client.read(*self._tickets, str(number), query=query)
            except (Gone, Rejected):
                return None
            listed = {
                TicketId(wire.id): wire for wire in read_many(WireTicket, unwrapped(answer, "data"), vendor=LABEL)
            }
            read.update(listed)
            bare = [Change(ticket=Ticket(id=ticket), fingerprint=fingerprint(wire)) for ticket, wire in listed.items()]
            around = WireList.model_validate(answer if isinstance(answer, dict) else {})
            return Page(changes=bare, pages=around.pages)

        page = await self._numbering.read(count, fetch)
        if page is None and count == 1:
            raise Unavailable(
                f"{LABEL} does not list this store's tickets. If that stays so, look at "
                f"{self._service.variable('STORE_ID')} and {self._service.variable('PAGE_SIZE')}."
            )
        return page or Page(changes=())

    async def ticket(self, ticket: TicketId) -> Conversation:
        wire = await self._read(ticket)
        if "entries" not in wire.model_fields_set:
            raise nonsense(LABEL)
        return await self._conversation(wire)

    async def _read(self, ticket: TicketId) -> WireTicket:
        if ticket.isdigit():
            raise Gone("SellSN cannot have a ticket of that name.")  # a number would be read as a page of the list
        answer = await self._client.read(*self._tickets, ticket)
        return read_one(WireTicket, unwrapped(answer, "data"), vendor=LABEL)

    async def _conversation(self, wire: WireTicket) -> Conversation:
        names = await self._staff(wire)
        ours = [entry.id for entry in wire.entries or () if self._ours.get(entry.id)]
        messages = messages_of(wire, names, ours)
        return Conversation(ticket=ticket_of(wire, messages, self._closed), messages=messages)

    async def _staff(self, wire: WireTicket) -> frozenset[str]:
        """Names that are ours: those set, the ticket's store's, and the key's user's as far as this key may ask."""
        names = self._names.get("")
        if names is None:
            try:
                answer = await self._client.read("user")
            except (Gone, Rejected, AuthFailed):
                names = self._names.put("", frozenset())
            except Unavailable:
                names = self._names.put("", frozenset(), seconds=_A_WHILE)
            else:
                user = WireUser.model_validate(found if isinstance(found := unwrapped(answer, "data"), dict) else {})
                given = (user.email, user.user_name, *(store.name for store in user.stores or ()))
                names = self._names.put("", frozenset(name.casefold() for name in given if name))
        own = (*self._settings.staff_names, (wire.target_store.name if wire.target_store else None) or "")
        return names | {name.casefold() for name in own if name}

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        answer = await self._client.write("PUT", *self._tickets, ticket, body={"message": text}, private=text)
        given = posted(answer, text)
        if given is None or self._ours.get(given):
            return None  # an earlier reply of the same words is not this one
        self._ours.put(given, True)
        return given

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        """
        Close a ticket; one that is not found any more is closed.

        While no status number is known to mean closed, the ticket is read before and after: a number that it has
        only afterwards means that.
        """
        if status is Status.OPEN:
            raise Unsupported(CAPABILITIES.instead[Verb.REOPEN])
        try:
            before = None if self._closed else (await self._read(ticket)).status
            await self._client.write("DELETE", *self._tickets, ticket, silence=True)
        except Gone:
            return
        if before is not None:
            await self._learn_closed(ticket, before)

    async def _learn_closed(self, ticket: TicketId, before: int) -> None:
        try:
            after = (await self._read(ticket)).status
        except RemoteError:
            return  # it is closed all the same; the next one may teach us
        if after not in (None, before):
            self._closed = frozenset({after})

    async def check(self) -> Finding:
        return await login(self._service, self._page(1, {}))

    async def aclose(self) -> None:
        await self._client.aclose()


def build(settings: SellsnSettings, tools: VendorTools) -> Vendor:
    """A store's vendor; does no network calls."""
    return Sellsn(settings, tools)


KIND = VendorKind(name="sellsn", label=LABEL, settings=SellsnSettings, build=build)
