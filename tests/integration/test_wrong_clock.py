"""This machine's clock is wrong, or is set while shopbell runs: nothing is lost, doubled, hurried or kept waiting."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.rows import from_ms
from bot.model import Ask, Status, ThreadId, Verb
from tests.support.simulation.fate import Fate, Trouble
from tests.support.simulation.loop import simulated_loop
from tests.support.simulation.one_ticket import ONE_STORE, one_ticket, place_of_ticket
from tests.support.simulation.room import agent
from tests.support.simulation.world import UNDO, Simulation

pytestmark = [pytest.mark.simulated, pytest.mark.takes(1)]


DAY = 86_400.0
_WRONG = pytest.mark.parametrize("skew", [-DAY, -600.0, 30.0, 360.0, 7200.0, DAY])


@_WRONG
async def test_what_was_said_is_found_by_no_clock_of_ours(tmp_path: Path, skew: float) -> None:
    """Posts, lines and threads whose answers were lost are found and not repeated, whatever our clock says."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.clock.skew = skew
        for chat in ("discord", "slack"):
            sim.fate.planned[chat, "open_thread"] = [Trouble.ANSWER_LOST]
            sim.fate.planned[chat, "post"] = [Trouble.ANSWER_LOST, Trouble.HUNG_AND_DONE]
        shop.customer_writes("t1", "t1 Anybody?")
        shop.customer_writes("t2", "t2 Hello?")
        shop.customer_writes("t2", "t2 Anybody?")
        await sim.advance_until(lambda: not any(sim.fate.planned.values()), 600)
        await asyncio.sleep(120)
        for room in (discord, slack):
            assert room.texts("1.1").count("t1 Anybody?") == 1
            assert len(room.threads()) == 2


@_WRONG
async def test_the_first_thing_ever_said_is_found_too(tmp_path: Path, skew: float) -> None:
    """Before anything was said in a chat, nothing is known that is older."""
    fate = Fate()
    for room in ("discord", "slack"):
        fate.planned[room, "open_thread"] = [Trouble.ANSWER_LOST, Trouble.HUNG_AND_DONE]
    async with Simulation(simulated_loop(), tmp_path / "db", stores=ONE_STORE, fate=fate) as sim:
        sim.clock.skew = skew
        sim.shops["main"].customer_writes("t1", "t1 Hello?")
        await sim.advance_until(lambda: all("t1 Hello?" in room.texts("1.1") for room in sim.rooms.values()))
        await sim.settle()
        assert [len(room.threads()) for room in sim.rooms.values()] == [1, 1]


@_WRONG
async def test_undo_time_runs_from_when_a_reply_came_in(tmp_path: Path, skew: float) -> None:
    """A reply waits its five seconds, no less and no more, and is not taken for old."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.clock.skew = skew
        await asyncio.sleep(60)
        for room in (discord, slack):
            room.writes(ThreadId("1.1"), f"t1 From {room.name}.")
        await asyncio.sleep(UNDO - 0.5)
        assert shop.texts("t1") == []
        await asyncio.sleep(5)
        assert shop.texts("t1") == ["t1 From discord.", "t1 From slack."]


@_WRONG
async def test_what_was_found_is_as_old_as_its_chat_says(tmp_path: Path, skew: float) -> None:
    """What was missed for half an hour is sent, what was missed for longer than an hour is asked about."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.clock.skew = skew
        await asyncio.sleep(60)
        discord.disconnects(1800)
        slack.disconnects(4200)
        await asyncio.sleep(1)
        discord.writes(ThreadId("1.1"), "t1 Half an hour ago.")
        slack.writes(ThreadId("1.1"), "t1 More than an hour ago.")
        await asyncio.sleep(4300)
        assert shop.texts("t1") == ["t1 Half an hour ago."]
        assert [text for text in slack.texts("1.1") if "Send it now?" in text] != []
        sim.observe()
        assert [row["id"] for row in sim.rows("SELECT id FROM deliveries WHERE state = 'held'")] != []


