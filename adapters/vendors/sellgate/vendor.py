"""A store at Sellgate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from pydantic import Field

from adapters.vendors.client.http import Service, VendorClient, login
from adapters.vendors.client.paging import NumberedPages, Page, PageLength
from adapters.vendors.client.parsing import (
    Count,
    Flag,
    Identifier,
    Perhaps,
    PerhapsMany,
    Text,
    Time,
    Wire,
    facts,
    identifier_in,
    joined,
    money,
    nonsense,
    oldest_first,
    read_many,
    read_one,
    unwrapped,
)
from adapters.vendors.client.quota import Quota
from adapters.vendors.client.settings import Base, Credential, Section
from adapters.vendors.client.sweep import differing, held_open
from bot.model import (
    Absent,
    Author,
    Awaiting,
    Change,
    Conversation,
    Counts,
    Customer,
    Fact,
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

LABEL = "Sellgate"
PAGE = 100
CAPABILITIES = VendorCapabilities(verbs=frozenset({Verb.CLOSE, Verb.REOPEN}), page_size=PAGE, lists_open=True)

# ---------------------------------------------------------------- settings


class SellgateSettings(Section):
    """A Sellgate store's section: a key, shown under Settings → API in Sellgate's dashboard."""

    api_key: Credential
    base_url: Base = "https://api.sellgate.cc"


# ---------------------------------------------------------------- the wire


class WireMessage(Wire):
    id: Identifier
    sender: Text = None
    message: Text = None
    created_at: Time = None


class WireTicket(Wire):
    """A ticket in a list or by itself; the documented example of the latter lacks half of the fields."""

    id: Identifier
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
    messages: Annotated[list[WireMessage] | None, PerhapsMany] = None


class WireStats(Wire):
    total: Count = None
    open: Count = None
    closed: Count = None
    needs_response: Count = Field(default=None, alias="needsResponse")


class WireMeta(Wire):
    total: Count = None


class WireList(Wire):
    stats: Annotated[WireStats | None, Perhaps] = None
    meta: Annotated[WireMeta | None, Perhaps] = None


# ---------------------------------------------------------------- between wire and model

_STATUS = {"open": Status.OPEN, "closed": Status.CLOSED}
_AUTHORS = {"customer": Author.CUSTOMER, "seller": Author.STAFF, "owner": Author.STAFF}
_AWAITING = {"owner": Awaiting.US, "seller": Awaiting.US, "customer": Awaiting.CUSTOMER}


def ticket_of(wire: WireTicket) -> Ticket:
    """A ticket; a word for its status that is not documented means that it is not closed."""
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
    """Money and context; None where the answer has none of these fields."""
    found = facts(
        ("Order", wire.order_id),
        ("Invoice", wire.invoice_id),
        ("Product", wire.product_name),
        ("Amount", money(wire.order_amount, wire.order_currency)),
    )
    return found or None


def message_of(wire: WireMessage) -> Message:
    """A message; a sender that is not documented is shown by the word it has."""
    author = _AUTHORS.get((wire.sender or "").lower(), Author.UNKNOWN)
    return Message(
        id=MessageId(wire.id),
        author=author,
        author_name=wire.sender if author is Author.UNKNOWN else None,
        text=clean(wire.message or ""),
        written_at=wire.created_at,
    )


def fingerprint(wire: WireTicket) -> str:
    """Status, time of update and number of messages; where one of them is missing, all else that tells of a change."""
    parts: list[object] = [wire.status, wire.updated_at, wire.message_count]
    if None in parts:
        parts += [wire.awaiting_response_from, wire.has_owner_reply, wire.closed_at]
    return joined(parts)


def page_of(value: Any, *, narrowed: bool) -> Page:
    """A page of the list. Raises `Unavailable`."""
    listed = read_many(WireTicket, unwrapped(value, "data"), vendor=LABEL)
    changes = [Change(ticket=ticket_of(wire), fingerprint=fingerprint(wire)) for wire in listed]
    around = read_one(WireList, value if isinstance(value, dict) else {}, vendor=LABEL)
    return Page(changes=changes, total=credible_total(around, narrowed=narrowed))


def credible_total(around: WireList, *, narrowed: bool) -> int | None:
    """
    How many tickets the list has.

    Whether `stats` and `meta.total` follow the filter is not documented: `stats.open` is the same either way, and
    `meta.total` is taken to agree with it where it repeats one of the figures beside it.
    """
    stats, total = around.stats or WireStats(), (around.meta or WireMeta()).total
    counted = stats.open if narrowed else stats.total
    if counted is None or total is None:
        return total if counted is None else counted
    return counted if total in (counted, stats.total) else None


def counts_of(value: Any) -> Counts:
    """The aggregate of an unfiltered list. Raises `Unavailable`."""
    stats = read_one(WireList, value, vendor=LABEL).stats
    if stats is None:
        raise nonsense(LABEL)
    return Counts(total=stats.total, open=stats.open, closed=stats.closed, waiting_for_us=stats.needs_response)


def reply_id(value: Any, ticket: TicketId, text: str) -> MessageId | None:
    """
    The id of a reply in whatever its request answered: the message, the whole ticket, or the id alone.

    What a reply answers is not documented; None where the answer does not certainly name it.
    """
    found = unwrapped(unwrapped(value, "data"), "message")
    if not isinstance(found, dict):
        return None
    if isinstance(found.get("messages"), list):
        said = [part for part in found["messages"] if isinstance(part, dict) and identifier_in(part)]
        messages = oldest_first(message_of(WireMessage.model_validate(part)) for part in said)
        ours = [message for message in messages if message.author is not Author.CUSTOMER]
        return ours[-1].id if ours and comparable(ours[-1].text) == comparable(text) else None
    given = identifier_in(found)
    return MessageId(given) if given and given != ticket and "subject" not in found else None


# ---------------------------------------------------------------- the vendor


class Sellgate:
    """A store at Sellgate; see `bot.ports.Vendor`. Its quota is not documented and is felt out."""

    capabilities = CAPABILITIES

    def __init__(self, settings: SellgateSettings, tools: VendorTools) -> None:
        key = settings.api_key.get_secret_value()
        self._service = Service(
            label=LABEL,
            variable=tools.variable,
            base=settings.base_url,
            remedy="Make a key in Sellgate's dashboard under Settings → API and put it into "
            f"{tools.variable('API_KEY')}.",
            headers={"Authorization": f"Bearer {key}"},
            secrets=(key,),
        )
        self._client = VendorClient(self._service, tools, Quota(tools.clock, LABEL))
        self.now = self._client.their_clock.now
        self._length = PageLength(PAGE, tools.clock)

    async def changes(self, known: Known) -> AsyncIterator[Change | Absent]:
        held = await held_open(known)

        async def fetch(number: int) -> Page:
            narrowed = {} if known.full else {"status": "open"}
            query: dict[str, str | int | list[str]] = {"page": number, "limit": PAGE, **narrowed}
            return page_of(await self._client.read_list("v1", "tickets", query=query), narrowed=not known.full)

        async with aclosing(NumberedPages(fetch, self._length).read()) as pages:
            async for found in differing(pages, known, held):
                yield found

    async def ticket(self, ticket: TicketId) -> Conversation:
        value = unwrapped(await self._client.read("v1", "tickets", ticket), "data")
        wire = read_one(WireTicket, value, vendor=LABEL)
        if "messages" not in wire.model_fields_set:
            raise nonsense(LABEL)
        return Conversation(ticket=ticket_of(wire), messages=oldest_first(map(message_of, wire.messages or ())))

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        answer = await self._client.write(
            "POST", "v1", "tickets", ticket, body={"message": text}, private=text, silence=True
        )
        return reply_id(answer, ticket, text)

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        await self._client.write("PATCH", "v1", "tickets", ticket, body={"status": status.value}, silence=True)

    async def counts(self) -> Counts:
        return counts_of(await self._client.read_list("v1", "tickets", query={"page": 1, "limit": 1}))

    async def check(self) -> Finding:
        return await login(self._service, self.counts())

    async def aclose(self) -> None:
        await self._client.aclose()


def build(settings: SellgateSettings, tools: VendorTools) -> Vendor:
    """A store's vendor; does no network calls."""
    return Sellgate(settings, tools)


KIND = VendorKind(name="sellgate", label=LABEL, settings=SellgateSettings, build=build)
