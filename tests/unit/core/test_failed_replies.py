"""Replies that failed for good: marked, told with the reason, kept, and tried again when somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from bot.desk import drop
from bot.errors import Gone
from bot.model import Conversation, DeliveryId, Mark, ThreadId, TicketId, Verb
from bot.retry import Schedule
from tests.property.simulation import SimulatedLoop, simulate
from tests.property.simulation_bridge import Simulation
from tests.property.simulation_checks import unsettled
from tests.property.simulation_fate import Trouble
from tests.property.simulation_room import Room
from tests.property.simulation_shop import Shop

T1 = TicketId("t1")
THREAD = ThreadId("1.1")
_REPLIES = "SELECT id, state, doubt, error FROM deliveries WHERE kind = 'reply' ORDER BY id"


def play(
    path: Path, story: Callable[[Simulation, Shop, Room, Room], Awaitable[None]], schedule: Schedule | None = None
) -> None:
    """One store with one ticket, shown in both chats; then the story, and everything is as it must be."""

    async def whole(loop: SimulatedLoop) -> None:
        async with Simulation(loop, path, stores={"main": ("discord:1", "slack:1")}, schedule=schedule) as sim:
            shop, discord, slack = sim.shops["main"], sim.rooms["discord"], sim.rooms["slack"]
            shop.customer_writes("t1", "t1 Hello?")
            await sim.until(lambda: all("t1 Hello?" in room.texts("1.1") for room in (discord, slack)))
            await story(sim, shop, discord, slack)
            await sim.settle()
            assert unsettled(sim) == []

    simulate(whole)


def test_the_last_try_leaves_doubt_where_its_answer_was_lost(tmp_path: Path) -> None:
    """What was looked for in vain may still arrive: the thread does not say that it did not, Retry looks first."""

    async def story(sim: Simulation, shop: Shop, discord: Room, slack: Room) -> None:
        await asyncio.sleep(60)
        shop.lag = timedelta(seconds=60)
        sim.fate.planned["main", "reply"] = [Trouble.REFUSED, Trouble.ANSWER_LOST]
        written = discord.writes(THREAD, "t1 answer")
        await sim.until(lambda: discord.reactions[written.id] == {Mark.FAILED})
        await sim.until(lambda: len(discord.texts("1.1")) > 1)
        assert discord.texts("1.1")[1] == (
            "❌ Nobody can tell whether your message reached the customer. Its answer was lost. It is kept here; "
            "“Retry” looks for it before it is sent again."
        )
        await asyncio.sleep(120)
        for row in sim.rows(_REPLIES):
            await sim.press(Verb.RETRY, row["id"])
        await asyncio.sleep(120)
        assert shop.ours(T1) == ["t1 answer"]
        assert slack.texts("1.1").count("t1 answer") == 1
        assert discord.reactions[written.id] == {Mark.DELIVERED}

    play(tmp_path / "db", story, Schedule(retries=(1,)))


def test_what_was_dropped_while_it_was_looked_for_stays_dropped(tmp_path: Path) -> None:
    """A reply that somebody drops is no failure afterwards, even if its ticket turns out to be gone meanwhile."""

    async def story(sim: Simulation, shop: Shop, discord: Room, slack: Room) -> None:
        looking, answer = asyncio.Event(), asyncio.Event()

        async def gone(ticket: TicketId) -> Conversation:
            looking.set()
            await answer.wait()
            raise Gone("It is not there.")

        read = shop.ticket
        shop.ticket = gone  # type: ignore[method-assign]
        sim.fate.planned["main", "reply"] = [Trouble.LOST_ON_THE_WAY]
        written = discord.writes(THREAD, "t1 answer")
        await sim.until(looking.is_set)
        (row,) = sim.rows(_REPLIES)
        await sim.database.write(drop, DeliveryId(row["id"]), sim.clock.now())
        sim.discarded.append(written)
        answer.set()
        await asyncio.sleep(60)
        shop.ticket = read  # type: ignore[method-assign]
        assert [reply["state"] for reply in sim.rows(_REPLIES)] == ["dropped"]
        assert discord.reactions[written.id] == set()
        assert [text for text in discord.texts("1.1") if "❌" in text] == []
        shop.customer_writes("t1", "t1 And now?")

    play(tmp_path / "db", story)
