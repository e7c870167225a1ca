"""
One customer, one ticket, one channel and one store hold up no other.

Both platforms keep their limits here, and time is simulated: how long something takes is the same on every machine.
`tests/property/test_fairness.py` draws what others do by chance; these are the cases that were found.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from types import MappingProxyType

import pytest

from bot.clock import Clock
from bot.db.connection import Transaction
from bot.errors import Gone, Unavailable
from bot.model import Agent, AgentId, Conversation, MessageId, TicketId
from bot.outbound import dispatcher, outbox
from bot.outbound.dispatcher import Turn
from bot.outbound.job import Job
from bot.outbound.ready_lanes import Look, look_for_lanes
from tests.support.memory.bridge import running
from tests.support.simulation.checks import live_threads, unsettled
from tests.support.simulation.fate import Fate
from tests.support.simulation.limited_room import LimitedDiscord, LimitedSlack
from tests.support.simulation.loop import simulated_loop
from tests.support.simulation.one_ticket import one_ticket
from tests.support.simulation.room import Room
from tests.support.simulation.world import Simulation
from tests.support.waiting import until

pytestmark = [pytest.mark.simulated, pytest.mark.takes(1)]

_ROOMS: Mapping[str, type[Room]] = MappingProxyType({"discord": LimitedDiscord, "slack": LimitedSlack})
_STORES = {"busy": ("discord:1", "slack:1"), "quiet": ("discord:2", "slack:2")}
_A_FEW_POSTS = 3.0
"""Seconds; each post takes at most 0.4, and the quiet store's two sweeps and reads take as long."""


@asynccontextmanager
async def two_stores(path: Path) -> AsyncIterator[tuple[Simulation, LimitedDiscord, LimitedSlack]]:
    """A store that will be busy and one that is quiet, with a ticket each; in the end everything is as it must be."""
    fate = Fate(random=Random(1), latency=0.2)
    async with Simulation(simulated_loop(), path, stores=_STORES, fate=fate, rooms=_ROOMS) as sim:
        discord, slack = sim.rooms["discord"], sim.rooms["slack"]
        assert isinstance(discord, LimitedDiscord)
        assert isinstance(slack, LimitedSlack)
        for store in _STORES:
            sim.shops[store].customer_writes(f"{store}-t", f"{store}-t Hello?")
        await sim.advance_until(lambda: len(discord.threads()) == len(slack.threads()) == 2)
        await asyncio.sleep(30)
        yield sim, discord, slack
        await sim.settle()
        assert unsettled(sim) == []


async def quiet_takes(sim: Simulation, number: int) -> float:
    """How many seconds a message of the quiet store takes to both chats."""
    text = f"quiet-t question {number}"
    began = sim.loop.time()
    sim.shops["quiet"].customer_writes("quiet-t", text)
    sim.nudge("quiet", "quiet-t")
    await sim.advance_until(lambda: everywhere(sim.rooms.values(), "quiet-t", text))
    return sim.loop.time() - began


def shown(room: Room, ticket: str) -> list[str]:
    return room.texts(live_threads(room, ticket)[0])


def everywhere(rooms: Collection[Room], ticket: str, text: str) -> bool:
    """Whether each of these rooms shows the text in the ticket's thread."""
    return all(text in shown(room, ticket) for room in rooms)


@pytest.mark.takes(5)
@pytest.mark.parametrize(("messages", "looks"), [(60, 3), pytest.param(150, 10, marks=pytest.mark.soak)])
async def test_long_queues_of_a_few_tickets_freeze_no_chat(tmp_path: Path, messages: int, looks: int) -> None:
    """Eight tickets with dozens of messages each take minutes; the other store's messages take seconds meanwhile."""
    async with two_stores(tmp_path / "db") as (sim, discord, slack):
        for number in range(messages):
            for ticket in range(8):
                sim.shops["busy"].customer_writes(f"busy-{ticket}", f"busy-{ticket} message {number}")
        sim.nudge("busy", "busy-0")
        await asyncio.sleep(15)
        for number in range(looks):
            assert await quiet_takes(sim, number) <= _A_FEW_POSTS
            await asyncio.sleep(3)
        assert any(sum(map(len, room.shown.values())) < 7 * messages for room in (discord, slack)), (
            "the queue was over before"
        )


