"""
What a sweep of a quiet store costs, and that what it does not read is not lost.

The bound: the pages that hold open tickets, and two more. Stores have small pages here, so that few tickets make many.
"""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from adapters.vendors import sellapp, sellsn
from bot.model import TicketId
from bot.sandbox.vendors.variant import Order
from tests.support.vendors.world import PLAIN, SUBJECTS, Case, World, absent, ids, world

PAGE = 5
UNFILTERED = tuple(subject for subject in SUBJECTS if subject.kind in (sellsn.KIND, sellapp.KIND))


def cases(orders: Sequence[Order], **changes: Any) -> tuple[Case, ...]:
    """The two vendors whose lists have no filter, with pages of five, under each order."""
    return tuple(
        Case(subject, replace(subject.practice.variants()[0], name=order, order=order, page_cap=PAGE, **changes))
        for subject in UNFILTERED
        for order in orders
    )


each_order = pytest.mark.parametrize("case", cases(("ascending", "descending", "recent")), ids=str)
each_real_order = pytest.mark.parametrize("case", cases(("ascending", "descending")), ids=str)


@asynccontextmanager
async def history(case: Case, tickets: int, open_ones: Sequence[int]) -> AsyncIterator[tuple[World, list[TicketId]]]:
    """A store with so many tickets, of which those with these numbers are open; known, and quiet since an hour."""
    async with world(case) as here:
        made = []
        for number in range(tickets):
            made += here.write(1)
            if number not in open_ones:
                here.store.close(made[-1])
        here.clock.advance(3600)
        await here.settle()
        await here.sweep()
        assert here.ledger.open == {made[number] for number in open_ones}
        yield here, made


async def asked(here: World, *, seconds: float = 30.0) -> tuple[int, list[TicketId]]:
    """
    How many requests the next sweep makes, all of them for the list; and which tickets it yields as changed.

    Where a list may not show that a customer wrote, one open ticket a minute is yielded besides (`RecheckTurns`).
    """
    await here.clock.sleep(seconds)
    before, known = here.requests(), dict(here.ledger.known)
    found = await here.sweep()
    seen = here.server.http_server.seen[before:]
    assert all(re.fullmatch(here.subject.listing, exchange.path) for exchange in seen)
    assert absent(found) == []
    return len(seen), [ticket for ticket in ids(found) if known.get(ticket) != here.ledger.known[ticket]]


