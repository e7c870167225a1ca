"""After an outage: what was tried in vain does not wait out a pause of hours once its destination works again."""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.model import Status, ThreadId, TicketId
from tests.support.simulation.loop import now
from tests.support.simulation.one_ticket import one_ticket
from tests.support.simulation.room import Room
from tests.support.simulation.world import Simulation

pytestmark = [pytest.mark.simulated, pytest.mark.takes(2)]

MINUTE, HOUR = 60.0, 3600.0


async def is_shown(sim: Simulation, room: Room, text: str, seconds: float) -> None:
    await sim.advance_until(lambda: any(text in texts for texts in map(room.texts, list(room.shown))), seconds)


@pytest.mark.parametrize("hours", [0.5, 2, 7])
async def test_a_reply_leaves_as_soon_as_its_store_works_again(tmp_path: Path, hours: float) -> None:
    """It was tried less and less often; the first sweep that works brings the next attempt."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, discord, _slack):
        sim.fate.down = {"main"}
        discord.writes(ThreadId("1.1"), "t1 It is on its way")
        await asyncio.sleep(hours * HOUR)
        sim.fate.down.clear()
        await sim.advance_until(lambda: shop.ours(TicketId("t1")) == ["t1 It is on its way"], 3 * MINUTE)


@pytest.mark.parametrize("hours", [0.5, 2, 7])
async def test_posts_follow_the_first_that_arrives_again(tmp_path: Path, hours: float) -> None:
    """Tickets whose posts failed for hours are shown a few minutes after a chat has taken any other."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, discord, _slack):
        for ticket in ("t2", "t3"):
            shop.customer_writes(ticket, f"{ticket} Hello?")
            await is_shown(sim, discord, f"{ticket} Hello?", 5 * MINUTE)
        sim.fate.down = {"discord"}
        for ticket in ("t2", "t3"):
            shop.customer_writes(ticket, f"{ticket} Anybody?")
        await asyncio.sleep(hours * HOUR)
        sim.fate.down.clear()
        shop.customer_writes("t1", "t1 And this?")
        for ticket in ("t2", "t3"):
            await is_shown(sim, discord, f"{ticket} Anybody?", 4 * MINUTE)


async def test_a_start_tries_everything_at_once(tmp_path: Path) -> None:
    """Whoever starts shopbell anew may have put right what was in the way."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, discord, _slack):
        sim.fate.down = {"discord"}
        shop.customer_writes("t1", "t1 Anybody?")
        await asyncio.sleep(7 * HOUR)
        sim.fate.down.clear()
        sim.restart()
        await is_shown(sim, discord, "t1 Anybody?", MINUTE)


async def test_what_fails_for_its_own_reason_is_not_tried_with_every_other(tmp_path: Path) -> None:
    """Others' success brings one attempt a minute at most."""
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, discord, _slack):
        shop.customer_writes("t2", "t2 Hello?")
        await is_shown(sim, discord, "t2 Hello?", 5 * MINUTE)
        tried: list[datetime] = []
        post = discord.post

        async def refusing(*values: object) -> object:
            if "t2 Anybody?" in repr(values):
                tried.append(now())
                if len(tried) < 15:
                    raise Unavailable("503")
            return await post(*values)  # type: ignore[arg-type]

        discord.post = refusing  # type: ignore[method-assign, assignment]
        shop.customer_writes("t2", "t2 Anybody?")
        for number in range(200):
            shop.customer_writes("t1", f"t1 number {number}")
            await asyncio.sleep(20)
        pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(tried)]
        assert len(tried) == 15
        assert min(pauses[3:]) >= MINUTE
        discord.post = post  # type: ignore[method-assign]


async def test_what_a_destination_asked_for_is_kept(tmp_path: Path) -> None:
    """Neither others' success nor a new start brings an attempt before the time that a 503 names is over."""
    asked = 10 * MINUTE
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, discord, _slack):
        tried: list[datetime] = []
        post = discord.post

        async def busy(*values: object) -> object:
            if len(tried) < 10 and "t1 Anybody?" in repr(values):
                tried.append(now())
                raise Unavailable("503", retry_after=asked)
            return await post(*values)  # type: ignore[arg-type]

        shop.customer_writes("t2", "t2 Hello?")
        await is_shown(sim, discord, "t2 Hello?", 5 * MINUTE)
        discord.post = busy  # type: ignore[method-assign, assignment]
        shop.customer_writes("t1", "t1 Anybody?")
        for number in range(200):
            shop.customer_writes("t2", f"t2 number {number}")
            await asyncio.sleep(40)
            if number == 100:
                sim.restart()
        pauses = [round((later - earlier).total_seconds()) for earlier, later in pairwise(tried)]
        assert len(tried) == 10
        assert min(pauses) >= asked
        discord.post = post  # type: ignore[method-assign]


async def test_a_store_that_works_again_is_not_asked_too_soon(tmp_path: Path) -> None:
    """The sweep that works brings a reply's next attempt, but not before the time that its store has named."""
    asked = 10 * MINUTE
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (sim, shop, discord, _slack):
        tried: list[datetime] = []
        reply = shop.reply

        async def busy(*values: object) -> object:
            tried.append(now())
            if len(tried) < 10:
                sim.fate.down = {"main"}
                asyncio.get_running_loop().call_later(3 * MINUTE, sim.fate.down.clear)
                raise Unavailable("503", retry_after=asked)
            return await reply(*values)  # type: ignore[arg-type]

        shop.reply = busy  # type: ignore[method-assign, assignment]
        discord.writes(ThreadId("1.1"), "t1 It is on its way")
        await sim.advance_until(lambda: shop.ours(TicketId("t1")) == ["t1 It is on its way"], 5 * HOUR)
        assert min(round((later - earlier).total_seconds()) for earlier, later in pairwise(tried)) >= asked
        shop.reply = reply  # type: ignore[method-assign]


async def test_a_card_is_not_asked_for_too_soon(tmp_path: Path) -> None:
    """Whatever changes in its ticket, a card waits as long as a 503 has named."""
    asked = 10 * MINUTE
    async with one_ticket(tmp_path / "db", quiet_for=20 * MINUTE) as (_sim, shop, discord, _slack):
        tried: list[datetime] = []
        render = discord.render_card

        async def busy(*values: object) -> object:
            tried.append(now())
            if len(tried) < 4:
                raise Unavailable("503", retry_after=asked)
            return await render(*values)  # type: ignore[arg-type]

        discord.render_card = busy  # type: ignore[method-assign, assignment]
        for number in range(40):
            shop.customer_writes("t1", f"t1 number {number}", subject=f"t1 {number}")
            shop.set("t1", Status.CLOSED if number % 2 else Status.OPEN)
            await asyncio.sleep(MINUTE)
        assert min(round((later - earlier).total_seconds()) for earlier, later in pairwise(tried[:4])) >= asked
        shop.set("t1", Status.OPEN)
        discord.render_card = render  # type: ignore[method-assign]
