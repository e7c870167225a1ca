"""Tickets whose threads are in a channel that the settings do not name any more: who sees them in which list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import time
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.model import Agent, AgentId, Answer, ChannelId, Place, Verb
from bot.tickets.from_vendors.incidents import record_channel_incident
from bot.wording.answers import no_such_ticket
from tests.support.memory.bridge import DISCORD, SLACK, Bridge, running
from tests.support.memory.chat import MemoryChat
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

ANN = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
BOTH, OLD, NEW, NEITHER = (
    Agent(id=AgentId(name), name=name, is_full_member=True) for name in ("both", "old", "new", "neither")
)
SHUT_OUT = {(OLD.id, ChannelId("2")), (NEW.id, ChannelId("1")), *((NEITHER.id, ChannelId(each)) for each in "12")}


@dataclass
class HiddenChat(MemoryChat):
    """A chat of which some channels cannot be asked about now; it counts how often that was tried."""

    hidden: set[ChannelId] = field(default_factory=set)
    tried: int = 0

    async def writable(self, agent: Agent, places: Collection[Place], *, wrote: bool = False) -> frozenset[Place]:
        if any(place.channel in self.hidden for place in places):
            self.tried += 1
            raise Unavailable("It does not show this channel. It is asked once more before that is believed.")
        return await super().writable(agent, places, wrote=wrote)


@asynccontextmanager
async def moved(path: Path, digest_at: time | None = None) -> AsyncIterator[Bridge]:
    """A ticket with its threads in channels 1; since then the settings name channels 2, where there is another one."""
    discord = HiddenChat(name=DISCORD)
    async with running(path / "db", discord=discord, poll_seconds=600) as before:
        await before.ticket_arrives()
        await before.at_rest()
    channels = tuple(Place(chat=chat, channel=ChannelId("2")) for chat in (DISCORD, SLACK))
    store = replace(before.store, channels=channels)
    vendor, slack = before.vendor, before.slack
    async with running(
        path / "db", vendor=vendor, store=store, digest_at=digest_at, discord=discord, slack=slack
    ) as bridge:
        bridge.vendor.customer_writes("t2", "Me too?", name="Joe")
        await until(lambda: len(discord.threads()) == 2, "the second thread")
        await bridge.at_rest()
        discord.shut_out |= SHUT_OUT
        yield bridge


async def asked(bridge: Bridge, verb: Verb, agent: Agent, **rest: object) -> Answer:
    place = Place(chat=DISCORD, channel=ChannelId("2"))
    return await bridge.asks(bridge.discord, verb, agent=agent, place=place, **rest)  # type: ignore[arg-type]


def numbers(answer: Answer) -> list[str]:
    return [] if answer.listing is None else [row.title.split(" · ")[0] for row in answer.listing.rows]


@pytest.mark.parametrize(
    ("agent", "seen"),
    [(BOTH, ["#1001", "#1002"]), (NEW, ["#1002"]), (OLD, ["#1001"]), (NEITHER, [])],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_who_may_act_on_a_ticket_has_it_in_every_list(tmp_path: Path, agent: Agent, seen: list[str]) -> None:
    """Who can use the former channel, too, and nobody else; the link leads to the thread there."""
    async with moved(tmp_path) as bridge:
        listed = await asked(bridge, Verb.TICKETS, agent, words="all")
        assert numbers(listed) == seen
        assert listed.listing is None or all(row.address for row in listed.listing.rows)
        assert sorted(numbers(await asked(bridge, Verb.FIND, agent, words="key"))) == seen
        assert bridge.discord.intake is not None
        place = Place(chat=DISCORD, channel=ChannelId("2"))
        choices = await bridge.discord.intake.choices(Verb.CLOSE, "", place, agent)
        assert sorted(f"#{each.number}" for each in choices) == seen
        for number in ("1001", "1002"):
            answer = await asked(bridge, Verb.WHY, agent, ticket=number)
            assert (answer.text != no_such_ticket(f"#{number}")) == (f"#{number}" in seen)


async def test_whoever_is_only_in_a_former_channel_has_no_figures_and_no_snippets(tmp_path: Path) -> None:
    """Those are of the whole store and of the team."""
    async with moved(tmp_path) as bridge:
        for verb in (Verb.STATS, Verb.SNIPPETS):
            assert "Only the team's agents" in (await asked(bridge, verb, OLD)).text
            assert "Only the team's agents" not in (await asked(bridge, verb, NEW)).text


async def test_a_former_channel_that_is_gone_keeps_nobody_from_the_other_tickets(tmp_path: Path) -> None:
    """It may be why the settings were changed. It is tried once a minute at most."""
    async with moved(tmp_path) as bridge:
        discord = bridge.discord
        assert isinstance(discord, HiddenChat)
        discord.hidden.add(ChannelId("1"))
        for _ in range(5):
            assert numbers(await asked(bridge, Verb.TICKETS, BOTH, words="all")) == ["#1002"]
        assert discord.tried == 1
        discord.hidden.clear()
        await asyncio.sleep(61)
        assert numbers(await asked(bridge, Verb.TICKETS, BOTH, words="all")) == ["#1001", "#1002"]


async def test_a_former_channel_is_told_what_waits_there(tmp_path: Path) -> None:
    """Each channel of its own tickets; once nothing is open there any more, nothing is said."""
    async with moved(tmp_path, time(13)) as bridge:
        await asyncio.sleep(2 * 3600)
        (old,), (new,) = bridge.discord.texts("1"), bridge.discord.texts("2")
        assert "#1001" in old
        assert "#1002" in new
        await bridge.asks(bridge.discord, Verb.CLOSE, agent=ANN, ticket="1001")
        await asyncio.sleep(24 * 3600)
        assert (len(bridge.discord.texts("1")), len(bridge.discord.texts("2"))) == (1, 2)


async def test_a_former_channel_in_trouble_is_told_nothing(tmp_path: Path) -> None:
    """The bot may have been taken out of it: each day's line would be one more that cannot be posted."""
    async with moved(tmp_path, time(13)) as bridge:
        place = Place(chat=DISCORD, channel=ChannelId("1"))
        await bridge.database.write(record_channel_incident, place, "It shows nothing there.", now())
        await asyncio.sleep(2 * 3600)
        assert (len(bridge.discord.texts("1")), len(bridge.discord.texts("2"))) == (0, 1)
