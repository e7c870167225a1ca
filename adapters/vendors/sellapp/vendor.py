"""A store at SellApp."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

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
    oldest_first,
    read_many,
    read_one,
    unwrapped,
)
from adapters.vendors.client.quota import Quota
from adapters.vendors.client.responses import Unusable, value_of
from adapters.vendors.client.settings import Base, Credential, Section, Segment
from adapters.vendors.client.sweep import SecondLook, differing, held_open
from bot.errors import AuthFailed, Gone, RemoteError, Uncertain, Unsupported
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
from bot.text import clean

LABEL = "SellApp"
PAGE = 100
CAPABILITIES = VendorCapabilities(verbs=frozenset({Verb.CLOSE, Verb.REOPEN}), page_size=PAGE)

_KEY_LIVES = 600.0

# ---------------------------------------------------------------- settings


class SellappSettings(Section):
    """
    A SellApp store's section: an API token, made at sell.app/user/api-tokens with the ability for tickets.

    Attributes:
        store_id: The store's slug, `bob` for bob.sell.app; None: the first store of the account.
    """

    api_key: Credential
    store_id: Segment | None = None
    base_url: Base = "https://sell.app/api"


# ---------------------------------------------------------------- the wire


class WireCustomer(Wire):
    email: Text = None


class WireReference(Wire):
    type: Text = None
    id: Text = None


class WireTicket(Wire):
    """A ticket of `/v1`, and what `/v2` has besides; `reference` is `[]` where there is none."""

    id: Identifier
    title: Text = None
    status: Text = None
    customer: Annotated[WireCustomer | None, Perhaps] = None
    reference: Annotated[WireReference | None, Perhaps] = None
    created_at: Time = None
    updated_at: Time = None
    archived: Flag = None
    order_id: Text = None
    reason: Text = None
    message_count: Count = None


class WireMessage(Wire):
    id: Identifier
    author: Text = None
    sender: Text = None
    content: Text = None
    created_at: Time = None


class WireMeta(Wire):
    last_page: Count = None
    total: Count = None


class WireList(Wire):
    """What stands around a list; documented, but nothing of it is in the documentation's examples."""

    links: Annotated[dict[str, Any] | None, Perhaps] = None
    meta: Annotated[WireMeta | None, Perhaps] = None

    @property
    def total(self) -> int | None:
        """How many there are; None: it does not say."""
        return self.meta.total if self.meta else None

    @property
    def pages(self) -> int | None:
        """How many pages there are; None: it does not say."""
        return self.meta.last_page if self.meta else None

    @property
    def last(self) -> bool | None:
        """Whether the links name no next page; None: there are none. Where one leads to is never looked at."""
        return self.links["next"] is None if self.links and "next" in self.links else None


class WireEvent(Wire):
    ticket_id: Text = None


# ---------------------------------------------------------------- between wire and model

_STATUS = {"open": Status.OPEN, "closed": Status.CLOSED}
_AUTHORS = {"customer": Author.CUSTOMER, "store": Author.STAFF}


def ticket_of(wire: WireTicket, messages: tuple[Message, ...] = ()) -> Ticket:
    """A ticket; a word for its status that is not documented means that it is not closed."""
    email = (wire.customer.email if wire.customer else None) or None
    names = (message.author_name for message in messages if message.author is Author.CUSTOMER)
    name = next((name for name in names if name and "@" not in name), None)
    return Ticket(
        id=TicketId(wire.id),
        subject=clean(wire.title) if wire.title is not None else None,
        status=_STATUS.get(wire.status.lower(), Status.OPEN) if wire.status else None,
        status_word=wire.status or None,
        customer=Customer(name=name, email=email),
        facts=facts(*_context(wire)) or None,
        created_at=wire.created_at,
        updated_at=wire.updated_at,
    )


def _context(wire: WireTicket) -> tuple[tuple[str, str | None], ...]:
    reference = wire.reference or WireReference()
    order = wire.order_id or (reference.id if reference.type == "order" else None)
    product = reference.id if reference.type == "product" else None
    archived = "yes" if wire.archived else None
    return (("Order", order), ("Product", product), ("Reason", wire.reason), ("Archived", archived))


def message_of(wire: WireMessage) -> Message:
    """A message; an API reply has no sender, and an author that is not documented is shown by the word it has."""
    author = _AUTHORS.get((wire.author or "").lower(), Author.UNKNOWN)
    return Message(
        id=MessageId(wire.id),
        author=author,
        author_name=wire.sender or (wire.author if author is Author.UNKNOWN else None) or None,
        text=clean(wire.content or ""),
        written_at=wire.created_at,
    )


def fingerprint(wire: WireTicket) -> str:
    """Status, time of update, and what else may tell; who read a ticket changes nothing."""
    return joined((wire.status, wire.updated_at, wire.archived, wire.message_count))


def around_of(value: Any) -> WireList:
    """What stands around a list; an empty one where the list comes bare."""
    return WireList.model_validate(value if isinstance(value, dict) else {})


def page_of(value: Any) -> Page:
    """A page of the list. Raises `Unavailable`."""
    wires = read_many(WireTicket, unwrapped(value, "data"), vendor=LABEL)
    around = around_of(value)
    return Page(
        changes=[Change(ticket=ticket_of(wire), fingerprint=fingerprint(wire)) for wire in wires],
        total=around.total,
        pages=around.pages,
        last=around.last,
    )


