"""A store at SellApp, as `bot.ports.Vendor`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapters.vendors.client.bodies import BodyDigest
from adapters.vendors.client.caching import ExpiringCache
from adapters.vendors.client.http import LARGEST_WHOLE_LIST, VendorClient
from adapters.vendors.client.login import check_login
from adapters.vendors.client.paging import ItemPage, Page, PageLength, read_items
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
from adapters.vendors.client.unfiltered_lists import UnfilteredList
from adapters.vendors.sellapp.capabilities import CAPABILITIES, LABEL
from adapters.vendors.sellapp.reading import (
    WireTicket,
    messages_page,
    new_message_id,
    nudge_of,
    one_ticket,
    page_of,
    ticket_of,
)
from adapters.vendors.sellapp.settings import SellappSettings
from bot.errors import AuthFailed, Gone, RemoteError, Unavailable, Uncertain, Unsupported
from bot.model import (
    Absent,
    Change,
    Conversation,
    Counts,
    Finding,
    LookedThrough,
    Message,
    MessageId,
    Nameless,
    Nudge,
    Status,
    TicketId,
)
from bot.ports import KnownTickets, VendorTools

_KEY_EXPIRES_AFTER = 600.0
_ASKED_AGAIN = 5.0
"""Seconds between two refusals that together say that an account has no `/v2`."""


class Sellapp:
    """A store at SellApp. How many requests it allows is not documented, so `Quota` finds out."""

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
        self.wait = self._client.wait
        length = PageLength(CAPABILITIES.page_size, tools.clock)
        self._list = UnfilteredList(length, tools.clock, self._client.read_wait)
        self._smaller_pages = SmallerPages(tools.clock)
        self._unchanged = UnchangedPages(tools)
        self._recheck = RecheckTurns(tools.clock)
        self._keys: ExpiringCache[str] = ExpiringCache(tools.clock, seconds=_KEY_EXPIRES_AFTER)
        self._refused_at: ExpiringCache[float] = ExpiringCache(tools.clock, size=1)

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent | Nameless | LookedThrough]:
        """No documented parameter filters or sorts this list; which of its pages are read, `UnfilteredList` decides."""
        held = await open_tickets(known)
        self._unchanged.sweep_begins(full=known.full)
        reread = self._recheck.choose(held)
        listing = Listing(fetch=self._page, page_of=page_of)

        async def fetch(number: int) -> Page:
            return await self._smaller_pages.read(number, CAPABILITIES.page_size, listing)

        async with aclosing(self._list.read(fetch, held, full=known.full)) as pages:
            async for found in changed_tickets(pages, known, held, reread):
                if isinstance(found, Change) and found.ticket.id != reread:
                    self._list.changed()
                yield found
        if self._list.looked_through:
            yield LookedThrough()

    async def _page(self, number: int, length: int, most: int) -> Page:
        query = {"limit": length, "page": number}

        async def request(digest: BodyDigest) -> Any:
            return await self._client.read_list("v1", "tickets", query=query, most=most, digest=digest)

        return await self._unchanged.read((number, length), request, page_of)

    async def ticket(self, ticket: TicketId) -> Conversation:
        wire = await self._read(ticket)
        messages = await self._messages(ticket)
        self._recheck.learn(wire.updated_at, messages)
        return Conversation(ticket=ticket_of(wire, messages), messages=messages)

    async def _read(self, ticket: TicketId) -> WireTicket:
        return await self._client.read_as(one_ticket, "v1", "tickets", ticket)

    async def _messages(self, ticket: TicketId) -> tuple[Message, ...]:
        async def fetch(page: int, length: int) -> ItemPage[Message]:
            query = {"limit": length, "page": page}
            try:
                return await self._client.read_as(
                    partial(messages_page, page=page), "v1", "tickets", ticket, "messages", query=query
                )
            except Gone as error:
                # The ticket itself was there a moment ago, and only its own answer can say that it is gone.
                raise not_understood(LABEL) from error

        return oldest_first(await read_items(fetch, CAPABILITIES.page_size, id_and_text))

    async def reply(self, ticket: TicketId, text: str) -> MessageId | None:
        answer = await self._client.write(
            "POST", "v1", "tickets", ticket, "messages", body={"content": text}, private=text
        )
        return new_message_id(answer)

    async def set_status(self, ticket: TicketId, status: Status) -> None:
        """
        Raises `Unsupported` for an account without `/v2`, and `Unavailable` while that is not certain.

        A change whose answer was lost is tried again with the same `Idempotency-Key`, as SellApp asks.
        """
        change, opposite = (f"{ticket} {wanted}" for wanted in (status, *set(Status) - {status}))
        self._keys.forget(opposite)
        key = self._keys.get(change) or str(uuid5(NAMESPACE_URL, f"{change} {self._clock.now().isoformat()}"))
        body, headers = {"status": status.name}, {"Idempotency-Key": key}
        try:
            await self._client.write("PATCH", "v2", "tickets", ticket, body=body, headers=headers, empty_ok=True)
        except Uncertain:
            self._keys.put(change, key)
            raise
        except (Gone, AuthFailed) as error:
            await self._raise_reason(ticket, error)
        self._keys.forget(change)
        self._refused_at.forget("")

    async def _raise_reason(self, ticket: TicketId, error: RemoteError) -> None:
        """
        `/v2` says that it does not know the ticket, or us. If `/v1` knows both, the account has no `/v2`.

        That counts when it is said twice, some seconds apart: else one wrong answer would close a ticket here only.
        """
        try:
            await self._read(ticket)
        except (Gone, AuthFailed):
            raise error from None
        now, first = self._clock.monotonic(), self._refused_at.get("")
        if first is None:
            self._refused_at.put("", now)
        if first is None or now - first < _ASKED_AGAIN:
            raise Unavailable(
                f"{LABEL} refuses this. It is asked once more before that is believed.", retry_after=_ASKED_AGAIN
            ) from error
        raise Unsupported(
            "This SellApp account has no v2 API, and only that can close or reopen a ticket. "
            "Do it in SellApp's dashboard."
        ) from error

    def webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> Nudge | None:
        return nudge_of(headers, body, secret)

    async def counts(self) -> Counts:
        """Only the total, where the list has it."""
        query = {"limit": 1, "page": 1}
        answer = await self._client.read_list("v1", "tickets", query=query, most=LARGEST_WHOLE_LIST, urgent=True)
        return Counts(total=page_of(answer).total)

    async def check(self) -> Finding:
        return await check_login(self._service, self.counts())

    async def aclose(self) -> None:
        await self._client.aclose()
