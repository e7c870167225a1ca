"""The vendor's own SDK takes the practice SellApp for SellApp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.vendors import PracticeStore
from bot.sandbox.vendors.rate_limits import Quota
from bot.sandbox.vendors.sellapp import KEY, SLUG, PracticeSellapp

if TYPE_CHECKING:
    from sellapp_sdk import AsyncSellAppClient


@asynccontextmanager
async def sdk(vendor: PracticeSellapp, key: str = KEY) -> AsyncIterator[AsyncSellAppClient]:
    """
    Serve a practice vendor; the SDK's client before it.

    To import it takes a second, which every worker would spend when it collects the tests.
    """
    async with vendor:
        client: AsyncSellAppClient = import_module("sellapp_sdk").AsyncSellAppClient(
            api_key=key, store=SLUG, base_url=vendor.base_url, max_retries=0
        )
        try:
            yield client
        finally:
            await client.close()


async def test_the_sdk_lists_and_pages(store: PracticeStore) -> None:
    """Both versions' lists are read to their end by the SDK's own paging."""
    vendor = PracticeSellapp(store)
    ids = [int(store.customer_writes(f"ticket {number}", "text")) for number in range(5)]

    async with sdk(vendor) as client:
        first = await client.tickets.list(limit=2)
        assert [ticket.id async for ticket in first.items()] == ids
        second = await client.tickets.v2_list_tickets(limit=3)
        assert [ticket.message_count async for ticket in second.items()] == [1] * 5
        assert second.meta["total"] == 5


async def test_the_sdk_reads_replies_closes_and_reopens(store: PracticeStore) -> None:
    """A ticket with its messages, a reply by either version, and the v2 update all pass the SDK's own validation."""
    vendor = PracticeSellapp(store)
    ticket = int(store.customer_writes("help", "It broke", email="e@x.com"))

    async with sdk(vendor) as client:
        read = await client.tickets.get(ticket)
        assert (read.data.title, read.data.status, read.data.customer.email) == ("help", "OPEN", "e@x.com")
        said = await client.tickets_messages.reply(ticket, content="Try again")
        assert (said.data.author, said.data.sender) == ("STORE", None)
        again = await client.tickets_messages.v2_reply_to_ticket(ticket, content="And again")
        page = await client.tickets_messages.list(ticket)
        assert [message.content for message in page] == ["It broke", "Try again", "And again"]
        one = await client.tickets_messages.get(ticket, again.data.id)
        assert one.data.content == "And again"
        closed = await client.tickets.update(ticket, status="CLOSED")
        assert (closed.data.status, closed.data.message_count) == ("CLOSED", 3)
        opened = await client.tickets.update(ticket, status="OPEN", archived=True)
        assert (opened.data.status, opened.data.archived) == ("OPEN", 1)
        assert (await client.tickets.v2_get_ticket(ticket)).data.read_status.customer is True
    assert not store.ticket(str(ticket)).closed


async def test_the_sdk_understands_every_refusal(store: PracticeStore) -> None:
    """Each refusal becomes the SDK's own error, with the structured body's parts."""
    errors = import_module("sellapp_sdk._errors")
    vendor = PracticeSellapp(store, quotas=[Quota(3, 60)])
    ticket = int(store.customer_writes("help", "It broke"))

    async with sdk(vendor) as client:
        with pytest.raises(errors.NotFoundError) as missing:
            await client.tickets.get(1)
        assert (missing.value.status, bool(missing.value.request_id)) == (404, True)
        with pytest.raises(errors.UnprocessableEntityError) as empty:
            await client.tickets_messages.reply(ticket, content="")
        assert empty.value.param == "content"
        await client.tickets.get(ticket)
        with pytest.raises(errors.RateLimitExceededError) as limited:
            await client.tickets.get(ticket)
        assert limited.value.headers["retry-after"] == "60"

    async with sdk(PracticeSellapp(PracticeStore(store.now)), key="wrong") as client:
        with pytest.raises(errors.AuthenticationError):
            await client.tickets.list()