@pytest.mark.parametrize("back", [120.0, 7200.0, DAY])
@pytest.mark.parametrize("meanwhile", [True, False])
async def test_what_waits_does_not_wait_for_the_time_to_come_again(
    tmp_path: Path, back: float, meanwhile: bool
) -> None:
    """Our clock was ahead and is set right, while shopbell runs or not: what was to be tried again soon is."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.clock.skew = back
        await asyncio.sleep(60)
        sim.fate.planned["discord", "post"] = [Trouble.REFUSED] * 3
        sim.fate.planned["main", "reply"] = [Trouble.REFUSED] * 3
        shop.customer_writes("t1", "t1 Anybody?")
        slack.writes(ThreadId("1.1"), "t1 Here you are.")
        await sim.advance_until(lambda: not any(sim.fate.planned.values()))
        if not meanwhile:
            sim.restart()
            await asyncio.sleep(0.1)
        sim.clock.skew = 0.0
        await asyncio.sleep(120)
        assert discord.texts("1.1").count("t1 Anybody?") == 1
        assert shop.texts("t1") == ["t1 Here you are."]


async def test_a_ticket_that_was_closed_in_the_future_is_noticed(tmp_path: Path) -> None:
    """Set back by two hours after closing, our clock keeps nobody from seeing that the customer wrote again."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, slack):
        sim.clock.skew = 7200.0
        await asyncio.sleep(30)
        await sim.ask(slack, Ask(verb=Verb.CLOSE, agent=agent(), place=place_of_ticket(slack)))
        await asyncio.sleep(60)
        sim.clock.skew = 0.0
        shop.customer_writes("t1", "t1 It broke again.")
        await asyncio.sleep(300)
        assert "t1 It broke again." in discord.texts("1.1")
        assert [row["status"] for row in sim.rows("SELECT status FROM tickets")] == [Status.OPEN]


async def test_the_undo_time_survives_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """A reply that was written in the very moment still waits its five seconds."""
    async with one_ticket(tmp_path / "db") as (sim, shop, discord, _slack):
        sim.clock.skew = DAY
        await asyncio.sleep(60)
        sim.clock.skew = 0.0
        discord.writes(ThreadId("1.1"), "t1 Here you are.")
        await asyncio.sleep(UNDO - 0.5)
        assert shop.texts("t1") == []
        await asyncio.sleep(5)
        assert shop.texts("t1") == ["t1 Here you are."]


@pytest.mark.parametrize("jump", [-DAY, -3_600.0, 600.0, DAY])
async def test_a_snooze_ends_once_at_its_time_on_the_clock(tmp_path: Path, jump: float) -> None:
    """A time on the clock is meant: set forward past it, the ticket is back within a minute; set back, later. Once."""
    async with one_ticket(tmp_path / "db") as (sim, _shop, discord, slack):
        until = f"{sim.clock.now() + timedelta(minutes=5):%H:%M}"
        await sim.ask(slack, Ask(verb=Verb.SNOOZE, agent=agent(), place=place_of_ticket(slack), words=until))
        await asyncio.sleep(60)
        sim.clock.skew = jump
        await asyncio.sleep(max(0.0, 240.0 - jump) + 70)
        over = [text for text in discord.texts("1.1") if "snooze" in text.casefold()]
        assert len(over) == 1
        sim.clock.skew = 0.0
        await asyncio.sleep(600)
        assert [text for text in discord.texts("1.1") if "snooze" in text.casefold()] == over


@pytest.mark.parametrize("ahead", [3_600.0, DAY, 30 * DAY])
@pytest.mark.parametrize("meanwhile", [True, False])
async def test_a_snooze_for_two_hours_is_for_two_hours(tmp_path: Path, ahead: float, meanwhile: bool) -> None:
    """It was asked for while our clock was ahead, and that is set right while shopbell runs or not: once, in time."""
    async with one_ticket(tmp_path / "db") as (sim, _shop, discord, slack):
        sim.clock.skew = ahead
        await asyncio.sleep(60)
        await sim.ask(slack, Ask(verb=Verb.SNOOZE, agent=agent(), place=place_of_ticket(slack), words="for 2 hours"))
        if not meanwhile:
            sim.restart()
            await asyncio.sleep(0.1)
        sim.clock.skew = 0.0
        await asyncio.sleep(30)
        sim.observe()
        (row,) = sim.rows("SELECT snoozed_until FROM tickets")
        assert timedelta(hours=1, minutes=59) < from_ms(row["snoozed_until"]) - sim.clock.now() <= timedelta(hours=2)
        shown = discord.cards[ThreadId("1.1")][-1].moment
        assert shown is not None
        assert shown.at == from_ms(row["snoozed_until"])
        await asyncio.sleep(7_000)
        assert [text for text in discord.texts("1.1") if "snooze" in text.casefold()] == []
        await asyncio.sleep(300)
        assert len([text for text in discord.texts("1.1") if "snooze" in text.casefold()]) == 1
