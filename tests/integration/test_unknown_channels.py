"""A channel of which a chat does not say who may write there: what is listed of the other stores."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.db.rows import require
from bot.errors import Unavailable
from bot.inbound.chats.usable_places import usable_places
from bot.model import Agent, Answer, Ask, ChannelId, Place, Verb
from tests.support.memory.bridge import DISCORD
from tests.support.simulation.loop import simulated_loop
from tests.support.simulation.room import Room, agent
from tests.support.simulation.world import Simulation

pytestmark = pytest.mark.simulated

STORES = {f"store{number}": (f"discord:{number}",) for number in range(1, 4)}
ASKED = {Verb.TICKETS: "", Verb.FIND: "hello", Verb.STATS: ""}


class Doubt:
    """Some channels of which nothing is known; counts what was asked."""

    def __init__(self, *channels: int) -> None:
        self.channels = {ChannelId(str(number)) for number in channels}
        self.asked = 0

    async def writable(self, _agent: Agent, places: Collection[Place], **_rest: object) -> frozenset[Place]:
        self.asked += 1
        if any(place.channel in self.channels for place in places):
            raise Unavailable("Discord does not say who may write there.")
        return frozenset(places)

    async def known_at(self, agent: Agent, _place: Place) -> Agent:
        return agent


async def answers(path: Path, doubt: Doubt, verb: Verb) -> Answer:
    """What somebody is answered who asks for a list in one of the channels."""
    async with Simulation(simulated_loop(), path, stores=STORES) as sim:
        for store, shop in sim.shops.items():
            shop.customer_writes(f"t-{store}", f"t-{store} Hello?")
        room = sim.rooms["discord"]
        await sim.advance_until(lambda: len(room.threads()) == len(STORES))
        place = room.place_of(room.threads()[0])
        with patch.object(Room, "writable", lambda _, *given, **rest: doubt.writable(*given, **rest)):
            return await require(room.intake).ask(Ask(verb=verb, agent=agent(), place=place, words=ASKED[verb]))


@pytest.mark.parametrize("verb", ASKED)
async def test_the_others_are_shown_and_that_some_may_be_missing(tmp_path: Path, verb: Verb) -> None:
    """The line names no store: its reader may not know that there is one."""
    answer = await answers(tmp_path / "db", Doubt(2), verb)
    assert "may be missing here. Discord does not say" in answer.text
    assert "store2" not in answer.text
    if answer.listing is not None:
        assert [("t-store2" in str(row)) for row in answer.listing.rows] == [False, False]
        assert len(answer.listing.rows) == 2


@pytest.mark.parametrize("verb", ASKED)
async def test_nothing_is_said_where_all_is_known(tmp_path: Path, verb: Verb) -> None:
    """And all channels are asked about at once."""
    doubt = Doubt()
    answer = await answers(tmp_path / "db", doubt, verb)
    assert "may be missing" not in answer.text
    assert doubt.asked == 1


@pytest.mark.parametrize("verb", ASKED)
async def test_where_nothing_is_known_the_reason_is_all_that_is_said(tmp_path: Path, verb: Verb) -> None:
    """Not that the asker may see nothing."""
    answer = await answers(tmp_path / "db", Doubt(1, 2, 3), verb)
    assert answer.text == "Discord does not say who may write there."


async def test_one_known_thread_of_a_ticket_is_enough() -> None:
    """In an outage not all of very many are asked for one by one."""
    places = [Place(chat=DISCORD, channel=ChannelId(str(number))) for number in range(1, 30)]
    doubt = Doubt(2)
    assert set(await usable_places(agent(), doubt, None, places)) == set(places) - {places[1]}  # type: ignore[arg-type]
    outage = Doubt(*range(1, 30))
    with pytest.raises(Unavailable):
        await usable_places(agent(), outage, None, places)  # type: ignore[arg-type]
    assert outage.asked == 6