async def test_a_hundred_new_tickets_delay_no_other_channel_and_leave_no_card_behind(tmp_path: Path) -> None:
    """Discord allows 50 threads in five minutes: what is not allowed yet is not begun, so no card has to go again."""
    async with two_stores(tmp_path / "db") as (sim, discord, slack):
        discord.begun.clear()
        slack.begun.clear()
        for ticket in range(100):
            sim.shops["busy"].customer_writes(f"busy-new-{ticket}", f"busy-new-{ticket} Hello?")
        sim.nudge("busy", "busy-new-0")
        await asyncio.sleep(5)
        for number in range(20):
            assert await quiet_takes(sim, number) <= _A_FEW_POSTS
            await asyncio.sleep(3)
        await sim.advance_until(lambda: len(discord.threads()) == len(slack.threads()) == 102)
        assert discord.begun["open_thread"] == slack.begun["open_thread"] == 100
        assert (discord.refused, discord.without_thread, slack.refused) == (0, 0, 0)


async def test_a_customer_with_a_hundred_new_tickets_delays_no_other_customer(tmp_path: Path) -> None:
    """In Slack openings and posts share one limit: who has a thread there, and who is new, waits for a few of them."""
    async with two_stores(tmp_path / "db") as (sim, _discord, slack):
        shop = sim.shops["busy"]
        shop.customer_writes("busy-karl", "busy-karl Hello?", name="Karl")
        await sim.advance_until(lambda: any(slack.ticket_of(thread) == "busy-karl" for thread in slack.threads()))
        for ticket in range(100):
            shop.customer_writes(f"busy-new-{ticket}", f"busy-new-{ticket} Hello?")
        sim.nudge("busy", "busy-new-0")
        await sim.advance_until(lambda: len(slack.threads()) > 35)  # all of them have been read
        shop.customer_writes("busy-karl", "busy-karl Are you there?", name="Karl")
        shop.customer_writes("busy-lena", "busy-lena Hello?", name="Lena")
        sim.nudge("busy", "busy-karl")
        before = len(slack.threads())
        await sim.advance_until(lambda: "busy-karl Are you there?" in shown(slack, "busy-karl"))
        await sim.advance_until(lambda: any(slack.ticket_of(thread) == "busy-lena" for thread in slack.threads()))
        assert len(slack.threads()) - before <= 8


async def test_a_hundred_tickets_of_one_customer_delay_no_other_of_the_channel(tmp_path: Path) -> None:
    """However long their threads take: what another writes, in an old ticket or a new one, waits for a few posts."""
    async with two_stores(tmp_path / "db") as (sim, discord, slack):
        shop = sim.shops["busy"]
        for ticket in range(100):
            shop.customer_writes(f"busy-new-{ticket}", f"busy-new-{ticket} Hello?", name="Mallory")
        sim.nudge("busy", "busy-new-0")
        await sim.advance_until(lambda: len(discord.threads()) >= 40)
        await asyncio.sleep(30)
        assert len(discord.threads()) < 60, "there is no limit"
        shop.customer_writes("busy-another", "busy-another Hello?", name="Joe")
        sim.nudge("busy", "busy-another")
        await sim.advance_until(lambda: live_threads(discord, "busy-another"), 10)
        for number in range(5):
            text = f"busy-t question {number}"
            shop.customer_writes("busy-t", text)
            sim.nudge("busy", "busy-t")
            rooms = (discord, slack)
            await sim.advance_until(partial(everywhere, rooms, "busy-t", text), _A_FEW_POSTS + 1)
        assert len(discord.threads()) < 103, "the flood was over before"


async def test_the_first_message_follows_its_card(tmp_path: Path) -> None:
    """Agents see customer after customer, and not a hundred cards before the first message."""
    async with two_stores(tmp_path / "db") as (sim, _discord, slack):
        for ticket in range(30):
            sim.shops["busy"].customer_writes(f"busy-new-{ticket}", f"busy-new-{ticket} Hello?")
        await sim.advance_until(lambda: len(slack.threads()) >= 17)
        assert sum(len(slack.texts(thread)) > 0 for thread in slack.threads()) >= 15


async def test_after_a_restart_one_card_at_most_waits_for_its_thread(tmp_path: Path) -> None:
    """A new process cannot know that the limit is used up. It leaves the card and makes the thread when it may."""
    async with two_stores(tmp_path / "db") as (sim, discord, _slack):
        for ticket in range(60):
            sim.shops["busy"].customer_writes(f"busy-new-{ticket}", f"busy-new-{ticket} Hello?", name=f"Jane{ticket}")
        await sim.advance_until(lambda: discord.limit_is_used_up("1"))
        sim.restart()
        discord.forget_limits()
        await asyncio.sleep(60)
        assert len(discord.bare) == discord.without_thread == 1
        await sim.advance_until(lambda: len(discord.threads()) == 62)
        assert len(discord.bare) == 0
        assert discord.without_thread == 1


