"""How many statements and transactions a message, a reply and a close cost: whoever adds one sees it here."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.db.connection import Transaction
from bot.model import ChannelId, ChatMessageId, Mark, Place, Store, Verb
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.rest import nothing_on_its_way
from tests.support.simulation.loop import LoopDatabase
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

_A_DAY = 86_400.0
_OF_THE_TEST = "unfinished_deliveries"
_OF_SWEEPS = (
    "store",
    "open_vendor_ids",
    "vendor_ids_to_read_again",
    "recorded_tickets",
    "set_store_swept",
)
"""They are asked by a sweep, however many of its tickets have changed."""
_OF_LOOKS = ("scheduled_destinations", "ready_lanes", "next_due")
"""They are asked by a look at what is ready, after which several lanes may begin."""


@dataclass
class Cost:
    """
    What something cost.

    Attributes:
        statements: By name; without those of sweeps and looks, which many messages share.
        commits: How many transactions were committed. A sweep has none of its own within a minute after another one.
    """

    statements: Counter[str] = field(default_factory=Counter)
    commits: int = 0


@contextmanager
def counted(bridge: Bridge) -> Iterator[Cost]:
    """The cost of what happens meanwhile."""
    cost = Cost()
    execute = Transaction._execute

    def count(transaction: Transaction, statement: str, values: dict[str, object]) -> object:
        if statement not in (_OF_THE_TEST, *_OF_SWEEPS, *_OF_LOOKS):
            cost.statements[statement] += 1
        return execute(transaction, statement, values)

    def trace(statement: str) -> None:
        cost.commits += statement == "COMMIT"

    assert isinstance(bridge.database, LoopDatabase)
    bridge.database._file.set_trace_callback(trace)
    with patch.object(Transaction, "_execute", count):
        yield cost
    bridge.database._file.set_trace_callback(None)


@asynccontextmanager
async def in_discord(path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one channel in one chat, in which a ticket stands; the store is swept only when it is nudged."""
    channels = (Place(chat=DISCORD, channel=ChannelId("1")),)
    store = Store(name=MAIN, label="Main", vendor_label="Memory", channels=channels, poll_seconds=_A_DAY)
    async with running(path, without=SLACK, store=store, take_on_reply=False) as bridge:
        bridge.vendor.customer_writes("t1", "Hello?", name="Jane")
        bridge.app.nudge(MAIN)
        await until(bridge.discord.threads)
        await nothing_on_its_way(bridge.rows)
        yield bridge


async def test_a_customers_message(tmp_path: Path) -> None:
    """It is recorded and its post is begun in one transaction; the post is finished in a second one."""
    async with in_discord(tmp_path / "db") as bridge:
        with counted(bridge) as cost:
            bridge.vendor.customer_writes("t1", "And another thing.")
            bridge.app.nudge(MAIN)
            await until(lambda: "And another thing." in bridge.discord.texts(bridge.thread(bridge.discord)))
            await nothing_on_its_way(bridge.rows)
        assert (cost.commits, sum(cost.statements.values())) == (2, 26), cost.statements


async def test_a_reply(tmp_path: Path) -> None:
    """With its mark and its card: only the card begins in a transaction of its own."""
    async with in_discord(tmp_path / "db") as bridge:
        with counted(bridge) as cost:
            await bridge.says(bridge.discord, "m1", "On its way.")
            await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
            await nothing_on_its_way(bridge.rows)
        assert (cost.commits, sum(cost.statements.values())) == (5, 66), cost.statements


async def test_a_close(tmp_path: Path) -> None:
    """With the line that tells it, and its card."""
    async with in_discord(tmp_path / "db") as bridge:
        with counted(bridge) as cost:
            await bridge.asks(bridge.discord, Verb.CLOSE)
            await nothing_on_its_way(bridge.rows)
        assert (cost.commits, sum(cost.statements.values())) == (5, 41), cost.statements
