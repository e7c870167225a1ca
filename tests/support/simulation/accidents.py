"""What goes wrong around shopbell in a simulated world, besides single calls: it dies, others are down, time jumps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from tests.support.simulation.loop import now
from tests.support.simulation.world import Simulation

_HOUR = 3600.0


@dataclass
class Accidents:
    """
    Accidents, one by one, as `random` has them.

    Attributes:
        outages: How often a vendor or a chat was down for an hour or two.
    """

    sim: Simulation
    random: Random
    outages: int = 0
    _down_until: dict[str, float] = field(default_factory=dict)

    async def shopbell_dies(self) -> None:
        """At once or some points later, in the middle of whatever it is doing then."""
        self.sim.fate.dies_at = self.sim.fate.point + self.random.randrange(1, 300)

    async def shopbell_is_restarted(self) -> None:
        self.sim.restart()

    async def a_chat_loses_its_connection(self) -> None:
        room = self.random.choice(list(self.sim.rooms.values()))
        room.disconnects(self.random.choice([0.0, 2.0, 30.0, 300.0]), resumes=self.random.random() < 0.5)

    async def a_limit_holds_posts_back(self) -> None:
        """For seconds or minutes: what is written meanwhile waits."""
        room = self.random.choice(list(self.sim.rooms.values()))
        room.held_back_until = now() + timedelta(seconds=self.random.choice([20.0, 120.0, 1800.0]))

    async def a_vendor_is_down(self) -> None:
        self._goes_down(self.random.choice(list(self.sim.shops)), _HOUR)

    async def a_chat_is_down(self) -> None:
        """For an hour or two; people write in it all the same."""
        room = self.random.choice(list(self.sim.rooms.values()))
        seconds = self.random.choice([1.0, 1.5, 2.0]) * _HOUR
        self._goes_down(room.name, seconds)
        room.disconnects(seconds)

    def _goes_down(self, side: str, seconds: float) -> None:
        self.outages += 1
        self.sim.fate.down.add(side)
        self._down_until[side] = max(self.sim.loop.time() + seconds, self._down_until.get(side, 0.0))

    def end_outages(self) -> None:
        """Let those sides work again whose time it is."""
        for side in [side for side, until in self._down_until.items() if until <= self.sim.loop.time()]:
            del self._down_until[side]
            self.sim.fate.down.discard(side)

    async def the_machine_sleeps(self) -> None:
        self.sim.loop.passed += self.random.choice([60.0, 1000.0, 5000.0])

    async def the_clock_is_set(self) -> None:
        self.sim.clock.skew = self.random.choice([-20.0, -2.0, 0.0, 15.0])
