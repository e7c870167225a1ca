"""Tickets that their vendor lists and does not let us read: the store goes on without them, and people are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from bot.errors import AuthFailed, RateLimited, Rejected, RemoteError, Unavailable
from bot.model import Conversation, Status, TicketId
from tests.support.simulation.checks import unsettled
from tests.support.simulation.loop import simulated_loop
from tests.support.simulation.one_ticket import ONE_STORE
from tests.support.simulation.room import Room
from tests.support.simulation.shop import Shop
from tests.support.simulation.world import Simulation

pytestmark = [pytest.mark.simulated, pytest.mark.takes(1)]


MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
REFUSED = [
    pytest.param(Unavailable("It answers 500."), id="500"),
    pytest.param(AuthFailed("It answers 403."), id="403"),
    pytest.param(Rejected("It cannot be asked for anything with this id."), id="no address"),
    pytest.param(ValueError("a field that is a list"), id="a defect"),
]


@dataclass
class Poison:
    """Tickets of a shop that cannot be read; `tries` says when each was tried."""

    sim: Simulation
    shop: Shop
    error: Exception
    tickets: set[TicketId] = field(default_factory=set)
    tries: dict[TicketId, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        read = self.shop.ticket

        async def ticket(ticket: TicketId) -> Conversation:
            if ticket in self.tickets:
                self.tries.setdefault(ticket, []).append(self.sim.loop.time())
                raise self.error
            return await read(ticket)

        self.shop.ticket = ticket  # type: ignore[method-assign]

    def writes(self, *tickets: str) -> None:
        """Customers open tickets that cannot be read."""
        for ticket in tickets:
            self.tickets.add(TicketId(ticket))
            self.shop.customer_writes(ticket, f"{ticket} Hello?")


@asynccontextmanager
async def poisoned(
    path: Path, error: Exception, *, tickets: int = 1
) -> AsyncIterator[tuple[Simulation, Poison, Room, Room]]:
    """One store with some tickets; in the end everything can be read, and is as it must be."""
    async with Simulation(simulated_loop(), path, stores=ONE_STORE) as sim:
        shop, discord, slack = sim.shops["main"], sim.rooms["discord"], sim.rooms["slack"]
        for name in (f"t{number + 1}" for number in range(tickets)):
            shop.customer_writes(name, f"{name} Hello?")
            await appears(sim, slack, f"{name} Hello?")
        await asyncio.sleep(5 * MINUTE)
        poison = Poison(sim, shop, error)
        yield sim, poison, discord, slack
        await all_can_be_read(sim, poison)


async def all_can_be_read(sim: Simulation, poison: Poison) -> None:
    """The errors are over, and everything comes to rest as it must."""
    sim.problems = [problem for problem in sim.problems if problem is not poison.error]
    poison.tickets.clear()
    await sim.settle()
    assert unsettled(sim) == []


def shown(room: Room, text: str) -> int:
    """How often a chat shows this in any thread."""
    return sum(room.texts(thread).count(text) for thread in room.threads())


async def appears(sim: Simulation, room: Room, text: str, *, times: int = 1) -> float:
    """How many seconds it takes until a chat shows this so often."""
    began = sim.loop.time()
    await sim.advance_until(lambda: shown(room, text) == times)
    return sim.loop.time() - began


async def remarks(sim: Simulation) -> list[str]:
    """What `healthz` says about the store."""
    assert sim._process is not None
    return [text for text in await sim._process.health.details() if text.startswith("store")]


@pytest.mark.parametrize("error", REFUSED)
@pytest.mark.parametrize("amount", [1, 3, 12])
@pytest.mark.parametrize("others", [4, pytest.param(12, marks=pytest.mark.soak)])
async def test_they_hold_up_no_other(tmp_path: Path, error: Exception, amount: int, others: int) -> None:
    """However many there are before it in the list, a new ticket is shown as quickly as ever; the channel is quiet."""
    async with poisoned(tmp_path / "db", error) as (sim, poison, discord, slack):
        poison.writes(*(f"bad{number}" for number in range(amount)))
        poison.shop.customer_writes("good", "good Hello?")
        assert await appears(sim, discord, "good Hello?") < 60
        for number in range(others):
            await asyncio.sleep(5 * MINUTE)
            poison.shop.customer_writes(f"good{number}", f"good{number} Hello?")
            assert await appears(sim, slack, f"good{number} Hello?") < 60
        assert len(discord.texts("1")) <= 1 + amount // 10
        assert [text for text in discord.texts("1") if "cannot be read" not in text] == []


@pytest.mark.parametrize("error", REFUSED)
async def test_first_contact_ends_without_them(tmp_path: Path, error: Exception) -> None:
    """The store's past is known although a ticket of it cannot be read; that one is shown as soon as it can be."""
    async with Simulation(simulated_loop(), tmp_path / "db", stores=ONE_STORE) as sim:
        poison = Poison(sim, sim.shops["main"], error)
        poison.writes("bad")
        poison.shop.customer_writes("good", "good Hello?")
        await asyncio.sleep(5 * MINUTE)
        (store,) = sim.rows("SELECT * FROM stores")
        assert store["first_swept_at"] is not None
        assert store["incident"] is None
        poison.tickets.clear()
        assert await appears(sim, sim.rooms["slack"], "bad Hello?") < 17 * MINUTE
        await all_can_be_read(sim, poison)


