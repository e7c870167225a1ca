"""A store at Lightspeed eCom, as `bot.ports.Vendor`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import httpx

from adapters.vendors.client.bodies import BodyDigest
from adapters.vendors.client.http import Query, VendorClient
from adapters.vendors.client.login import check_login
from adapters.vendors.client.paging import ItemPage, NumberedPages, Page, PageLength, read_items
from adapters.vendors.client.parsing import (
    id_and_text,
    not_understood,
    oldest_first,
)
from adapters.vendors.client.rate_limits import Quota
from adapters.vendors.client.service import Service
from adapters.vendors.client.smaller_pages import Listing, SmallerPages
from adapters.vendors.client.sweep import RecheckTurns, changed_tickets, open_tickets
from adapters.vendors.client.unchanged_pages import UnchangedPages
from adapters.vendors.lightspeed.capabilities import CAPABILITIES, LABEL, WINDOWS
from adapters.vendors.lightspeed.people import People
from adapters.vendors.lightspeed.reading import (
    WireTicket,
    counts_of,
    error_status,
    has_note,
    id_number,
    messages_of,
    new_message_id,
    nudge_of,
    one_ticket,
    page_of,
    ticket_of,
    with_note,
)
from adapters.vendors.lightspeed.settings import LightspeedSettings
from bot.errors import Gone
from bot.model import (
    Absent,
    Change,
    Conversation,
    Counts,
    Finding,
    Message,
    MessageId,
    Nameless,
    Nudge,
    Status,
    TicketId,
)
from bot.ports import KnownTickets, VendorTools


class Lightspeed:
    """A store at Lightspeed eCom. Nothing here ever sends DELETE, because that destroys a ticket."""

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
            error_status=error_status,
        )
        self._client = VendorClient(self._service, tools, Quota(tools.clock, LABEL, WINDOWS))
        self.now = self._client.their_clock.now
        self.wait = self._client.wait
        self._length = PageLength(CAPABILITIES.page_size, tools.clock)
        self._smaller_pages = SmallerPages(tools.clock)
        self._unchanged = UnchangedPages(tools)
        self._recheck = RecheckTurns(tools.clock)
        self._people = People(self._client, tools.clock)
        self._newest = 0
        self._ascending = True

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent | Nameless]:
        """
        Reads from the oldest open ticket on, or from the newest ticket if none is open.

        Tickets that are older, or between open ones that are far apart, are closed. Only a full sweep reads them.
        """
        held = await open_tickets(known)
        self._unchanged.sweep_begins(full=known.full)
        start = 0 if known.full else min((id_number(ticket) - 1 for ticket in held), default=self._newest)
        reread = self._recheck.choose(held)
        async with aclosing(self._pages(max(0, start), () if known.full else held)) as pages:
            async for found in changed_tickets(pages, known, held, reread):
                yield found

    async def _pages(self, start: int, held: Collection[TicketId]) -> AsyncGenerator[Sequence[Change | Nameless], None]:
        """
        The pages of the tickets with an id above `start`.

        After a page in ascending order, the next one begins behind its last ticket, so that no change of the list can
        hide a ticket; and if tickets are `held`, at the next of them, or at the newest that is known. Otherwise pages
        are counted.
        """
        since, counted = start, 0
        begins = sorted(id_number(ticket) - 1 for ticket in held)

        async def fetch(page: int) -> Page:
            nonlocal since, counted
            if page == 1:
                since, counted = start, 0
            found = await self._page(since, page - counted)
            ids = [id_number(change.ticket.id) for change in found.changes]
            self._newest = max([self._newest, *ids])
            self._ascending = self._ascending and ids == sorted(ids)
            if ids and self._ascending:
                following = next((begin for begin in begins if begin >= ids[-1]), self._newest)
                since, counted = following if held else ids[-1], page
                # A page before others that are known is not the last, whatever its length.
                return replace(found, last=False) if held and ids[-1] < self._newest else found
            return found

        async with aclosing(NumberedPages(fetch, self._length).read()) as pages:
            async for found in pages:
                yield found

    async def _page(self, since: int, number: int) -> Page:
        async def fetch(part: int, length: int, most: int) -> Page:
            query: Query = {"since_id": since, "limit": length, "page": part}

            async def request(digest: BodyDigest) -> Any:
                return await self._client.read_list("tickets.json", query=query, most=most, digest=digest)

            return await self._unchanged.read((since, part, length), request, page_of)

        listing = Listing(fetch=fetch, page_of=page_of, name=str(since))
        return await self._smaller_pages.read(number, CAPABILITIES.page_size, listing)

    async def ticket(self, ticket: TicketId) -> Conversation:
        wire = await self._read(ticket)
        messages = await self._messages(ticket)
        self._recheck.learn(wire.updated_at, messages)
        customer = await self._people.customer(wire.customer_id)
        return Conversation(ticket=ticket_of(wire, customer), messages=messages)

    async def _read(self, ticket: TicketId) -> WireTicket:
        return await self._client.read_as(one_ticket, "tickets", f"{ticket}.json")

    async def _messages(self, ticket: TicketId) -> tuple[Message, ...]:
        """All messages of a ticket. Whether they come in pages is not documented, so a round number may be one page."""

        async def fetch(page: int, length: int) -> ItemPage[Message]:
            query: Query = {"limit": length, "page": page}
            try:
                messages = await self._client.read_as(messages_of, "tickets", ticket, "messages.json", query=query)
            except Gone as error:
                # The ticket itself was there a moment ago, and only its own answer can say that it is gone.
                raise not_understood(LABEL) from error
            is_last = length == CAPABILITIES.page_size and len(messages) % 50 != 0
            return ItemPage(items=messages, last=is_last)

        return oldest_first(await read_items(fetch, CAPABILITIES.page_size, id_and_text))

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        body = {"ticketMessage": {"message": text, "from": "shop"}}
        answer = await self._client.write("POST", "tickets", ticket, "messages.json", body=body, private=text)
        return new_message_id(answer)

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        body = {"ticket": {"isClosed": status is Status.CLOSED}}
        await self._client.write("PUT", "tickets", f"{ticket}.json", body=body, empty_ok=True)

    async def note(self, ticket: TicketId, agent: str, text: str) -> MessageId | None:
        """Adds it to the memo. That is read and written whole: what a colleague writes at that moment may be lost."""
        memo = with_note((await self._read(ticket)).memo, agent, text)
        body = {"ticket": {"memo": memo}}
        await self._client.write("PUT", "tickets", f"{ticket}.json", body=body, private=memo, empty_ok=True)
        return None

    async def noted(self, ticket: TicketId, agent: str, text: str) -> bool:
        return has_note((await self._read(ticket)).memo, agent, text)

    def webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
        """It is not documented whether Lightspeed signs webhooks. The secret in the address was checked before."""
        del secret
        return nudge_of(headers, body)

    async def counts(self) -> Counts:
        return counts_of(await self._client.read_list("tickets", "count.json", urgent=True))

    async def check(self) -> Finding:
        return await check_login(self._service, self.counts())

    async def aclose(self) -> None:
        await self._client.aclose()