async def test_a_channel_in_which_every_post_hangs_delays_no_other(tmp_path: Path) -> None:
    """Its turns wait for answers for half a minute each; there are slots for others all that time."""
    async with two_stores(tmp_path / "db") as (sim, _discord, slack):
        slack.hanging.add("1")
        for ticket in range(40):
            sim.shops["busy"].customer_writes(f"busy-{ticket}", f"busy-{ticket} Hello?")
        sim.nudge("busy", "busy-0")
        await asyncio.sleep(10)
        for number in range(5):
            assert await quiet_takes(sim, number) <= _A_FEW_POSTS
        slack.hanging.clear()


async def test_looking_for_work_takes_a_part_of_the_time_and_misses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a long queue each look takes long. Then there are fewer; what is queued meanwhile is seen by the next."""
    looks: list[float] = []

    def slow(tx: Transaction, destinations: Collection[str], clock: Clock) -> Look:
        looks.append(clock.monotonic())
        return replace(look_for_lanes(tx, destinations, clock), seconds=0.5)

    monkeypatch.setattr(dispatcher, "look_for_lanes", slow)
    async with two_stores(tmp_path / "db") as (sim, _discord, _slack):
        looks.clear()
        await asyncio.sleep(60)
        assert len(looks) <= 60 / 5 * 2, "there is nothing to do"
        for number in range(5):
            assert await quiet_takes(sim, number) <= _A_FEW_POSTS + 3 * 1.5
            await asyncio.sleep(7)
        assert min(later - earlier for earlier, later in pairwise(looks)) >= 1.5


@pytest.mark.takes(6)
@pytest.mark.parametrize("messages", [60, pytest.param(200, marks=pytest.mark.soak)])
async def test_a_queue_that_waits_for_its_pace_wakes_only_for_its_posts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, messages: int
) -> None:
    """Slack takes one message a second in a channel: a turn begins only when it may, one for each post."""
    turns = 0
    take_turn = outbox.Outbox._take_turn

    async def counted(self: outbox.Outbox, turn: Turn, job: Job | None) -> None:
        nonlocal turns
        turns += 1
        await take_turn(self, turn, job)

    monkeypatch.setattr(outbox.Outbox, "_take_turn", counted)
    async with two_stores(tmp_path / "db") as (sim, discord, slack):
        for number in range(messages):
            for ticket in range(5):
                # So long that none leaves together with the next.
                text = f"busy-{ticket} message {number} " + "and so on " * 150
                sim.shops["busy"].customer_writes(f"busy-{ticket}", text)
        sim.nudge("busy", "busy-0")
        await asyncio.sleep(60)
        before, turns = discord.begun.total() + slack.begun.total(), 0
        await asyncio.sleep(60)
        posts = discord.begun.total() + slack.begun.total() - before
        assert posts > 50
        assert turns <= posts + 10
        assert slack.refused == 0


# ---------------------------------------------------------------- asking the vendors


async def test_an_agent_who_answers_many_tickets_holds_up_no_colleague(tmp_path: Path) -> None:
    """At a vendor that takes long for each reply: a colleague's reply waits for one of theirs, and not for all."""
    async with running(tmp_path / "db") as bridge:
        for number in range(41):
            bridge.vendor.customer_writes(f"t{number}", "Hello?", name=f"Jane{number}")
        await until(lambda: len(bridge.discord.threads()) == 41, "all threads", seconds=300)
        await bridge.at_rest()
        take = bridge.vendor.reply

        async def slowly(ticket: TicketId, text: str) -> MessageId | None:
            await asyncio.sleep(5.0)
            return await take(ticket, text)

        bridge.vendor.reply = slowly  # type: ignore[method-assign]
        bob = Agent(id=AgentId("u2"), name="Bob", is_full_member=True)
        for number, thread in enumerate(bridge.discord.threads()):
            by = {"agent": bob} if number == 40 else {}
            place = replace(bridge.place(bridge.discord), thread=thread)
            await bridge.says(bridge.discord, f"m{number}", f"Answer {number}", place=place, **by)
        await until(lambda: bridge.vendor.texts("t40") == ["Answer 40"], "the colleague's reply", seconds=11)
        assert sum(map(len, (bridge.vendor.texts(f"t{number}") for number in range(40)))) < 20


