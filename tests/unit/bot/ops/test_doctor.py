"""What the doctor says of this machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.model import Finding
from bot.ops.doctor import check_database
from tests.support.clocks import ManualClock
from tests.support.database import NOON, small_database


async def clock_finding(path: Path, time: datetime) -> Finding:
    found = await check_database(path, ManualClock(time))
    (finding,) = (each for each in found if each.subject == "clock")
    return finding


async def test_a_clock_that_was_set_right_is_well(tmp_path: Path) -> None:
    """What was written while it was ahead is no reason to set it wrong again."""
    await small_database(tmp_path / "db")
    assert (await clock_finding(tmp_path / "db", NOON - timedelta(hours=5))).ok


async def test_a_clock_that_was_never_set_is_named(tmp_path: Path) -> None:
    """A small machine without a battery begins in 1970."""
    finding = await clock_finding(tmp_path / "db", datetime(1970, 1, 1, tzinfo=UTC))
    assert not finding.ok
    assert "NTP" in finding.remedy
