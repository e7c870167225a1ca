"""One store at a practice vendor, the adapter that talks to it, and a ledger that remembers like the core does."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.vendors import lightspeed, nextcommerce, sellapp, sellgate, sellsn
from adapters.vendors.client.transport import AiohttpTransport
from bot.errors import Gone, RateLimited
from bot.model import Absent, Change, LookedThrough, Nameless, Status, Ticket, TicketId
from bot.ports import Vendor, VendorKind, VendorTools
from bot.sandbox.loopback_server import Exchange
from bot.sandbox.vendors import VENDORS, PracticeStore, PracticeVendor
from bot.sandbox.vendors.variant import Variant
from tests.support.clocks import ManualClock
from tests.support.openapi.nextcommerce import check_request
from tests.support.vendors.listings import LISTINGS

# One for all, as in the bridge: making it takes longer than most of these tests.
_CERTIFICATES = ssl.create_default_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """
    A vendor under test.

    Attributes:
        listing: A regular expression for the paths of list requests.
        many: So many open tickets need more than one page.
        settings: What an operator would set for this reading of the documentation.
        names_staff: Whether the API tells that a colleague who wrote at the vendor's is staff.
        check: Holds every request against the vendor's own description of its API.
        lacks: Whether this reading of the documentation has no way to close and reopen.
    """

    kind: VendorKind
    listing: str
    many: int
    settings: Callable[[Any], dict[str, str]] = lambda _variant: {}
    names_staff: bool = True
    lacks: Callable[[Any], bool] = lambda _variant: False
    check: Callable[[Exchange], None] | None = None

    @property
    def practice(self) -> type[PracticeVendor[Any]]:
        return VENDORS[self.kind.name]


SUBJECTS = (
    Subject(kind=sellgate.KIND, listing=LISTINGS["sellgate"], many=110),
    Subject(kind=lightspeed.KIND, listing=LISTINGS["lightspeed"], many=255),
    Subject(
        kind=sellsn.KIND,
        listing=LISTINGS["sellsn"],
        many=110,
        settings=lambda variant: {"closed_statuses": str(variant.statuses[2])},
        names_staff=False,
    ),
    Subject(kind=sellapp.KIND, listing=LISTINGS["sellapp"], many=110, lacks=lambda variant: variant.v2 != "there"),
    Subject(kind=nextcommerce.KIND, listing=LISTINGS["nextcommerce"], many=50, check=check_request),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A vendor under one reading of its documentation."""

    subject: Subject
    variant: Variant

    def __str__(self) -> str:
        return f"{self.subject.kind.name}: {self.variant.name}"


CASES = tuple(Case(subject, variant) for subject in SUBJECTS for variant in subject.practice.variants())
FRIENDLY = tuple(case for case in CASES if not case.variant.hostile)
HOSTILE = tuple(case for case in CASES if case.variant.hostile)
PLAIN = tuple(Case(subject, subject.practice.variants()[0]) for subject in SUBJECTS)


def readings(turn: int, of: int = 4) -> pytest.MarkDecorator:
    """
    Cases for a test: each vendor's documentation as it stands, and a part of its other readings; the rest in `soak`.

    Args:
        turn: Which part; tests one after the other take one part after the other, so that each reading meets each
            fourth of them.
        of: How many parts there are.
    """
    cases = [
        pytest.param(case, marks=[pytest.mark.soak] if number % of != turn % of and case not in PLAIN else [])
        for number, case in enumerate(FRIENDLY)
    ]
    return pytest.mark.parametrize("case", cases, ids=str)


@dataclass(slots=True)
class Ledger:
    """What the core would know of the store; `bot.ports.Known`."""

    full: bool = False
    known: dict[TicketId, str] = field(default_factory=dict)
    open: set[TicketId] = field(default_factory=set)

    async def fingerprints(self, ids: Collection[TicketId]) -> Mapping[TicketId, str]:
        return {ticket: self.known[ticket] for ticket in ids if ticket in self.known}

    async def follows(self, _ticket: Ticket) -> bool:
        return True

    async def open_ids(self) -> Sequence[TicketId]:
        return list(self.open)

    def record(self, change: Change) -> None:
        self.known[change.ticket.id] = change.fingerprint
        if change.ticket.status is Status.CLOSED:
            self.open.discard(change.ticket.id)
        else:
            self.open.add(change.ticket.id)


