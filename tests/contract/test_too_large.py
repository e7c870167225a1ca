"""What every vendor's adapter does with one ticket that is larger than what is read: it hides no other."""

from __future__ import annotations

import importlib

import pytest

from adapters.vendors.client.bodies import Body
from adapters.vendors.client.http import TooLarge
from bot.model import TicketId
from tests.support.vendors.world import PLAIN, Case, absent, ids, world

every_vendor = pytest.mark.parametrize("case", PLAIN, ids=str)
LIMITS = {
    "LARGEST_BODY": (
        60_000,
        (
            "client.http",
            "client.bodies",
            "client.responses",
            "client.smaller_pages",
            "nextcommerce.pages",
            "sellsn.vendor",
        ),
    ),
    "LARGEST_SINGLE": (62_000, ("client.smaller_pages",)),
    "BEGINNING": (9_000, ("client.smaller_pages", "nextcommerce.pages", "sellsn.vendor")),
    "LARGEST_FIELD": (10_000, ("client.large_lists",)),
}
MANY = 12
LARGE = "x" * 100_000
DAY = 24 * 3600.0


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything a hundred times smaller."""
    for name, (value, modules) in LIMITS.items():
        for module in modules:
            monkeypatch.setattr(importlib.import_module(f"adapters.vendors.{module}"), name, value)


@every_vendor
@pytest.mark.parametrize("place", [0, MANY // 2, MANY - 1])
@pytest.mark.parametrize("full", [True, False])
async def test_one_ticket_that_is_too_large(case: Case, place: int, full: bool) -> None:
    """The others are yielded, whatever its place, in every sweep; it is yielded by its id, and cannot be read."""
    async with world(case) as here:
        made = here.write(place)
        here.clock.advance(60.0)
        large = TicketId(here.store.customer_writes(LARGE, LARGE))
        made += here.write(MANY - place - 1)
        for _ in range(3):
            here.ledger.known.clear()
            found = await here.sweep(full=full)
            # One that is absent is read by itself.
            assert sorted({*ids(found), *absent(found)}) == sorted([*made, large])
            here.clock.advance(30.0)
        with pytest.raises(TooLarge):
            await here.vendor.ticket(large)
        for ticket in made:
            assert (await here.vendor.ticket(ticket)).messages
        assert (await here.vendor.check()).ok


@every_vendor
async def test_it_is_not_sent_again_in_every_sweep(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known to be too large is read only at its beginning."""
    read: list[int] = []
    count = Body.count

    def counted(self: Body, packed: int) -> None:
        read.append(packed)
        count(self, packed)

    monkeypatch.setattr(Body, "count", counted)
    async with world(case) as here:
        here.write(MANY // 2)
        here.store.customer_writes(LARGE, "x" * 900_000)
        here.write(MANY // 2)
        here.clock.advance(3 * DAY)
        await here.sweep()
        for _ in range(3):
            here.clock.advance(30.0)
            read.clear()
            await here.sweep()
            assert sum(read) < 400_000


@every_vendor
@pytest.mark.parametrize("days_old", [0.0, 3.0])
async def test_a_new_ticket_behind_one_that_is_too_large(case: Case, days_old: float) -> None:
    """It is yielded in the next sweep; where the large one is as new, in the one after that at the latest."""
    async with world(case) as here:
        here.write(MANY // 2)
        here.store.customer_writes(LARGE, LARGE)
        here.clock.advance(days_old * DAY)
        await here.sweep(full=True)
        for _ in range(4):
            await here.sweep()
            (made,) = here.write(1)
            found = [ids(await here.sweep())]
            if days_old < 1.0 and made not in found[0]:
                found.append(ids(await here.sweep()))
            assert made in found[-1]