@pytest.mark.takes(2)
async def test_each_is_tried_more_and_more_rarely(tmp_path: Path) -> None:
    """At first after half a minute, in the end four times an hour; never given up."""
    async with poisoned(tmp_path / "db", Unavailable("It answers 500.")) as (sim, poison, _discord, _slack):
        poison.writes("bad")
        await asyncio.sleep(HOUR)
        tries = poison.tries[TicketId("bad")]
        pauses = [later - earlier for earlier, later in pairwise(tries)]
        assert 25 < pauses[0] < 90
        assert all(later > 1.2 * earlier for earlier, later in pairwise(pauses[:5]))
        poison.tries.clear()
        await sim.passes(DAY)
        assert 24 * 3 <= len(poison.tries[TicketId("bad")]) <= 24 * 4


@pytest.mark.takes(4)
async def test_a_new_ticket_that_stays_unreadable_is_reported_in_the_channels(tmp_path: Path) -> None:
    """It has no thread yet: the store's channels read of it once, for all of them together, also after restarts."""
    async with poisoned(tmp_path / "db", Unavailable("It answers 500.")) as (sim, poison, discord, slack):
        poison.writes("bad1", "bad2", "bad3", "bad4", "bad5")
        await asyncio.sleep(10 * MINUTE)
        assert discord.texts("1") == []
        await asyncio.sleep(20 * MINUTE)
        (line,) = discord.texts("1")
        assert line == (
            "⚠️ 5 tickets of Main · Memory cannot be read: bad1, bad2, bad3 and 2 more. It answers 500. "
            "Each gets its thread as soon as it can be read."
        )
        for _ in range(2):
            sim.kill()
            await sim.passes(8 * HOUR)
        assert discord.texts("1") == slack.texts("1") == [line]
        poison.shop.vanishes(TicketId("bad1"))
        poison.shop.said.pop(TicketId("bad1"))
        await sim.passes(9 * HOUR)
        (remark,) = await remarks(sim)
        assert remark.startswith("store main: unreadable tickets: 4, since 2026-03-01 12:20:")
        poison.tickets.clear()
        await asyncio.sleep(17 * MINUTE)
        assert [shown(discord, f"bad{number} Hello?") for number in range(1, 6)] == [0, 1, 1, 1, 1]
        assert await remarks(sim) == []


@pytest.mark.takes(3)
async def test_a_known_ticket_that_stays_unreadable_is_reported_in_its_threads(tmp_path: Path) -> None:
    """Its threads read once that something may be missing; what it was is shown when it can be read; then anew."""
    line = (
        "⚠️ shopbell cannot read this ticket at Memory right now. It answers 500. "
        "What the customer writes appears here as soon as it can be read."
    )

    async with poisoned(tmp_path / "db", Unavailable("It answers 500."), tickets=2) as (sim, poison, discord, slack):
        for time in (1, 2):
            poison.writes("t1")
            await asyncio.sleep(10 * MINUTE)
            assert discord.texts("1.1").count(line) == time - 1
            await asyncio.sleep(20 * MINUTE)
            assert discord.texts("1.1").count(line) == slack.texts("1.1").count(line) == time
            sim.kill()
            await sim.passes(8 * HOUR)
            assert discord.texts("1.1").count(line) == slack.texts("1.1").count(line) == time
            poison.tickets.clear()
            await appears(sim, discord, "t1 Hello?", times=1 + time)
        assert discord.texts("1") == slack.texts("1") == []


async def test_nothing_is_reported_of_one_that_fails_for_some_minutes(tmp_path: Path) -> None:
    """A ticket that can be read at last is shown, and that is all."""
    async with poisoned(tmp_path / "db", Unavailable("It answers 500."), tickets=2) as (_sim, poison, discord, _slack):
        poison.writes("t1", "bad")
        await asyncio.sleep(5 * MINUTE)
        poison.tickets.clear()
        await asyncio.sleep(HOUR)
        assert discord.texts("1.1") == ["t1 Hello?", "t1 Hello?"]
        assert shown(discord, "bad Hello?") == 1
        assert discord.texts("1") == []