def nudge_of(headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
    """
    What a webhook hints at; None: its signature is wrong, or it is not about a ticket.

    `signature` is the body's HMAC-SHA256 in hex. It is documented for one kind of webhook only, so one that is missing
    is taken: the secret in the address was right, and a hint is all it is.
    """
    given = headers.get("signature")
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if given is not None and not hmac.compare_digest(given.strip().lower().encode(), wanted.encode()):
        return None
    try:
        value = value_of(body)
    except Unusable:
        return None
    if not isinstance(value, dict) or not str(value.get("event", "")).startswith("ticket"):
        return None
    data = value.get("data")
    ticket = WireEvent.model_validate(data if isinstance(data, dict) else {}).ticket_id
    return Nudge(ticket=TicketId(ticket) if ticket else None)


# ---------------------------------------------------------------- the vendor


class Sellapp:
    """A store at SellApp; see `bot.ports.Vendor`. Its quota is not documented and is felt out."""

    capabilities = CAPABILITIES

    def __init__(self, settings: SellappSettings, tools: VendorTools) -> None:
        key = settings.api_key.get_secret_value()
        store = {"X-STORE": settings.store_id} if settings.store_id else {}
        self._service = Service(
            label=LABEL,
            variable=tools.variable,
            base=settings.base_url,
            remedy="Make a token with the ability for tickets at sell.app/user/api-tokens and put it into "
            f"{tools.variable('API_KEY')}; {tools.variable('STORE_ID')} must be the store's slug.",
            headers={"Authorization": f"Bearer {key}", **store},
            secrets=(key,),
        )
        self._clock = tools.clock
        self._client = VendorClient(self._service, tools, Quota(tools.clock, LABEL))
        self.now = self._client.their_clock.now
        self._length = PageLength(PAGE, tools.clock)
        self._second_look = SecondLook(tools.clock)
        self._keys: Remembered[str] = Remembered(tools.clock, seconds=_KEY_LIVES)

    async def changes(self, known: Known) -> AsyncIterator[Change | Absent]:
        """Reads every page: nothing documented narrows or orders this list."""
        held = await held_open(known)
        again = self._second_look.choose(held)

        async def fetch(number: int) -> Page:
            return page_of(await self._client.read_list("v1", "tickets", query={"limit": PAGE, "page": number}))

        async with aclosing(NumberedPages(fetch, self._length).read()) as pages:
            async for found in differing(pages, known, held, again):
                yield found

    async def ticket(self, ticket: TicketId) -> Conversation:
        wire = await self._read(ticket)
        messages = await self._messages(ticket)
        self._second_look.learn(wire.updated_at, messages)
        return Conversation(ticket=ticket_of(wire, messages), messages=messages)

    async def _read(self, ticket: TicketId) -> WireTicket:
        return read_one(WireTicket, unwrapped(await self._client.read("v1", "tickets", ticket), "data"), vendor=LABEL)

    async def _messages(self, ticket: TicketId) -> tuple[Message, ...]:
        async def fetch(page: int) -> Part[Message]:
            query = {"limit": PAGE, "page": page}
            answer = await self._client.read("v1", "tickets", ticket, "messages", query=query)
            wires = read_many(WireMessage, unwrapped(answer, "data"), vendor=LABEL)
            around = around_of(answer)
            last = around.last if around.pages is None else page >= around.pages
            return Part(items=[message_of(wire) for wire in wires], last=last)

        return oldest_first(await read_parts(fetch, lambda message: message.id))

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        answer = await self._client.write(
            "POST", "v1", "tickets", ticket, "messages", body={"content": text}, private=text
        )
        given = identifier_in(unwrapped(answer, "data"))
        return MessageId(given) if given else None

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        """
        Raises `Unsupported` for an account without `/v2`.

        A change whose answer was lost is tried again with the same `Idempotency-Key`, as SellApp asks.
        """
        intent, other = (f"{ticket} {wanted}" for wanted in (status, *set(Status) - {status}))
        self._keys.forget(other)
        key = self._keys.get(intent) or str(uuid5(NAMESPACE_URL, f"{intent} {self._clock.now().isoformat()}"))
        body, headers = {"status": status.name}, {"Idempotency-Key": key}
        try:
            await self._client.write("PATCH", "v2", "tickets", ticket, body=body, headers=headers, silence=True)
        except Uncertain:
            self._keys.put(intent, key)
            raise
        except (Gone, AuthFailed) as error:
            await self._explain(ticket, error)
        self._keys.forget(intent)

    async def _explain(self, ticket: TicketId, error: RemoteError) -> None:
        """`/v2` says that it knows no such ticket, or us: where `/v1` knows both, the account has no `/v2`."""
        try:
            await self._read(ticket)
        except (Gone, AuthFailed):
            raise error from None
        raise Unsupported(
            "This SellApp account has no v2 API, without which a ticket can be neither closed nor reopened from here. "
            "Do it in SellApp's dashboard."
        ) from error

    def webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
        return nudge_of(headers, body, secret)

    async def counts(self) -> Counts:
        """The total only, where the list tells it."""
        answer = await self._client.read_list("v1", "tickets", query={"limit": 1, "page": 1})
        return Counts(total=around_of(answer).total)

    async def check(self) -> Finding:
        return await login(self._service, self.counts())

    async def aclose(self) -> None:
        await self._client.aclose()


def build(settings: SellappSettings, tools: VendorTools) -> Vendor:
    """A store's vendor; does no network calls."""
    return Sellapp(settings, tools)


KIND = VendorKind(name="sellapp", label=LABEL, settings=SellappSettings, build=build)
