"""
What every vendor's sweep yields of a list that comes again byte for byte.

Whether a ticket counts as changed depends on what is recorded, never on whether its page has changed: recording it may
have failed, or something was changed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import httpx
import pytest

from adapters.vendors import sellsn
from adapters.vendors.client import unchanged_pages
from adapters.vendors.client.paging import Page
from adapters.vendors.client.unchanged_pages import TicketsOfPage
from adapters.vendors.sellsn.vendor import Sellsn
from bot.model import Change, Learned, Status, TicketId
from tests.support.vendors.world import PLAIN, Case, World, absent, ids, world

every_vendor = pytest.mark.parametrize("case", PLAIN, ids=str)


def changes(found: Iterable[object]) -> dict[TicketId, Change]:
    return {each.ticket.id: each for each in found if isinstance(each, Change)}


async def unchanged(here: World) -> None:
    """One more sweep finds nothing, on pages that came as they were."""
    assert await here.sweep() == []


@every_vendor
async def test_what_was_not_recorded_is_yielded_again_and_whole(case: Case) -> None:
    """In each sweep until it is, with all that it had the first time; the others are not."""
    async with world(case) as here:
        made = here.write(3)
        here.clock.advance(60)
        await here.settle()
        here.ledger.known.pop(made[1])
        first = changes(await here.sweep())
        assert list(first) == [made[1]]
        await unchanged(here)
        for _ in range(3):
            here.ledger.known.pop(made[1])
            assert changes(await here.sweep()) == first
        await unchanged(here)


@every_vendor
async def test_a_page_that_is_unchanged_is_not_read_anew(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tickets are made once, however often it comes."""
    made: list[object] = []
    keeps = unchanged_pages._Kept

    def kept(digest: bytes, request: httpx.Request | None, page: Page) -> object:
        made.append(page)
        return keeps(digest, request, page)

    monkeypatch.setattr(unchanged_pages, "_Kept", kept)
    async with world(case) as here:
        here.write(3)
        here.clock.advance(60)
        await here.settle()
        await unchanged(here)
        made.clear()
        for _ in range(3):
            await unchanged(here)
        assert len({id(page) for page in made}) == len(made) // 3 > 0


@every_vendor
async def test_pages_behind_unchanged_ones_are_read(case: Case) -> None:
    """A list of several pages: no ticket is missing, and one that is written on a later page is found."""
    async with world(case) as here:
        made = here.write(case.subject.many)
        here.clock.advance(60)
        await here.settle()
        await unchanged(here)
        for ticket in (made[0], made[-1]):
            here.clock.advance(60)
            here.store.customer_replies(ticket, "And this?")
            found = await here.sweep()
            assert absent(found) == []
            assert ticket in ids(found)
            assert len(found) <= 2  # where a list may not show that a customer wrote, one is read again in its turn


async def test_what_a_status_means_is_learned_after_its_page_came() -> None:
    """SellSN: a page that is unchanged says something else once it is known which numbers mean closed."""
    (case,) = (case for case in PLAIN if case.subject.kind is sellsn.KIND)
    closed = case.subject.settings(case.variant)["closed_statuses"]
    async with world(replace(case, subject=replace(case.subject, settings=lambda _variant: {}))) as here:
        here.store.close(here.write(2)[1])
        vendor = here.vendor
        assert isinstance(vendor, Sellsn)

        async def statuses() -> list[Status | None]:
            vendor._unchanged.sweep_begins(full=False)
            return [change.ticket.status for change in (await vendor._page(1, TicketsOfPage())).changes]

        assert await statuses() == [None, None]
        assert await statuses() == [None, None]
        vendor.remember(Learned(value=closed, evidence="it was seen"))
        assert sorted(await statuses(), key=str) == [Status.CLOSED, Status.OPEN]
