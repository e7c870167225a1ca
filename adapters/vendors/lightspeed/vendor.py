"""A store at Lightspeed eCom."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Literal

import httpx
from pydantic import AliasChoices, Field

from adapters.vendors.client.caching import Remembered
from adapters.vendors.client.http import Service, VendorClient, login
from adapters.vendors.client.paging import NumberedPages, Page, PageLength, Part, read_parts
from adapters.vendors.client.parsing import (
    Count,
    Flag,
    Identifier,
    Perhaps,
    Text,
    Time,
    Wire,
    facts,
    identifier_in,
    joined,
    nonsense,
    oldest_first,
    read_many,
    read_one,
    unwrapped,
)
from adapters.vendors.client.quota import Quota, Window
from adapters.vendors.client.responses import Unusable, value_of
from adapters.vendors.client.settings import Base, Credential, Section, Segment
from adapters.vendors.client.sweep import SecondLook, differing, held_open
from bot.errors import AuthFailed, Gone, Rejected, Unavailable
from bot.model import (
    Absent,
    Author,
    Change,
    Conversation,
    Counts,
    Customer,
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

LABEL = "Lightspeed eCom"
PAGE = 250
CLUSTERS = {"us1": "https://api.shoplightspeed.com", "eu1": "https://api.webshopapp.com"}
WINDOWS = (Window(20, 1), Window(300, 300), Window(3_000, 3_600), Window(12_000, 86_400))
CAPABILITIES = VendorCapabilities(verbs=frozenset({Verb.CLOSE, Verb.REOPEN}), page_size=PAGE, quick_poll=10.0)

_UNKNOWN_FOR = 300.0

# ---------------------------------------------------------------- settings


class LightspeedSettings(Section):
    """A Lightspeed store's section: key and secret of an API key made in the back office."""

    api_key: Credential
    api_secret: Credential
    language: Segment = "en"
    cluster: Literal["us1", "eu1"] = "us1"
    base_url: Base | None = None

    @property
    def base(self) -> str:
        """What stands before the documented paths; `base_url` goes before `cluster`."""
        return f"{self.base_url or CLUSTERS[self.cluster]}/{self.language}"


# ---------------------------------------------------------------- the wire


class WireResource(Wire):
    id: Text = None


class WireLink(Wire):
    resource: Annotated[WireResource | None, Perhaps] = None


class WireTicket(Wire):
    id: Identifier
    created_at: Time = Field(default=None, alias="createdAt")
    updated_at: Time = Field(default=None, alias="updatedAt")
    is_answered: Flag = Field(default=None, alias="isAnswered")
    is_closed: Flag = Field(default=None, alias="isClosed")
    is_todo: Flag = Field(default=None, alias="isTodo")
    subject: Text = None
    memo: Text = None
    customer: Annotated[WireLink | None, Perhaps] = None

    @property
    def customer_id(self) -> str | None:
        """Whom to ask for; None: a guest."""
        return (self.customer.resource.id if self.customer and self.customer.resource else None) or None


class WireMessage(Wire):
    id: Identifier
    created_at: Time = Field(default=None, alias="createdAt")
    author: Text = Field(default=None, alias="from")
    message: Text = None


class WireCustomer(Wire):
    email: Text = None
    first_name: Text = Field(default=None, validation_alias=AliasChoices("firstname", "firstName"))
    middle_name: Text = Field(default=None, validation_alias=AliasChoices("middlename", "middleName"))
    last_name: Text = Field(default=None, validation_alias=AliasChoices("lastname", "lastName"))


class WireCount(Wire):
    count: Count = None


class WireError(Wire):
    code: Count = None


# ---------------------------------------------------------------- between wire and model

_AUTHORS = {"customer": Author.CUSTOMER, "shop": Author.STAFF}


def ticket_of(wire: WireTicket, customer: Customer | None = None) -> Ticket:
    """A ticket; its customer stands in another resource. An API reply need not set `isAnswered`: it tells no turn."""
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
    """A message; a writer that is not documented is shown by the word it has."""
    author = _AUTHORS.get((wire.author or "").lower(), Author.UNKNOWN)
    return Message(
        id=MessageId(wire.id),
        author=author,
        author_name=wire.author if author is Author.UNKNOWN else None,
        text=clean(wire.message or ""),
        written_at=wire.created_at,
    )


