"""The rows of the table, which measurement each is read from, and why one that is not met is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType

from tests.bench.figures import Figure, Readings
from tests.bench.setting import Setting

Measure = Callable[[Setting], Awaitable[Readings]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One row.

    Attributes:
        measurements: The modules that it is read from; several rows may share one.
        runs: By measurement, how often at most: what is counted does not differ between runs, some take minutes.
    """

    number: int
    what: str
    measurements: tuple[str, ...]
    runs: Mapping[str, int] = field(default_factory=dict)

    def figures(self) -> tuple[Figure, ...]:
        """Its figures in their order."""
        found = []
        for name in self.measurements:
            figures = import_module(f"tests.bench.{name}").FIGURES
            found += figures[self.number] if isinstance(figures, Mapping) else figures
        return tuple(found)


SIDE_BY_SIDE = 13

ROWS = (
    Row(
        number=1,
        what="seen at the store → said in both chats, above the bare round trips",
        measurements=("seen_to_said",),
    ),
    Row(
        number=2,
        what="written by an agent → accepted by the store, above the bare round trip",
        measurements=("written_to_accepted",),
    ),
    Row(number=3, what="processor time", measurements=("processor_time",)),
    Row(number=4, what="a backlog of 500 tickets × 3 messages after an outage of Slack", measurements=("backlog",)),
    Row(
        number=5,
        what="requests of an idle sweep",
        measurements=("idle_sweeps",),
        runs={"idle_sweeps": 1},
    ),
    Row(
        number=6, what="chat requests, both chats together", measurements=("chat_requests",), runs={"chat_requests": 1}
    ),
    Row(number=7, what="resident memory, 1,000 tickets open", measurements=("standing",)),
    Row(number=8, what="1,000 stores in one process", measurements=("many_stores",)),
    Row(
        number=9,
        what="start, and first contact",
        measurements=("standing", "first_contact"),
    ),
    Row(number=10, what="processor time at rest, one store", measurements=("standing",)),
    Row(number=11, what="others' messages beside a store in trouble", measurements=("neighbours",)),
    Row(number=12, what="answers over 1,000,000 tickets", measurements=("lookups",)),
    Row(
        number=SIDE_BY_SIDE,
        what="side by side",
        measurements=("side_by_side.comparison",),
        runs={"side_by_side.comparison": 1},
    ),
)

_LEFT = "[what is left](docs/performance.md#what-is-left-and-why)"
REASONS: Mapping[int, str] = MappingProxyType(
    {
        1: f"a message waits for one commit to the disk before it is said; {_LEFT}",
        2: f"a reply waits for one commit to the disk before it is sent; {_LEFT}",
        3: f"most of it is spent in aiohttp, discord.py, slack-bolt and SQLite; {_LEFT}",
        7: f"half of it is the code of the SDKs and of pydantic; {_LEFT}",
        8: f"each store holds a client of its own and what it knows of its list; {_LEFT}",
        9: f"loading the SDKs takes most of a start; {_LEFT}",
        10: f"each idle sweep asks for every page with open tickets; {_LEFT}",
        11: "Python runs one thread at a time: each webhook takes a turn, and a large answer is read in one piece; "
        f"{_LEFT}",
        12: f"on a busy machine a search waits for its turn; {_LEFT}",
    }
)
"""By row: why it is not met, with the profile that shows it."""


def measure_of(name: str) -> Measure:
    """What one run of a measurement does."""
    measure: Measure = import_module(f"tests.bench.{name}").measure
    return measure
