"""When the first sweeps of many stores begin."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from bot.db.connection import Database
from bot.inbound.vendors.poller import Poller
from tests.support.clocks import ManualClock
from tests.support.database import STORE
from tests.support.memory.vendor import START, MemoryVendor


class FirstSleep(BaseException):
    """How long a poller waits before anything else."""


class Waits(ManualClock):
    async def sleep(self, seconds: float) -> None:
        raise FirstSleep(seconds)


@pytest.mark.parametrize(("place", "seconds"), [(0, 0.0), (20, 0.0), (21, 0.005), (1_020, 5.0)])
async def test_many_stores_do_not_all_begin_at_once(tmp_path: Path, place: int, seconds: float) -> None:
    """The first twenty do; then one follows the other, so that a thousand have begun after five seconds."""
    database = await Database.open(tmp_path / "db")
    poller = Poller(STORE, MemoryVendor(), database, Waits(START), lambda: None, Random(1), place=place)
    with pytest.raises(FirstSleep) as waited:
        await poller.run()
    await database.aclose()
    assert waited.value.args == (pytest.approx(seconds),)
