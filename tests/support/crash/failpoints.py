"""
The story that the failpoint sweep plays, with a process that dies at a given point of it.

A point is every moment at which a process has handed something to the outside and waits: before it is done, and
after it is done but before it hears so; at the vendor, at both chats, and at the database. What a process does
between two points is gone with it, so there is no other moment to die at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.model import Ask, ChannelId, Form, Place, Status, TicketId, Verb
from tests.support.simulation.checks import live_threads, unsettled
from tests.support.simulation.fate import Fate, Trouble
from tests.support.simulation.loop import SimulatedLoop, now, simulate
from tests.support.simulation.room import NOTE, Room, agent
from tests.support.simulation.shop import Shop
from tests.support.simulation.world import NeverCame, Simulation

_PATIENCE = 300.0
_MOST_TRIES = 10
_REFUSED = "evil.example"
_JOINED = "and another thing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What became of the story.

    Attributes:
        points: How many points were passed until all came to rest.
        telling: Those of them since which anything lasting has changed, and of what kind each is; to die at another
            leaves the same behind.
        processes: How many processes it took.
        faults: What must not be; empty: nothing.
    """

    points: int
    telling: Mapping[int, str]
    processes: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """
    What kind of vendor the story is played with.

    Attributes:
        lag: How many seconds its reads are behind its writes.
        names_replies: Whether its answer to a reply says the new message's id.
    """

    lag: float
    names_replies: bool


PLAIN = Vendor(lag=0, names_replies=True)
LATE = Vendor(lag=3, names_replies=False)


def play(
    path: Path,
    vendor: Vendor,
    dies_at: int | None = None,
    *,
    again: int | None = None,
    searchable: bool = True,
    refused: bool = False,
    backlog: bool = False,
) -> Outcome:
    """
    Play the story to its end.

    Args:
        path: Where the database is made.
        dies_at: The point at which the first process dies; None: it lives.
        again: After how many further points the second process dies as well; None: it lives.
        searchable: Whether the chats find what they were told; never otherwise, but to see that it would be noticed.
        refused: Whether it is the short story of words that both chats take only in a plainer form.
        backlog: Whether it is that of messages that wait, and leave together.
    """

    async def story(loop: SimulatedLoop) -> Outcome:
        fate = Fate(dies_at=dies_at)
        async with Simulation(loop, path, stores={"main": ("discord:1", "slack:1")}, fate=fate) as sim:
            shop = sim.shops["main"]
            shop.lag, shop.names_replies = timedelta(seconds=vendor.lag), vendor.names_replies
            for room in sim.rooms.values():
                room.searchable = searchable
                room.refused_word = _REFUSED if refused else ""
            if dies_at is None:
                fate.witness = sim.lasting
            if dies_at is not None and again is not None:
                fate.then_dies_at = dies_at + again
            stuck = []
            try:
                tell = _tell_refused if refused else _tell_backlog if backlog else _tell
                await tell(sim, shop, sim.rooms["discord"], sim.rooms["slack"])
            except NeverCame as problem:
                stuck.append(f"the story did not go on: {problem}")
            await sim.settle()
            told = _not_plain(sim) if refused else _not_together(sim) if backlog else _not_as_told(shop)
            faults = [*stuck, *unsettled(sim), *(told if not backlog or dies_at is None else ())]
            return Outcome(points=fate.point, telling=fate.telling, processes=sim.processes, faults=tuple(faults))

    return simulate(story)


async def _tell(sim: Simulation, shop: Shop, discord: Room, slack: Room) -> None:
    shop.customer_writes("t1", "t1 Where is my key?")
    shop.customer_writes("t2", "t2 Hello! " + "So long a text. " * 150)
    await _seen(sim, discord, slack, "t1 Where is my key?")
    discord.writes(live_threads(discord, "t1")[0], "t1 It is on its way.")
    slack.writes(live_threads(slack, "t1")[0], "t1 Which address did you give?")
    sim.fate.planned["main", "reply"] = [Trouble.ANSWER_LOST]
    slack.writes(live_threads(slack, "t2")[0], "t2 We look into it.")
    await asyncio.sleep(6)
    discord.writes(live_threads(discord, "t1")[0], "t1 Thanks!", times=3)
    slack.writes(live_threads(slack, "t1")[0], "t1 Thanks!")
    slack.writes(live_threads(slack, "t1")[0], f"{NOTE}t1 careful with this one")
    shop.colleague_writes("t1", "t1 I have sent it again.")
    shop.customer_writes("t1", "t1 It is the wrong key.")
    oops = discord.writes(live_threads(discord, "t1")[0], "t1 Oops.")
    frist = slack.writes(live_threads(slack, "t1")[0], "t1 Frist.")
    await asyncio.sleep(1.5)
    discord.deletes(oops)
    slack.edits(frist, "t1 First.")
    await asyncio.sleep(8)
    await _insist(sim, shop, slack, Verb.CLOSE, Status.CLOSED)
    discord.writes(live_threads(discord, "t1")[0], "t1 Anything else?")
    await _insist(sim, shop, discord, Verb.REOPEN, Status.OPEN)


