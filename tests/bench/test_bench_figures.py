"""`/stats` over a million tickets: how long figures and picture take; nothing fails for being slow."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from zoneinfo import ZoneInfo

import pytest

from bot.db.connection import Database
from bot.db.rows import to_ms
from bot.drawing.process import Drawing
from bot.model import Hours, StoreName
from bot.tickets.figures.charts import chart
from bot.tickets.figures.stats import report
from tests.bench.many_tickets import fill

pytestmark = pytest.mark.bench

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours(zone=BERLIN, week=((((9 * 60, 18 * 60),),) * 5 + ((), ())))
_TIMES = 30


@pytest.mark.parametrize("stores", [1, 50])
async def test_figures_over_a_million_tickets(tmp_path: Path, capsys: pytest.CaptureFixture[str], stores: int) -> None:
    """Of one store and of fifty, over a week, a month and a year, in all hours and in open ones."""
    fill(tmp_path / "db", tickets=1_000_000, stores=stores, agents=60, days=1095, now=to_ms(NOW))
    database = await Database.open_to_read(tmp_path / "db")
    lines = []
    for days in (7, 30, 365):
        for hours in (None, OFFICE):
            asked = {StoreName(f"store{number}"): hours for number in range(stores)}

            async def ask() -> None:
                await database.read(report, asked, days, NOW, BERLIN)  # noqa: B023 - called before the next turn

            spent = [await seconds(ask) for _ in range(_TIMES)]
            cuts = quantiles(spent, n=20)
            what = f"{stores} stores, {days} days, {'open hours' if hours else 'all hours'}"
            lines.append(f"{what}: median {cuts[9] * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms")
    found = await database.read(report, asked, 7, NOW, BERLIN)
    draw = Drawing(tmp_path, seconds=120)
    drawn = [await seconds(lambda: draw(chart(found))) for _ in range(5)]
    lines.append(f"the picture: {sorted(drawn)[2]:.2f} s")
    await database.aclose()
    with capsys.disabled():
        print("", *lines, sep="\n  ")  # noqa: T201 - the figures are what one runs it for


async def seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began