async def test_many_tickets_of_one_customer_keep_no_other_from_being_read(tmp_path: Path) -> None:
    """Each takes its request, and a store allows a few: what others write is read after a few of them."""
    async with one_ticket(tmp_path / "db", quiet_for=60) as (sim, shop, discord, _slack):
        read = shop.ticket

        async def slowly(ticket: TicketId) -> Conversation:
            await asyncio.sleep(2.0)
            return await read(ticket)

        shop.ticket = slowly  # type: ignore[method-assign]
        for ticket in range(60):
            shop.customer_writes(f"m{ticket}", f"m{ticket} Hello?", name="Mallory")
        await sim.advance_until(lambda: len(discord.threads()) > 2)
        for number in range(3):
            text = f"t1 Is anybody there? {number}"
            shop.customer_writes("t1", text)
            await sim.advance_until(partial(everywhere, [discord], "t1", text), 30)
        assert len(discord.threads()) < 61, "the flood was over before"
        await sim.advance_until(lambda: len(discord.threads()) == 61, 600)


async def test_a_flood_of_webhooks_costs_a_few_sweeps_and_loses_nothing(tmp_path: Path) -> None:
    """Thousands in five seconds are a sweep a second at most; what the last one tells of is shown."""
    async with one_ticket(tmp_path / "db", quiet_for=60) as (sim, shop, discord, _slack):
        shop.calls.clear()
        for number in range(500):
            for ticket in range(70):
                sim.nudge("main", f"unknown-{ticket}")
            if number == 499:
                shop.customer_writes("t1", "t1 The last one.")
                sim.nudge("main", "t1")
            await asyncio.sleep(0.01)
        assert shop.calls.count("changes") <= 6
        assert shop.calls.count("ticket") <= 6
        await sim.advance_until(lambda: "t1 The last one." in discord.texts("1.1"), 6)


async def test_a_flood_does_not_hammer_a_store_that_is_down(tmp_path: Path) -> None:
    """A nudge may be the sign that it works again, so it is tried every few seconds, but not more."""
    async with one_ticket(tmp_path / "db", quiet_for=60) as (sim, shop, _discord, _slack):
        sim.fate.down = {"main"}
        shop.calls.clear()
        for _ in range(600):
            sim.nudge("main", "unknown")
            await asyncio.sleep(0.1)
        assert shop.calls == []  # nothing reaches it
        assert sim.fate.troubles.total() <= 20
        sim.fate.down.clear()


async def test_a_nudge_that_comes_as_a_sweep_is_due_is_followed_though_the_list_fails(tmp_path: Path) -> None:
    """The ticket itself can be read, so its news need not wait until the list works again."""
    async with one_ticket(tmp_path / "db", quiet_for=60) as (sim, shop, discord, _slack):
        shop.fail["changes"] = [Unavailable("Only the list is down.") for _ in range(10_000)]
        shop.customer_writes("t1", "t1 In between.")
        sim.loop.stride = 400  # so the poller wakes late, and the nudge is there already
        await asyncio.sleep(0.1)
        sim.nudge("main", "t1")
        sim.loop.stride = 0
        await sim.advance_until(lambda: "t1 In between." in discord.texts("1.1"), 1800)
        assert len(shop.fail["changes"]) >= 9_900, "it waited for the list"
        shop.fail.clear()


async def test_a_nudge_in_an_outage_is_followed_when_it_is_over(tmp_path: Path) -> None:
    """The ticket that it named could not be read then."""
    async with one_ticket(tmp_path / "db", quiet_for=60) as (sim, shop, discord, _slack):
        sim.fate.down = {"main"}
        shop.customer_writes("t1", "t1 While it was down.")
        sim.nudge("main", "t1")
        await asyncio.sleep(600)
        sim.fate.down.clear()
        await sim.advance_until(lambda: "t1 While it was down." in discord.texts("1.1"), 400)


async def test_listed_tickets_that_do_not_exist_are_asked_for_less_and_less_often(tmp_path: Path) -> None:
    """A hundred of them are asked for some times in an hour, and one that exists after all is shown."""
    async with one_ticket(tmp_path / "db", quiet_for=60) as (sim, shop, discord, _slack):
        read, missing = shop.ticket, {TicketId(f"gone-{number}") for number in range(100)}
        tries: list[float] = []

        async def ticket(ticket: TicketId) -> Conversation:
            if ticket in missing:
                tries.append(sim.loop.time())
                raise Gone("It is not there.")
            return await read(ticket)

        shop.ticket = ticket  # type: ignore[method-assign]
        for name in sorted(missing):
            shop.customer_writes(name, f"{name} Hello?")
        began = sim.loop.time()
        while sim.loop.time() < began + 3600:
            sim.nudge("main", "unknown")
            await asyncio.sleep(5)
        assert len(tries) <= 100 * 14
        assert sum(moment > began + 1800 for moment in tries) <= 100 * 3
        missing.clear()
        await sim.advance_until(lambda: len(discord.threads()) == 101, 1200)
