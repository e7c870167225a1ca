"""What every vendor's sweep does, under every reading of its documentation."""

from __future__ import annotations

import math
import re

import pytest

from bot.model import Change, Status
from tests.support.vendors.world import FRIENDLY, PLAIN, Case, absent, ids, readings, world

every_case = pytest.mark.parametrize("case", FRIENDLY, ids=str)
every_vendor = pytest.mark.parametrize("case", PLAIN, ids=str)


@readings(0)
async def test_new_tickets_are_yielded_once(case: Case) -> None:
    """The first sweep yields every ticket, the next one none: nothing changed."""
    async with world(case) as here:
        made = here.write(4)
        found = await here.sweep(full=True)
        assert set(made) <= set(ids(found))
        await here.settle()
        assert await here.sweep() == []


@every_case
async def test_a_list_of_many_pages_is_read_whole(case: Case) -> None:
    """Whatever the order, the length of pages and what shifts between them, two sweeps have seen every ticket."""
    async with world(case) as here:
        made = here.write(here.subject.many)
        await here.sweep(full=True)
        await here.sweep()
        assert set(made) <= set(here.ledger.known)


@readings(0, 3)
async def test_an_unchanged_store_costs_its_pages_only(case: Case) -> None:
    """A sweep in which nothing happened asks for each page of the list once, and for nothing else."""
    async with world(case) as here:
        here.write(here.subject.many)
        await here.settle()
        await here.clock.sleep(5.0)
        before = here.requests()
        assert await here.sweep() == []
        asked = here.server.http_server.seen[before:]
        page = min(here.vendor.capabilities.page_size, case.variant.page_cap or 1000)
        assert all(re.fullmatch(here.subject.listing, exchange.path) for exchange in asked)
        assert len(asked) == math.ceil(len(here.ledger.open) / page)


@readings(1)
async def test_an_unchanged_small_store_costs_one_request(case: Case) -> None:
    """With three open tickets a quiet sweep is one request."""
    async with world(case) as here:
        here.write(3)
        await here.settle()
        await here.clock.sleep(5.0)
        before = here.requests()
        assert await here.sweep() == []
        assert here.requests() - before == 1


@readings(2)
async def test_a_customers_further_message_is_found(case: Case) -> None:
    """A second message in the same ticket is found, at the latest when the ticket's turn for a second look has come."""
    async with world(case) as here:
        made = here.write(3)
        await here.settle()
        await here.clock.sleep(600.0)
        here.store.customer_replies(made[1], "And another thing")

        async def seen() -> bool:
            await here.clock.sleep(30.0)
            if made[1] not in ids(await here.sweep()):
                return False
            conversation = await here.vendor.ticket(made[1])
            return conversation.messages[-1].text == "And another thing"

        assert await here.eventually(seen)


@readings(3)
async def test_what_a_colleague_does_is_found(case: Case) -> None:
    """A colleague's answer at the vendor's changes the ticket's fingerprint."""
    async with world(case) as here:
        made = here.write(3)
        await here.settle()
        here.clock.advance(5)
        here.store.staff_replies(made[2], "We look into it")
        assert made[2] in ids(await here.sweep())


@readings(0)
async def test_a_ticket_closed_elsewhere_is_reported(case: Case) -> None:
    """What is closed at the vendor's is yielded as closed, or as absent so that the core asks for it."""
    async with world(case) as here:
        here.write(3)
        await here.settle()
        here.clock.advance(5)
        ticket = max(here.ledger.open)
        here.store.close(ticket)
        found = await here.sweep()
        closed = [item for item in found if isinstance(item, Change) and item.ticket.id == ticket]
        assert absent(found) == [ticket] or [change.ticket.status for change in closed] == [Status.CLOSED]
        await here.ask_for(ticket)
        assert ticket not in here.ledger.open


@readings(1)
async def test_a_full_sweep_finds_what_reopened(case: Case) -> None:
    """A ticket that was closed long ago and lives again is found by a full sweep."""
    async with world(case) as here:
        made = here.write(5)
        await here.settle()
        here.store.close(made[0])
        await here.settle()
        assert made[0] not in here.ledger.open
        here.clock.advance(86_400)
        here.store.reopen(made[0])
        assert made[0] in ids(await here.sweep(full=True))
        assert made[0] in here.ledger.open


@readings(2)
async def test_nothing_is_absent_in_a_full_sweep(case: Case) -> None:
    """A full sweep sees every ticket itself and gives no hints."""
    async with world(case) as here:
        made = here.write(2)
        await here.settle()
        here.store.close(made[0])
        assert absent(await here.sweep(full=True)) == []


@readings(3)
async def test_a_deleted_ticket_is_absent(case: Case) -> None:
    """A ticket that was destroyed at the vendor's is yielded as absent."""
    async with world(case) as here:
        made = here.write(3)
        await here.settle()
        here.store.vanish(made[1])
        assert absent(await here.sweep()) == [made[1]]


@every_vendor
async def test_an_empty_store_is_no_trouble(case: Case) -> None:
    """A store without a ticket is swept in one request and yields nothing."""
    async with world(case) as here:
        assert await here.sweep(full=True) == []
        assert await here.sweep() == []


@every_vendor
async def test_a_sweep_may_be_left_in_the_middle(case: Case) -> None:
    """Whoever stops listening after the first ticket loses nothing: the next sweep yields the rest."""
    async with world(case) as here:
        made = here.write(3)
        async for item in here.vendor.changes(here.ledger):
            assert isinstance(item, Change)
            here.ledger.record(item)
            break
        await here.sweep(full=True)
        assert set(made) == set(here.ledger.known)
