"""While a store's quota is used up, its replies wait in the database, not in an attempt; they leave in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.model import ChatMessageId, Mark
from tests.support.memory.bridge import running
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


@dataclass
class Paced(MemoryVendor):
    """A vendor that says when it may be asked again."""

    seconds: float = 0.0
    asked: int = 0

    def wait(self) -> float:
        self.asked += 1
        return self.seconds


def _replies(tx: Transaction) -> list[tuple[str, int]]:
    return [(row["state"], row["attempts"]) for row in tx.all("unfinished_deliveries") if row["kind"] == "reply"]


async def test_nothing_is_begun_that_would_only_wait(tmp_path: Path) -> None:
    """No attempt is recorded, so nothing is uncertain if the process ends; afterwards each is sent once, in order."""
    vendor = Paced(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        vendor.seconds = 40.0
        for number in range(20):
            await bridge.says(bridge.slack, f"m{number}", f"reply {number}")
        asked = vendor.asked
        await until(lambda: vendor.asked > asked + 2)
        states = await bridge.database.read(_replies)
        assert states == [("waiting", 0)] * 20
        assert "reply" not in vendor.calls
        vendor.seconds = 0.0
        bridge.app.outbox.wake()
        await until(lambda: bridge.slack.marks.get(ChatMessageId("m19")) is Mark.DELIVERED)
        await bridge.at_rest()
        assert vendor.texts("t1") == [f"reply {number}" for number in range(20)]
