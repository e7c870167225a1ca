"""
Days of five stores in simulated time: people at work, a tenth of all calls failing, the process dying all the time.

What this cannot show is shown elsewhere with real processes, real disks and the real SDKs: see `tests/crash`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from bot.model import Voice
from tests.support.simulation.checks import is_reminder, missing, unsafe
from tests.support.simulation.fate import Fate
from tests.support.simulation.loop import SimulatedLoop, simulate
from tests.support.simulation.week import DAY, PROMISES, STORES, Week
from tests.support.simulation.world import Simulation

_SHARE_OF_FAULTS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What some days came to.

    Attributes:
        messages: What customers and colleagues said at the vendors.
        reminders: How often a thread was reminded of a promise.
        replies: What reached the customers from the chats.
        posts: What the threads show of all that; `joined`: how many of these stand in the post of another one.
        calls, faults: How often a vendor or a chat was asked for something, and how often that went wrong.
        outages: How often a vendor or a chat was down for an hour or two.
        doubled: What stands twice, somewhere else or out of turn, in words.
        lost: What is missing or wrongly marked after all has come to rest, in words.
        seconds: Of the processor's time.
    """

    days: float
    tickets: int
    messages: int
    replies: int
    reminders: int
    posts: int
    joined: int
    calls: int
    faults: int
    outages: int
    restarts: int
    kills: int
    doubled: tuple[str, ...]
    lost: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.days:.0f} days, {len(STORES)} stores, {self.tickets} tickets: "
            f"{self.messages} messages and {self.replies} replies, {self.posts} posts, {self.joined} of them joined, "
            f"and {self.reminders} reminders; "
            f"{self.calls} calls, {self.faults} faults, {self.outages} outages, "
            f"{self.restarts} restarts, {self.kills} kills; "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled; {self.seconds:.1f} s"
        )


def play(seed: int, path: Path, days: float) -> Outcome:
    """Live some days, and let everything come to rest."""
    began = time.process_time()

    async def story(loop: SimulatedLoop) -> Outcome:
        fate = Fate(random=Random(seed), rate=_SHARE_OF_FAULTS, latency=0.3)
        async with Simulation(loop, path, stores=STORES, fate=fate, poll_seconds=300.0, promises=PROMISES) as sim:
            week = Week(sim, Random(seed), days=days)
            await week.live()
            lived, calls, faults = loop.time(), fate.calls, fate.troubles.total()
            if not week.faults:
                await sim.settle(full=True)
            tickets = [(shop, ticket) for shop in sim.shops.values() for ticket in shop.said]
            shown = [s for room in sim.rooms.values() for thread in room.threads() for s in room.shown[thread]]
            return Outcome(
                days=lived / DAY,
                tickets=len(tickets),
                messages=sum(len(shop.theirs(ticket)) for shop, ticket in tickets),
                replies=sum(len(shop.ours(ticket)) for shop, ticket in tickets),
                reminders=sum(is_reminder(s.post) for s in shown),
                posts=sum(s.post.voice is not Voice.BELL for s in shown),
                joined=len(shown) - len({(s.id, s.key) for s in shown}),
                calls=calls,
                faults=faults,
                outages=week.accidents.outages,
                restarts=sim.processes - 1 - sim.deaths,
                kills=sim.deaths,
                doubled=tuple(week.faults or unsafe(sim)),
                lost=() if week.faults else tuple(missing(sim)),
                seconds=time.process_time() - began,
            )

    return simulate(story)


def judge(outcome: Outcome, days: float, capsys: pytest.CaptureFixture[str]) -> None:
    """Print the figures, refuse any fault, and refuse days in which too little happened to prove anything."""
    with capsys.disabled():
        print(f"\n  {outcome}")  # noqa: T201 - the figures are what one runs it for
    assert (outcome.doubled, outcome.lost) == ((), ())
    assert outcome.days >= days
    assert outcome.tickets >= 28 * days
    assert outcome.messages >= 140 * days
    assert outcome.replies >= 70 * days
    assert outcome.reminders >= 10 * days
    assert outcome.faults >= 0.08 * outcome.calls
    assert outcome.kills >= 11 * days
    assert outcome.restarts >= 2 * days
    assert outcome.joined >= 2 * days


@pytest.mark.takes(15)
@pytest.mark.parametrize(
    "days", [pytest.param(2.0, id="two days"), pytest.param(7.0, id="a week", marks=pytest.mark.soak)]
)
def test_a_week_loses_and_doubles_nothing(days: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything said is in each of its threads and at its vendor exactly once, in order, and marked as what it is."""
    judge(play(1, tmp_path / "db", days), days, capsys)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 22))
def test_other_weeks_lose_and_double_nothing(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same, twenty times otherwise."""
    judge(play(seed, tmp_path / "db", 7.0), 7.0, capsys)
