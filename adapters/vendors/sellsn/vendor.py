"""A store at SellSN, as `bot.ports.Vendor`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any

from adapters.vendors.client.bodies import BodyDigest
from adapters.vendors.client.caching import ExpiringCache
from adapters.vendors.client.http import TooLarge, VendorClient
from adapters.vendors.client.large_answers import beside_others
from adapters.vendors.client.login import check_login
from adapters.vendors.client.paging import Page, PageLength, PageNumbering
from adapters.vendors.client.parsing import not_understood
from adapters.vendors.client.rate_limits import Quota
from adapters.vendors.client.responses import LARGEST_BODY, no_address
from adapters.vendors.client.service import Service
from adapters.vendors.client.smaller_pages import BEGINNING, Listing, SmallerPages, beginning_of
from adapters.vendors.client.sweep import changed_tickets, open_tickets, whole_or_bare
from adapters.vendors.client.unchanged_pages import TicketsOfPage, UnchangedPages
from adapters.vendors.client.unfiltered_lists import UnfilteredList
from adapters.vendors.sellsn.capabilities import CAPABILITIES, LABEL
from adapters.vendors.sellsn.people import StaffNames
from adapters.vendors.sellsn.reading import (
    WireTicket,
    error_status,
    messages_of,
    new_message_id,
    one_ticket,
    page_of,
    ticket_of,
)
from adapters.vendors.sellsn.settings import SellsnSettings
from bot.errors import Gone, Rejected, RemoteError, Unavailable, Unsupported
from bot.model import (
    Absent,
    Change,
    Conversation,
    Finding,
    Learned,
    LookedThrough,
    MessageId,
    Nameless,
    Status,
    TicketId,
    Verb,
)
from bot.ports import KnownTickets, VendorTools

_A_DAY = 86_400.0
_NUMBERS = re.compile(r"\d{1,9}(,\d{1,9})*")


class Sellsn:
    """A store at SellSN. How many requests it allows is not documented, so `Quota` finds out."""

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
            error_status=error_status,
        )
        self._client = VendorClient(self._service, tools, Quota(tools.clock, LABEL))
        self.now = self._client.their_clock.now
        self.wait = self._client.wait
        self._tickets = ("stores", settings.store_id, "tickets")
        self._clock = tools.clock
        self._page_size = settings.page_size
        length = PageLength(settings.page_size, tools.clock)
        self._list = UnfilteredList(length, tools.clock, self._client.read_wait)
        self._numbering = PageNumbering(settings.first_page)
        self._smaller_pages = SmallerPages(tools.clock)
        self._unchanged = UnchangedPages(tools)
        self._closed = frozenset(settings.closed_statuses or ())
        self._evidence = ""
        self._staff = StaffNames(self._client, tools.clock, settings.staff_names)
        self._ours: ExpiringCache[bool] = ExpiringCache(tools.clock, seconds=_A_DAY)

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent | Nameless | LookedThrough]:
        """No documented parameter filters or sorts this list; which of its pages are read, `UnfilteredList` decides."""
        held = await open_tickets(known)
        self._unchanged.sweep_begins(full=known.full)
        read: TicketsOfPage[WireTicket] = TicketsOfPage()

        async def fetch(count: int) -> Page:
            read.clear()
            return await self._page(count, read)

        async with aclosing(self._list.read(fetch, held, full=known.full)) as pages:
            async for found in changed_tickets(pages, known, held):
                if isinstance(found, Change):
                    self._list.changed()
                    yield await whole_or_bare(found, self._whole(found, read[found.ticket.id]))
                else:
                    yield found
        if self._list.looked_through:
            yield LookedThrough()

    async def _whole(self, change: Change, wire: WireTicket) -> Change:
        """The change with its ticket and messages; no messages where the list does not have all that they need."""
        conversation = await self._conversation(wire)
        whole = wire.entries is not None and wire.owner is not None
        return replace(change, ticket=conversation.ticket, messages=conversation.messages if whole else None)

    async def _page(self, count: int, read: TicketsOfPage[WireTicket]) -> Page:
        """
        Page number `count`, counted from 1. A page that is refused because it is after the last one is empty.

        Args:
            read: Where the page's tickets are put.
        """

        async def fetch(part: int, length: int, most: int) -> Page:
            page = await self._numbered((self._numbering.first or 0) + part - 1, length, most, read)
            if page is None and part == 1:
                raise self._no_list()
            return page or Page(changes=())

        if self._numbering.first is None:
            try:
                page = await self._numbering.read(
                    count, lambda number: self._numbered(number, self._page_size, LARGEST_BODY, read)
                )
            except TooLarge as error:
                if error.beginning is None:
                    raise
                # Single tickets tell, too, which number the first page has.
                await self._numbering.read(count, lambda number: self._single(number, read))
            else:
                if page is None and count == 1:
                    raise self._no_list()
                return page or Page(changes=())
        listing = Listing(fetch=fetch, page_of=partial(self._page_of, tickets=read))
        return await self._smaller_pages.read(count, self._page_size, listing)

    async def _numbered(self, number: int, length: int, most: int, read: TicketsOfPage[WireTicket]) -> Page | None:
        """A page by SellSN's own number; None: it is refused."""

        async def request(digest: BodyDigest) -> Any:
            query = {"count": length}
            return await self._client.read_page(*self._tickets, str(number), query=query, most=most, digest=digest)

        try:
            page_of = partial(self._page_of, tickets=read)
            return await self._unchanged.read((number, length, self._closed), request, page_of, read)
        except (Gone, Rejected):
            return None

    async def _single(self, number: int, read: TicketsOfPage[WireTicket]) -> Page | None:
        try:
            return await self._numbered(number, 1, BEGINNING, read)
        except TooLarge as error:
            return await beginning_of(error, partial(self._page_of, tickets=read))

    def _page_of(self, answer: Any, tickets: TicketsOfPage[WireTicket]) -> Page:
        return page_of(answer, tickets, self._closed)

    def _no_list(self) -> Unavailable:
        variable = self._service.variable
        return Unavailable(
            f"{LABEL} does not list this store's tickets. If this goes on, check {variable('STORE_ID')} "
            f"and {variable('PAGE_SIZE')}."
        )

    async def ticket(self, ticket: TicketId) -> Conversation:
        wire = await self._read(ticket)
        if "entries" not in wire.model_fields_set:
            raise not_understood(LABEL)
        return await self._conversation(wire)

    async def _read(self, ticket: TicketId) -> WireTicket:
        if ticket.isdigit():
            raise no_address(LABEL)  # a number would be the address of a page
        return await self._client.read_as(one_ticket, *self._tickets, ticket)

    async def _conversation(self, wire: WireTicket) -> Conversation:
        names = await self._staff.of(wire.store_name)
        ours = [entry.id for entry in wire.entries or () if entry.id and self._ours.get(entry.id)]
        entries = len(wire.entries or ())
        messages = await beside_others(partial(messages_of, wire, names, ours), entries)
        return Conversation(ticket=ticket_of(wire, messages, self._closed), messages=messages)

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        answer = await self._client.write("PUT", *self._tickets, ticket, body={"message": text}, private=text)
        message = new_message_id(answer, text)
        if message is None or self._ours.get(message):
            return None  # an earlier reply with the same text is not this one
        self._ours.put(message, True)
        return message

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        """
        Close a ticket. One that does not exist any more is closed.

        If the settings do not say which status numbers mean closed, the ticket is read before and after. If its
        number changed, the new one means closed, and what was learned before is dropped if it says otherwise.
        """
        if status is Status.OPEN:
            raise Unsupported(CAPABILITIES.instead[Verb.REOPEN])
        try:
            before = None if self._settings.closed_statuses else (await self._read(ticket)).status
            await self._client.write("DELETE", *self._tickets, ticket, empty_ok=True)
        except Gone:
            await self._check_gone(ticket)
            return
        if before is not None:
            await self._learn_closed(ticket, before)

    async def _check_gone(self, ticket: TicketId) -> None:
        """One wrong 404 must close nothing here that is open there. Raises `Unavailable` if the ticket is shown so."""
        try:
            if (await self._read(ticket)).status in self._closed:
                return
        except Gone:
            return
        raise Unavailable(f"{LABEL} says both that this ticket exists and that it does not.")

    async def _learn_closed(self, ticket: TicketId, before: int) -> None:
        try:
            after = (await self._read(ticket)).status
        except RemoteError:
            return  # it is closed all the same; we may learn the number from the next one
        if after is not None and after != before and after not in self._closed:
            self._closed = frozenset({after})
            self._evidence = f"status {before} became {after} when a ticket was closed"

    @property
    def learned(self) -> Learned | None:
        if self._settings.closed_statuses or not self._closed:
            return None
        return Learned(value=",".join(map(str, sorted(self._closed))), evidence=self._evidence)

    def remember(self, learned: Learned) -> None:
        if not self._settings.closed_statuses and _NUMBERS.fullmatch(learned.value):
            self._closed, self._evidence = frozenset(map(int, learned.value.split(","))), learned.evidence

    def about_learned(self, learned: Learned | None) -> Finding | None:
        if self._settings.closed_statuses:
            return None
        if learned is None:
            text = (
                f"it is not known yet which status numbers mean closed, and {LABEL} does not document it. The first "
                "ticket that is closed from a chat shows it; until then what is closed in the dashboard stays open "
                f"here. {self._service.variable('CLOSED_STATUSES')} says it at once"
            )
        else:
            text = f"status {learned.value} means closed: {learned.evidence}"
        return Finding(ok=True, subject="statuses", text=text)

    async def check(self) -> Finding:
        return await check_login(self._service, self._page(1, TicketsOfPage()))

    async def aclose(self) -> None:
        await self._client.aclose()