def customer_of(wire: WireCustomer) -> Customer:
    """Who a customer is."""
    name = one_line(" ".join(filter(None, (wire.first_name, wire.middle_name, wire.last_name))), 100)
    return Customer(name=name or None, email=wire.email or None)


def fingerprint(wire: WireTicket) -> str:
    """The time of update and what a message or a colleague may flip."""
    return joined((wire.updated_at, wire.is_closed, wire.is_answered, wire.is_todo))


def page_of(value: Any) -> Page:
    """A page of the list; there is no total and no word on whether more follow. Raises `Unavailable`."""
    listed = read_many(WireTicket, unwrapped(value, "tickets"), vendor=LABEL)
    return Page(changes=[Change(ticket=ticket_of(wire), fingerprint=fingerprint(wire)) for wire in listed])


def status_within(value: Any) -> int | None:
    """The status in an `error`, with which a 2xx may come (Lightspeed's own PHP client expects it there too)."""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return None
    code = WireError.model_validate(error).code
    return code if code is not None and 400 <= code < 600 else 400


def number(ticket: TicketId) -> int:
    """A ticket's id as the number it is; 0, before all tickets, for one that is none."""
    return int(ticket) if ticket.isascii() and ticket.isdigit() else 0


def with_note(memo: str | None, agent: str, text: str) -> str:
    """A ticket's memo with a note under it; a ticket has only this one text for notes."""
    return "\n".join(filter(None, ((memo or "").strip(), signed(agent, text))))


def has_note(memo: str | None, agent: str, text: str) -> bool:
    """Whether a memo holds a note, wherever in it and however its white space was kept."""
    return comparable(signed(agent, text)) in comparable(memo or "")


def nudge_of(headers: Mapping[str, str], body: bytes) -> Nudge | None:
    """What an unsigned webhook hints at: the ticket in its body, else in its headers; None: it is about no ticket."""
    if headers.get("x-event", "tickets/").partition("/")[0] != "tickets":
        return None
    try:
        value = value_of(body)
    except Unusable:
        return None
    named = identifier_in(unwrapped(value, "ticket")) or headers.get("x-tickets-id") or headers.get("x-ticket-id")
    return Nudge(ticket=TicketId(named) if named else None)


# ---------------------------------------------------------------- the vendor