def pages_of(here: World) -> tuple[set[int], int]:
    """On which pages of the list an open ticket stands, and how many pages there are."""
    listed = here.server.see_all()
    holding = {number // PAGE for number, ticket in enumerate(listed) if not ticket.closed}
    return holding, math.ceil(len(listed) / PAGE)


OPEN = {"none": (), "the oldest": (0,), "some": (3, 27, 44, 59), "many": range(0, 60, 4)}


@each_order
@pytest.mark.parametrize("which", OPEN)
async def test_a_quiet_sweep_costs_the_pages_with_open_tickets_and_two(case: Case, which: str) -> None:
    """Every sweep keeps the bound."""
    async with history(case, 60, tuple(OPEN[which])) as (here, _):
        holding, pages = pages_of(here)
        bound = pages if not ordered(case) else min(pages, len(holding) + 2)
        for _ in range(8):
            count, found = await asked(here)
            assert count <= bound
            assert found == []


@pytest.mark.parametrize("case", cases(("scattered",)), ids=str)
async def test_a_list_without_an_order_is_read_whole(case: Case) -> None:
    """Nothing else is safe: a new ticket may be on any page."""
    async with history(case, 60, (3,)) as (here, _):
        assert await asked(here) == (12, [])
        made = here.write(1)
        assert await asked(here) == (13, made)


def ordered(case: Case) -> bool:
    """Whether the list's order shows: SellSN has no time of what is closed, so its last changes cannot be compared."""
    return case.variant.order in ("ascending", "descending") or (
        case.variant.order == "recent" and case.subject.kind is sellapp.KIND
    )


@pytest.mark.parametrize("case", cases(("ascending",)), ids=str)
async def test_history_does_not_make_a_sweep_dearer(case: Case) -> None:
    """With ten times the closed tickets it costs the same: the last page, and one of the history in its turn."""
    for tickets in (40, 400):
        async with history(case, tickets, ()) as (here, _):
            assert [(await asked(here))[0] for _ in range(3)] == [2, 2, 2]


@each_order
async def test_a_new_ticket_is_in_the_next_sweep(case: Case) -> None:
    """Also many at once, more than a page of them."""
    async with history(case, 60, (59,)) as (here, _):
        for count in (1, 2 * PAGE + 1):
            await asked(here)
            made = here.write(count)
            assert set(made) <= set((await asked(here))[1])
            assert (await asked(here))[1] == []


@each_order
async def test_a_message_in_an_open_ticket_is_in_the_next_sweep(case: Case) -> None:
    """On whatever page it stands."""
    async with history(case, 60, (3, 27, 59)) as (here, made):
        for number in (3, 27, 59):
            here.clock.advance(3600)
            here.store.customer_replies(made[number], "Another thing")
            assert made[number] in (await asked(here))[1]


@each_order
@pytest.mark.parametrize("number", [0, 31, 58])
async def test_a_closed_ticket_that_comes_back_is_found_when_its_turn_comes(case: Case, number: int) -> None:
    """At the latest after as many sweeps as there are pages; at once where the list shows what changed last."""
    async with history(case, 60, (59,)) as (here, made):
        for _ in range(3):
            await asked(here)
        here.store.customer_replies(made[number], "It is broken again")
        sweeps = 1 if not ordered(case) or case.variant.order == "recent" else 60 // PAGE + 1
        found: list[TicketId] = []
        for _ in range(sweeps):
            found += (await asked(here))[1]
        assert made[number] in found
        assert made[number] in here.ledger.open
        here.clock.advance(60)
        here.store.customer_replies(made[number], "And again")
        assert made[number] in (await asked(here))[1]


@each_real_order
async def test_what_is_deleted_moves_the_others_and_hides_none(case: Case) -> None:
    """Open tickets are found on the pages beside those where they were; the deleted one is absent."""
    async with history(case, 60, (20, 30, 40)) as (here, made):
        await asked(here)
        for number in (2, 58):
            here.store.vanish(made[number])
        for number in (20, 30, 40):
            here.store.customer_replies(made[number], "Hello?")
        found = await here.sweep()
        assert {made[20], made[30], made[40]} <= set(ids(found))
        here.store.vanish(made[30])
        found = await here.sweep()
        assert absent(found) == [made[30]]


@each_real_order
async def test_an_open_ticket_that_the_list_has_no_more_is_asked_for(case: Case) -> None:
    """It is absent in every sweep, and the list is read whole only when that has cost as much."""
    async with history(case, 60, (20,)) as (here, _):
        await asked(here)
        here.ledger.open.add(TicketId("123e4567-e89b-12d3-a456-426614174000"))
        counts = []
        for _ in range(24):
            before = here.requests()
            assert len(absent(await here.sweep())) == 1
            counts.append(here.requests() - before)
        assert counts.count(12) <= 2
        assert sum(counts) <= 24 * 5 + 2 * 12


@each_real_order
async def test_a_list_that_loses_its_order_is_read_whole(case: Case) -> None:
    """What was ordered and is not any more has no page where new tickets come: the next sweep reads them all."""
    async with history(case, 60, (59,)) as (here, _):
        await asked(here)
        here.server.variant = replace(case.variant, order="scattered")
        made = here.write(1)
        found: list[TicketId] = []
        for _ in range(3):
            found += ids(await here.sweep())
        assert set(made) <= set(found)
        assert (await asked(here))[0] == 13


@pytest.mark.parametrize("case", cases(("ascending", "descending"), shift="close"), ids=str)
async def test_pages_that_shift_while_they_are_read_hide_nothing(case: Case) -> None:
    """A ticket that is closed between two pages takes its place in a list of open ones only."""
    if case.subject.kind is sellsn.KIND:
        case = Case(case.subject, replace(case.variant, after_delete="unlisted"))  # type: ignore[call-arg]
    async with world(case) as here:
        here.server.shifts_left = 0
        here.write(40)
        await here.settle()
        here.server.shifts_left = 3
        for _ in range(4):
            await here.clock.sleep(30)
            for ticket in absent(await here.sweep()):
                await here.ask_for(ticket)
        still = {TicketId(ticket.id) for ticket in here.store.tickets() if not ticket.closed}
        assert here.ledger.open == still


@pytest.mark.parametrize("paging", ["whole", "links", "meta", "none"])
async def test_lists_that_do_not_say_how_long_they_are(paging: str) -> None:
    """The end is where the last page was, or behind it."""
    case = next(case for case in cases(("ascending",)) if case.subject.kind is sellapp.KIND)
    case = Case(case.subject, replace(case.variant, paging=paging))  # type: ignore[call-arg]
    async with history(case, 60, (10,)) as (here, _):
        for _ in range(15):
            assert (await asked(here))[0] <= 4
        made = here.write(12)
        assert set(made) <= set((await asked(here))[1])


@pytest.mark.parametrize("case", cases(("ascending",)), ids=str)
async def test_the_history_is_looked_through_within_a_day(case: Case) -> None:
    """However seldom the store is swept, and however many pages it has; each time that is said once."""
    async with history(case, 300, ()) as (here, made):
        for _ in range(3):
            here.looked_through = 0
            here.store.customer_replies(made[100], "Still there")
            found = []
            for _ in range(12):
                await here.clock.sleep(7200)
                found += ids(await here.sweep())
            assert made[100] in found
            assert here.looked_through >= 1


@pytest.mark.parametrize("case", cases(("ascending",)), ids=str)
async def test_the_history_gives_way_and_never_fails_a_sweep(case: Case) -> None:
    """A vendor that refuses the page whose turn it is refuses nothing else; nothing is claimed then."""
    async with history(case, 60, (59,)) as (here, _):
        await asked(here)
        here.looked_through = 0
        for _ in range(14):
            here.server.http_server.fail("refuse", after=1, path=here.subject.listing)
            assert (await asked(here))[1] == []
            here.server.http_server.faults.clear()
        assert here.looked_through == 0


@pytest.mark.parametrize("case", PLAIN, ids=str)
async def test_two_open_tickets_among_many_closed_ones(case: Case) -> None:
    """The oldest and the newest are open, in pages as long as the vendor's: two more than the pages of these."""
    async with history(case, 1_100, (0, 1_099)) as (here, _):
        for _ in range(3):
            assert (await asked(here))[0] <= 4