async def _tell_refused(sim: Simulation, shop: Shop, discord: Room, slack: Room) -> None:
    shop.customer_writes("t1", f"t1 Is {_REFUSED} yours?")
    shop.customer_writes("t2", f"t2 Hello! {'So long a text. ' * 150} {_REFUSED}")
    await _seen(sim, discord, slack, "t1 Is")
    discord.writes(live_threads(discord, "t1")[0], f"t1 No, {_REFUSED} is not.")
    slack.writes(live_threads(slack, "t2")[0], f"{NOTE}t2 see {_REFUSED}")
    await _until(sim, lambda: len(shop.ours(TicketId("t1"))) == 1)
    shop.customer_writes("t1", f"t1 Thanks, no {_REFUSED} then.")
    shop.customer_writes("t1", "t1 Bye.")


async def _tell_backlog(sim: Simulation, shop: Shop, discord: Room, slack: Room) -> None:
    shop.customer_writes("t1", "t1 Where is my key?")
    shop.customer_writes("t2", "t2 Hello?")
    await _seen(sim, discord, slack, "t1 Where is my key?")
    await asyncio.sleep(5)
    for room, trouble in ((discord, Trouble.ANSWER_LOST), (slack, Trouble.LOST_ON_THE_WAY)):
        room.held_back_until = now() + timedelta(seconds=6)
        sim.fate.planned[room.name, "post"] = [trouble]
    for number in range(3):
        shop.customer_writes("t1", f"t1 {_JOINED} {number}")
    sim.nudge("main", "t1")
    await asyncio.sleep(3)
    slack.writes(live_threads(slack, "t1")[0], f"{NOTE}t1 what does she want?")
    shop.colleague_writes("t1", "t1 I look into it.")
    shop.customer_writes("t1", "t1 Thank you.")
    shop.customer_writes("t1", "t1 And hurry.")
    await asyncio.sleep(20)


async def _seen(sim: Simulation, discord: Room, slack: Room, first: str) -> None:
    """Both tickets stand in both chats, and what begins with `first`."""
    rooms = (discord, slack)

    def shown(text: str) -> bool:
        return all(any(said.startswith(text) for t in room.threads() for said in room.texts(t)) for room in rooms)

    await sim.advance_until(lambda: shown(first), _PATIENCE)
    await sim.advance_until(lambda: all(live_threads(room, "t2") for room in rooms), _PATIENCE)


async def _insist(sim: Simulation, shop: Shop, room: Room, verb: Verb, status: Status) -> None:
    """Ask until there is an answer; then wait until the vendor has it."""

    def ask() -> Ask:
        thread = live_threads(room, "t1")[0]
        return Ask(verb=verb, agent=agent(), place=Place(chat=room.name, channel=ChannelId("1"), thread=thread))

    for _ in range(_MOST_TRIES):
        if await sim.ask(room, ask()) is not None:
            break
        await asyncio.sleep(2)
    await _until(sim, lambda: shop.statuses("t1")[-1] is status)


async def _until(sim: Simulation, condition: Callable[[], bool]) -> None:
    await sim.advance_until(condition, _PATIENCE)


def _not_plain(sim: Simulation) -> list[str]:
    """What has a refused word stands in the first form that is taken, in a card sooner; the others stand in full."""
    faults = []
    for room in sim.rooms.values():
        cards = {headed.opened.card for headed in room.headed}
        everything = [each for thread in room.threads() for each in room.shown[thread]]
        shown = [each.post for each in everything]
        if not any(_REFUSED in post.text for post in shown):
            faults.append(f"{room.name} has no refused word")
        taken = [(each.post, Form.PLAIN if each.id in cards else Form.DEFUSED) for each in everything]
        wrong = [post for post, form in taken if post.form is not (form if _REFUSED in post.text else Form.FULL)]
        faults += [f"{room.name} shows {post.text[:40]!r} in the form {post.form}" for post in wrong]
        faults += [f"{room.name} says {post.text!r}" for post in shown if post.text.startswith("❌")]
    return faults


def _not_together(sim: Simulation) -> list[str]:
    """What waited stands in one post; only where nobody died, because a death takes time."""
    return [
        f"{room.name} has {len(posts)} posts of what waited"
        for room in sim.rooms.values()
        if len(posts := {s.id for s in room.shown[live_threads(room, "t1")[0]] if _JOINED in s.post.text}) != 1
    ]


def _not_as_told(shop: Shop) -> list[str]:
    """What the far side has to look like after this one story, whenever the process died."""
    faults = []
    said = shop.ours(TicketId("t1"))
    for text, wanted in (("t1 Thanks!", {2}), ("t1 First.", {0, 1}), ("t1 Frist.", {0, 1}), ("t1 Oops.", {0, 1})):
        if said.count(text) not in wanted:
            faults.append(f"the customer was told {text!r} {said.count(text)} times")
    if said.count("t1 First.") + said.count("t1 Frist.") != 1:
        faults.append("the edited reply did not arrive once")
    if shop.statuses("t1")[-3:] != [Status.OPEN, Status.CLOSED, Status.OPEN]:
        faults.append(f"the ticket was {shop.statuses('t1')}")
    return faults
