"""What all practice vendors share: routes, access, quotas, stale reads, lists that change, hostile links."""

from __future__ import annotations

import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar, Generic, Self, TypeVar

import aiohttp
from aiohttp import web

from bot.sandbox.loopback_server import LoopbackServer
from bot.sandbox.vendors.calls import VendorCall, VendorRefusal, VendorResponse
from bot.sandbox.vendors.rate_limits import Quota, QuotaCounter, retry_after_header
from bot.sandbox.vendors.store import PracticeStore, PracticeTicket, VendorBehaviour
from bot.sandbox.vendors.variant import Variant, write_time, write_unset

AnyVariant = TypeVar("AnyVariant", bound=Variant)


@dataclass(frozen=True, slots=True)
class VendorRoute:
    """One route of the API; `path` is a regular expression for the whole path, and `answer` gets its named groups."""

    method: str
    path: str
    answer: Callable[..., VendorResponse]


@dataclass(frozen=True, slots=True)
class _StaleTicket:
    """An old state of a ticket that reads still show: for so many reads, and until that time."""

    ticket: PracticeTicket
    reads: int
    until: datetime


class PracticeVendor(ABC, Generic[AnyVariant]):
    """
    One vendor's HTTP API on 127.0.0.1, for one store.

    Args:
        variant: How it behaves where the documentation leaves something open; None: the first of `variants()`.
        quotas: Used instead of the documented ones or the variant's; empty: any number of requests.

    Attributes:
        http_server: Where it listens; tests use its `faults` and `seen`.
        trap: Another host, to which a hostile variant points; no request with credentials may come here.
        shifts_left: How often the list still changes between two pages.
        destroyed: The tickets that a `DELETE` has destroyed, if the vendor has such a call.
    """

    vendor: ClassVar[str]
    documented_quotas: ClassVar[tuple[Quota, ...]] = ()

    def __init__(
        self,
        store: PracticeStore,
        variant: AnyVariant | None = None,
        *,
        port: int = 0,
        quotas: Sequence[Quota] | None = None,
    ) -> None:
        self.store = store
        self.variant: AnyVariant = variant if variant is not None else self.variants()[0]
        self.http_server = LoopbackServer([web.route("*", "/{tail:.*}", self._handle)], port=port)
        self.trap = LoopbackServer([web.route("*", "/{tail:.*}", _trapped)])
        self.shifts_left = 1 if self.variant.shift else 0
        own = (self.variant.quota,) if self.variant.quota else self.documented_quotas
        self.meter = QuotaCounter(own if quotas is None else quotas, store.now)
        self._routes = tuple(self.routes())
        self._stale: dict[str, _StaleTicket] = {}
        self._listed: tuple[str, ...] = ()
        self._people: dict[str, int] = {}
        self.destroyed: list[str] = []
        store.adopt(self.behaviour())

    async def start(self) -> None:
        """Listen."""
        await self.http_server.start()
        if self.variant.hostile:
            await self.trap.start()

    async def stop(self) -> None:
        """Stop listening; the store keeps its tickets."""
        await self.http_server.stop()
        await self.trap.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        """The value for `STORES__<NAME>__BASE_URL`; known once started."""
        return f"http://{self.http_server.address}"

    @property
    @abstractmethod
    def settings(self) -> dict[str, str]:
        """The other variables of the store's section that this vendor needs, by their last part: `API_KEY`."""

    def environment(self, name: str) -> dict[str, str]:
        """All `STORES__<NAME>__…` variables that the connection needs; known once started."""
        variables = {"VENDOR": self.vendor, "BASE_URL": self.base_url, **self.settings}
        return {f"STORES__{name.upper()}__{key}": value for key, value in variables.items()}

    # ------------------------------------------------------------ what each vendor defines

    @classmethod
    @abstractmethod
    def variants(cls) -> tuple[AnyVariant, ...]:
        """All variants: the simplest one first, then one for each open question; hostile ones last."""

    @abstractmethod
    def behaviour(self) -> VendorBehaviour: ...

    @abstractmethod
    def routes(self) -> Iterable[VendorRoute]: ...

    @abstractmethod
    def check_access(self, call: VendorCall) -> None:
        """Raise `VendorRefusal` if the credentials or the headers are wrong."""

    @abstractmethod
    def refusal(self, refusal: VendorRefusal, call: VendorCall) -> VendorResponse:
        """The refusal in this vendor's form."""

    def throttle(self, wait: float) -> VendorRefusal:
        """The refusal if a quota is used up for `wait` seconds."""
        headers = retry_after_header(wait, self.variant.retry_after, self.store.now())
        return VendorRefusal(429, "Too many requests.", headers=headers)

    def every_header(self) -> Mapping[str, str]:
        """The headers of every answer."""
        return {}

    # ------------------------------------------------------------ one call

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = VendorCall(
            method=request.method,
            path=request.path,
            queries=tuple(request.query.items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        if self.variant.redirects:
            return web.Response(status=307, headers={"Location": f"{self._elsewhere}{request.path_qs}"})
        try:
            reply = self._answer(call)
        except VendorRefusal as refusal:
            reply = self.refusal(refusal, call)
        return self._response(reply)

    def _answer(self, call: VendorCall) -> VendorResponse:
        fitting = [(route, match) for route in self._routes if (match := re.fullmatch(route.path, call.path))]
        if not fitting:
            raise VendorRefusal(404, "There is nothing here.")
        self.check_access(call)
        wait = self.meter.take()
        if wait is not None:
            raise self.throttle(wait)
        for route, match in fitting:
            if route.method == call.method:
                return route.answer(call, **match.groupdict())
        allowed = ", ".join(sorted({route.method for route, _match in fitting}))
        raise VendorRefusal(405, f"The {call.method} method is not allowed here.", headers={"Allow": allowed})

    def _response(self, reply: VendorResponse) -> web.Response:
        date = format_datetime(self.store.now(), usegmt=True)
        headers = {"Date": date, **self.every_header(), **reply.headers}
        if reply.text is None and reply.body is None and reply.status == 204:
            return web.Response(status=204, headers=headers)
        text = json.dumps(reply.body) if reply.text is None else reply.text
        body = text if isinstance(text, bytes) else text.encode()
        charset = None if isinstance(text, bytes) else "utf-8"
        return web.Response(
            status=reply.status, headers=headers, body=body, content_type=reply.content_type, charset=charset
        )

    # ------------------------------------------------------------ what calls read

    def existing(self, ticket: str) -> PracticeTicket:
        """The ticket as it is. Raises `VendorRefusal` 404 if there is none."""
        try:
            return self.store.ticket(ticket)
        except KeyError:
            raise VendorRefusal(404, "There is no such ticket.") from None

    def see(self, ticket: str) -> PracticeTicket:
        """The ticket as one read shows it, perhaps an old state. Raises `VendorRefusal` 404 if there is none."""
        now = self.existing(ticket)
        stale = self._stale.get(ticket)
        if stale is None:
            return now
        if stale.reads <= 0 and self.store.now() >= stale.until:
            del self._stale[ticket]
            return now
        self._stale[ticket] = _StaleTicket(stale.ticket, stale.reads - 1, stale.until)
        return stale.ticket

    def see_all(self) -> list[PracticeTicket]:
        """All tickets as one read of the list shows them, in the variant's order."""
        return self.in_order([self.see(ticket.id) for ticket in self.store.tickets()])

    def in_order(self, tickets: Iterable[PracticeTicket]) -> list[PracticeTicket]:
        """The tickets in the variant's order."""
        return sorted(tickets, key=self.sort_key)

    def sort_key(self, ticket: PracticeTicket) -> tuple[float | str, ...]:
        """The key of the variant's order: tickets with smaller keys come first."""
        match self.variant.order:
            case "ascending":
                return (ticket.number,)
            case "descending":
                return (-ticket.number,)
            case "recent":
                return (-ticket.updated_at.timestamp(), -ticket.number)
            case "scattered":
                return (hashlib.sha256(ticket.id.encode()).hexdigest(),)

    def reply_by_api(self, ticket: str, text: str, **rest: Any) -> str:
        """Add a reply that came through the API; reads may show it only later. Returns the message's id."""
        before = self.store.ticket(ticket)
        message = self.store.staff_replies(ticket, text, by_api=True, **rest)
        if self.variant.lag_reads or self.variant.lag_seconds:
            until = self.store.now() + timedelta(seconds=self.variant.lag_seconds)
            self._stale[ticket] = _StaleTicket(before, self.variant.lag_reads, until)
        return message

    def before_page(self, *, first: bool) -> None:
        """Call this before a list page is made: between two pages the variant may change the list."""
        if first or self.shifts_left <= 0:
            return
        self.shifts_left -= 1
        if self.variant.shift == "insert":
            self.store.customer_writes("Just came in", "While you were reading the list", email="late@example.com")
            return
        open_ones = [ticket.id for ticket in self.store.tickets() if not ticket.closed and ticket.id in self._listed]
        if open_ones:
            self.store.close(open_ones[0])

    def listed(self, tickets: Iterable[PracticeTicket]) -> None:
        """Remember what the last list page showed."""
        self._listed = tuple(ticket.id for ticket in tickets)

    def follows(self, ticket: str) -> bool:
        """Whether this ticket was the last one on the last list page."""
        return self._listed[-1:] == (ticket,)

    def updated(self, ticket: PracticeTicket) -> datetime:
        """When the ticket was last updated, in this variant's sense."""
        return ticket.updated_at if self.variant.customer_touches else ticket.handled_at

    def write_time(self, moment: datetime | None) -> str | None:
        """A time as this variant writes it."""
        return None if moment is None else write_time(moment, self.variant.stamp)

    def write_object(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The object, with unset values as this variant writes them."""
        return write_unset(value, self.variant.unset)

    def person_number(self, email: str) -> int:
        """The vendor's number for the person with this address."""
        return self._people.setdefault(email, 1_118_417 + len(self._people))

    # ------------------------------------------------------------ other hosts

    @property
    def _elsewhere(self) -> str:
        return f"http://localhost:{self.trap.port}"

    @property
    def links(self) -> str:
        """The host of links in answers: this one, or the trap in a hostile variant."""
        return self._elsewhere if self.variant.foreign_links else self.base_url

    async def post_hook(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a webhook once. Returns the status of the answer."""
        async with aiohttp.ClientSession() as session:
            wanted = {"Content-Type": "application/json", **headers}
            async with session.post(url, data=body, headers=wanted, allow_redirects=False) as response:
                return response.status


async def _trapped(_request: web.Request) -> web.StreamResponse:
    return web.json_response({})
