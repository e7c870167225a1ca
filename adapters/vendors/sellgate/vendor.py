"""A store at Sellgate, as `bot.ports.Vendor`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

from adapters.vendors.client.bodies import BodyDigest
from adapters.vendors.client.http import LARGEST_WHOLE_LIST, Query, VendorClient
from adapters.vendors.client.login import check_login
from adapters.vendors.client.paging import NumberedPages, Page, PageLength
from adapters.vendors.client.rate_limits import Quota
from adapters.vendors.client.service import Service
from adapters.vendors.client.smaller_pages import Listing, SmallerPages
from adapters.vendors.client.sweep import changed_tickets, open_tickets
from adapters.vendors.client.unchanged_pages import UnchangedPages
from adapters.vendors.sellgate.capabilities import CAPABILITIES, LABEL
from adapters.vendors.sellgate.reading import conversation_of, counts_of, new_message_id, page_of
from adapters.vendors.sellgate.settings import SellgateSettings
from bot.model import Absent, Change, Conversation, Counts, Finding, MessageId, Nameless, Status, TicketId
from bot.ports import KnownTickets, VendorTools


class Sellgate:
    """A store at Sellgate. How many requests it allows is not documented, so `Quota` finds out."""

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
        self.wait = self._client.wait
        self._length = PageLength(CAPABILITIES.page_size, tools.clock)
        self._smaller_pages = SmallerPages(tools.clock)
        self._unchanged = UnchangedPages(tools)

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent | Nameless]:
        held = await open_tickets(known)
        self._unchanged.sweep_begins(full=known.full)
        only_open = {} if known.full else {"status": "open"}
        read_page = partial(page_of, only_open=not known.full)

        async def fetch_part(number: int, length: int, most: int) -> Page:
            query: Query = {"page": number, "limit": length, **only_open}

            async def request(digest: BodyDigest) -> Any:
                return await self._client.read_list("v1", "tickets", query=query, most=most, digest=digest)

            return await self._unchanged.read((number, length, known.full), request, read_page)

        listing = Listing(fetch=fetch_part, page_of=read_page, name="" if known.full else "open")

        async def fetch(number: int) -> Page:
            return await self._smaller_pages.read(number, CAPABILITIES.page_size, listing)

        async with aclosing(NumberedPages(fetch, self._length).read()) as pages:
            async for found in changed_tickets(pages, known, held):
                yield found

    async def ticket(self, ticket: TicketId) -> Conversation:
        return await self._client.read_as(conversation_of, "v1", "tickets", ticket)

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        answer = await self._client.write(
            "POST", "v1", "tickets", ticket, body={"message": text}, private=text, empty_ok=True
        )
        return new_message_id(answer, ticket, text)

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        await self._client.write("PATCH", "v1", "tickets", ticket, body={"status": status.value}, empty_ok=True)

    async def counts(self) -> Counts:
        query = {"page": 1, "limit": 1}
        answer = await self._client.read_list("v1", "tickets", query=query, most=LARGEST_WHOLE_LIST, urgent=True)
        return counts_of(answer)

    async def check(self) -> Finding:
        return await check_login(self._service, self.counts())

    async def aclose(self) -> None:
        await self._client.aclose()