@dataclass(slots=True)
class World:
    """Everything a contract is about."""

    subject: Subject
    variant: Variant
    store: PracticeStore
    server: PracticeVendor[Any]
    vendor: Vendor
    clock: ManualClock
    ledger: Ledger = field(default_factory=Ledger)
    looked_through: int = 0

    async def sweep(self, *, full: bool = False) -> list[Change | Absent | Nameless]:
        """A pass, recorded as the core records it, and again after the time a vendor asks for."""
        for _ in range(10):
            try:
                return await self.sweep_once(full=full)
            except RateLimited as limited:
                await self.clock.sleep(limited.retry_after or 0.0)
        raise AssertionError("a sweep never gets through this vendor's limit")

    async def sweep_once(self, *, full: bool = False) -> list[Change | Absent | Nameless]:
        """One pass, whatever becomes of it."""
        self.ledger.full = full
        found: list[Change | Absent | Nameless] = []
        async for item in self.vendor.changes(self.ledger):
            if isinstance(item, LookedThrough):
                self.looked_through += 1
                continue
            found.append(item)
            if isinstance(item, Change):
                self.ledger.record(item)
        return found

    async def settle(self) -> None:
        """First contact, then whatever a shifting list had hidden; what is absent is asked for."""
        await self.sweep(full=True)
        for _ in range(5):
            found = await self.sweep()
            for ticket in absent(found):
                await self.ask_for(ticket)
            if not found:
                return
        raise AssertionError("a sweep of an unchanged store goes on yielding")

    async def ask_for(self, ticket: TicketId) -> None:
        """Ask for a ticket that the list does not show; what the list said of it is no longer true."""
        self.ledger.known.pop(ticket, None)
        try:
            conversation = await self.vendor.ticket(ticket)
        except Gone:
            self.ledger.open.discard(ticket)
            return
        if conversation.ticket.status is Status.CLOSED:
            self.ledger.open.discard(ticket)

    async def eventually(self, condition: Callable[[], Awaitable[bool]]) -> bool:
        """Whether the condition holds within some fifty looks, a quarter of a second apart."""
        for _ in range(50):
            if await condition():
                return True
            await self.clock.sleep(0.25)
        return False

    def write(self, count: int) -> list[TicketId]:
        """So many customers open a ticket each, a minute apart."""
        made = []
        for number in range(count):
            self.clock.advance(60.0)
            made.append(TicketId(self.store.customer_writes(f"Ticket {number}", f"Text {number}")))
        return made

    def requests(self) -> int:
        """How many requests have come so far."""
        return len(self.server.http_server.seen)

    def doctored(self, change: Callable[[Any], Any]) -> str:
        """The first answer with something done to it."""
        return json.dumps(change(self.server.http_server.seen[0].answer))


@asynccontextmanager
async def world(case: Case, **settings: str) -> AsyncIterator[World]:
    """A practice server on loopback with no quota but the documented ones, and the adapter before it."""
    clock = ManualClock()
    store = PracticeStore(clock.now)
    server = case.subject.practice(store, case.variant)
    if case.subject.check is not None and not case.variant.hostile:
        server.http_server.observers.append(case.subject.check)
    async with server:
        section = {name.lower(): value for name, value in server.settings.items()}
        section |= {"base_url": server.base_url, **case.subject.settings(case.variant), **settings}
        tools = VendorTools(
            transport=lambda: AiohttpTransport(_CERTIFICATES, connections=10), clock=clock, store="main"
        )
        kind = case.subject.kind
        vendor = kind.build(kind.settings.model_validate(section), tools)
        try:
            yield World(case.subject, case.variant, store, server, vendor, clock)
            assert not server.http_server.observer_errors
        finally:
            await vendor.aclose()


def ids(found: Sequence[Change | Absent | Nameless]) -> list[TicketId]:
    """The tickets of the changes."""
    return [item.ticket.id for item in found if isinstance(item, Change)]


def absent(found: Sequence[Change | Absent | Nameless]) -> list[TicketId]:
    """The tickets that were not there."""
    return [item.id for item in found if isinstance(item, Absent)]