@pytest.mark.parametrize("amount", [1, 2, 15])
async def test_where_no_ticket_can_be_read_the_store_is_down(tmp_path: Path, amount: int) -> None:
    """It lists its tickets and lets none be read: one banner, no word about single tickets, all at once afterwards."""
    async with poisoned(tmp_path / "db", Unavailable("It answers 500."), tickets=3) as (sim, poison, discord, _slack):
        poison.tickets |= {TicketId("t1"), TicketId("t2"), TicketId("t3")}
        poison.writes(*(f"new{number}" for number in range(amount)))
        await sim.passes(2 * HOUR)
        (banner,) = discord.texts("1")
        assert banner.startswith("⚠️ Main · Memory does not answer. It answers 500.")
        poison.tickets.clear()
        for number in range(amount):
            assert await appears(sim, discord, f"new{number} Hello?") < 8 * MINUTE
        await asyncio.sleep(10 * MINUTE)
        assert [text[0] for text in discord.texts("1")] == ["⚠", "▶"]
        assert [len(discord.texts(thread)) for thread in discord.threads()] == [1] * (3 + amount)


async def test_limits_met_while_reading_are_the_stores(tmp_path: Path) -> None:
    """A budget is the store's as a whole: nothing more is asked in that pass, and nobody is told of the ticket."""
    error: RemoteError = RateLimited("It allows no more.", retry_after=50.0)

    async with poisoned(tmp_path / "db", error) as (_sim, poison, discord, _slack):
        poison.writes("bad1", "bad2")
        await asyncio.sleep(10 * MINUTE)
        assert TicketId("bad2") not in poison.tries
        pauses = [later - earlier for earlier, later in pairwise(poison.tries[TicketId("bad1")])]
        assert min(pauses) >= 50
        poison.tickets.clear()
        await asyncio.sleep(6 * MINUTE)
        assert discord.texts("1") == []


async def test_a_nudge_tries_it_at_once_and_passes_it_by(tmp_path: Path) -> None:
    """A webhook about it is worth a try whenever it comes, and those named with it are read all the same."""
    async with poisoned(tmp_path / "db", Unavailable("It answers 500."), tickets=2) as (sim, poison, discord, _slack):
        poison.writes("t1")
        await asyncio.sleep(HOUR)
        tries = len(poison.tries[TicketId("t1")])
        poison.shop.customer_writes("t2", "t2 And now?")
        sim.nudge("main", "t1")
        sim.nudge("main", "t2")
        assert await appears(sim, discord, "t2 And now?") < 5
        assert len(poison.tries[TicketId("t1")]) == tries + 1
        poison.tickets.clear()
        sim.nudge("main", "t1")
        await sim.advance_until(lambda: discord.texts("1.1").count("t1 Hello?") == 2, 5)


@pytest.mark.takes(2)
async def test_one_that_leaves_the_list_meanwhile_is_not_reported(tmp_path: Path) -> None:
    """A ticket that its vendor deletes before it could ever be read is forgotten."""
    async with poisoned(tmp_path / "db", Unavailable("It answers 500.")) as (sim, poison, discord, _slack):
        poison.writes("bad")
        await asyncio.sleep(3 * MINUTE)
        poison.shop.vanishes(TicketId("bad"))
        poison.shop.said.pop(TicketId("bad"))
        await sim.passes(DAY)
        assert discord.texts("1") == []


@pytest.mark.takes(2)
async def test_what_only_a_full_sweep_shows_is_not_put_off_for_hours(tmp_path: Path) -> None:
    """A closed ticket that could not be read when all were looked at is looked at again within minutes."""
    async with poisoned(tmp_path / "db", Unavailable("It answers 500."), tickets=2) as (sim, poison, discord, _slack):
        poison.shop.reopens = False
        poison.shop.set("t1", Status.CLOSED)
        await asyncio.sleep(5 * MINUTE)
        poison.writes("t1")
        await sim.advance_until(lambda: TicketId("t1") in poison.tries, 9 * HOUR)
        poison.tickets.clear()
        assert discord.texts("1.1").count("t1 Hello?") == 1
        await sim.advance_until(lambda: discord.texts("1.1").count("t1 Hello?") == 2, 40 * MINUTE)


async def test_one_that_is_closed_when_it_can_be_read_at_last_is_noticed(tmp_path: Path) -> None:
    """It has its thread from then on, and what is written there while shopbell is away is found like anywhere."""
    async with poisoned(tmp_path / "db", Unavailable("It answers 500.")) as (sim, poison, discord, _slack):
        poison.shop.reopens = False
        poison.writes("bad")
        await sim.advance_until(lambda: poison.tries)
        poison.shop.set("bad", Status.CLOSED)
        await asyncio.sleep(MINUTE)
        poison.tickets.clear()
        assert await appears(sim, discord, "bad Hello?") < 20 * MINUTE
        thread = next(thread for thread in discord.threads() if "bad Hello?" in discord.texts(thread))
        discord.disconnects(30)
        discord.writes(thread, "bad Sorry for that.")
        await sim.advance_until(lambda: "bad Sorry for that." in poison.shop.ours(TicketId("bad")))