class Lightspeed:
    """A store at Lightspeed eCom; see `bot.ports.Vendor`. Nothing here ever sends DELETE, which destroys a ticket."""

    capabilities = CAPABILITIES

    def __init__(self, settings: LightspeedSettings, tools: VendorTools) -> None:
        key, secret = settings.api_key.get_secret_value(), settings.api_secret.get_secret_value()
        self._service = Service(
            label=LABEL,
            variable=tools.variable,
            base=settings.base,
            remedy="Look up the API key in the back office and put it into "
            f"{tools.variable('API_KEY')} and {tools.variable('API_SECRET')}; "
            f"{tools.variable('CLUSTER')} and {tools.variable('LANGUAGE')} must be the shop's own.",
            auth=httpx.BasicAuth(key, secret),
            secrets=(key, secret),
            status_within=status_within,
        )
        self._client = VendorClient(self._service, tools, Quota(tools.clock, LABEL, WINDOWS))
        self.now = self._client.their_clock.now
        self._length = PageLength(PAGE, tools.clock)
        self._second_look = SecondLook(tools.clock)
        self._customers: Remembered[Customer] = Remembered(tools.clock)
        self._newest = 0
        self._ascending = True

    async def changes(self, known: Known) -> AsyncIterator[Change | Absent]:
        """
        Read on from the oldest open ticket, or from the newest one where none is open.

        What is older and was closed is looked at in full sweeps only.
        """
        held = await held_open(known)
        start = 0 if known.full else min((number(ticket) - 1 for ticket in held), default=self._newest)
        again = self._second_look.choose(held)
        async with aclosing(self._pages(max(0, start))) as pages:
            async for found in differing(pages, known, held, again):
                yield found

    async def _pages(self, start: int) -> AsyncGenerator[Sequence[Change], None]:
        """
        Every page of the tickets with an id above `start`.

        Where a page ascends, the next one begins after its last ticket, which no shift can disturb; else pages are
        counted.
        """
        since, counted = start, 0

        async def fetch(page: int) -> Page:
            nonlocal since, counted
            if page == 1:
                since, counted = start, 0
            query: dict[str, str | int | list[str]] = {"since_id": since, "limit": PAGE, "page": page - counted}
            found = page_of(await self._client.read_list("tickets.json", query=query))
            ids = [number(change.ticket.id) for change in found.changes]
            self._newest = max([self._newest, *ids])
            self._ascending = self._ascending and ids == sorted(ids)
            if ids and self._ascending:
                since, counted = ids[-1], page
            return found

        async with aclosing(NumberedPages(fetch, self._length).read()) as pages:
            async for changes in pages:
                yield changes

    async def ticket(self, ticket: TicketId) -> Conversation:
        wire = await self._read(ticket)
        messages = await self._messages(ticket)
        self._second_look.learn(wire.updated_at, messages)
        customer = await self._customer(wire.customer_id) if wire.customer_id else Customer()
        return Conversation(ticket=ticket_of(wire, customer), messages=messages)

    async def _read(self, ticket: TicketId) -> WireTicket:
        answer = await self._client.read("tickets", f"{ticket}.json")
        return read_one(WireTicket, unwrapped(answer, "ticket"), vendor=LABEL)

    async def _messages(self, ticket: TicketId) -> tuple[Message, ...]:
        """All messages of a ticket; whether they come in pages is not documented, so a round number is not believed."""

        async def fetch(page: int) -> Part[Message]:
            query: dict[str, str | int | list[str]] = {"limit": PAGE, "page": page}
            answer = await self._client.read("tickets", ticket, "messages.json", query=query)
            wires = read_many(WireMessage, unwrapped(answer, "ticketMessages"), vendor=LABEL)
            return Part(items=[message_of(wire) for wire in wires], last=len(wires) % 50 != 0)

        return oldest_first(await read_parts(fetch, lambda message: message.id))

    async def _customer(self, customer: str) -> Customer:
        """Who it is, as far as this key may know; a card without a name is better than no thread."""
        remembered = self._customers.get(customer)
        if remembered is not None:
            return remembered
        try:
            answer = await self._client.read("customers", f"{customer}.json")
        except (Gone, Rejected, AuthFailed):
            return self._customers.put(customer, Customer())
        except Unavailable:
            return self._customers.put(customer, Customer(), seconds=_UNKNOWN_FOR)
        wire = WireCustomer.model_validate(found if isinstance(found := unwrapped(answer, "customer"), dict) else {})
        return self._customers.put(customer, customer_of(wire))

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        body = {"ticketMessage": {"message": text, "from": "shop"}}
        answer = await self._client.write("POST", "tickets", ticket, "messages.json", body=body, private=text)
        given = identifier_in(unwrapped(answer, "ticketMessage"))
        return MessageId(given) if given else None

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        body = {"ticket": {"isClosed": status is Status.CLOSED}}
        await self._client.write("PUT", "tickets", f"{ticket}.json", body=body, silence=True)

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        """Added to the memo, which is read and written whole: what a colleague writes in that moment may be lost."""
        memo = with_note((await self._read(ticket)).memo, agent, text)
        body = {"ticket": {"memo": memo}}
        await self._client.write("PUT", "tickets", f"{ticket}.json", body=body, private=memo, silence=True)
        return None

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        return has_note((await self._read(ticket)).memo, agent, text)

    def webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
        """Whether and how Lightspeed signs is not documented: the secret in the address is what is verified."""
        del secret
        return nudge_of(headers, body)

    async def counts(self) -> Counts:
        """The total only; Lightspeed counts neither the open nor the closed ones."""
        answer = await self._client.read_list("tickets", "count.json")
        if not isinstance(answer, dict):
            raise nonsense(LABEL)
        return Counts(total=WireCount.model_validate(answer).count)

    async def check(self) -> Finding:
        return await login(self._service, self.counts())

    async def aclose(self) -> None:
        await self._client.aclose()


def build(settings: LightspeedSettings, tools: VendorTools) -> Vendor:
    """A store's vendor; does no network calls."""
    return Lightspeed(settings, tools)


KIND = VendorKind(name="lightspeed", label=LABEL, settings=LightspeedSettings, build=build)
