"""Every row can be measured, and what was measured is kept."""

from __future__ import annotations

import inspect
from collections import Counter
from pathlib import Path

import pytest

from tests.bench import results
from tests.bench.figures import Reading
from tests.bench.results import Result, keep, kept, line
from tests.bench.rows import REASONS, ROWS, SIDE_BY_SIDE, measure_of
from tests.bench.table import table


def test_every_row_is_there_once() -> None:
    """In the order of the table; a reason why one is not met belongs to a row that is there."""
    assert [row.number for row in ROWS] == list(range(1, SIDE_BY_SIDE + 1))
    assert REASONS.keys() <= {row.number for row in ROWS}


def test_every_figure_has_a_name_of_its_own() -> None:
    """Rows may share a measurement, but never a figure."""
    names = Counter(figure.name for row in ROWS for figure in row.figures())
    assert [name for name, amount in names.items() if amount > 1] == []


@pytest.mark.parametrize("name", sorted({name for row in ROWS for name in row.measurements}))
def test_every_measurement_can_be_made(name: str) -> None:
    """Each row names a coroutine function that is there."""
    assert inspect.iscoroutinefunction(measure_of(name))


def test_a_row_is_kept_until_it_is_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One row alone may be measured anew; the others stay as they were, with their machine and their day."""
    monkeypatch.setattr(results, "KEPT", tmp_path / "bench.json")
    first, second, *_ = ROWS

    def result(at: str, value: float, *rows: int) -> Result:
        lines = [
            line(row.number, row.what, figure, [Reading(value, 1.0)], None)
            for row in ROWS
            if row.number in rows
            for figure in row.figures()
        ]
        return Result(at=at, scale="full", machine={"Python": "3.11.7"}, lines=tuple(lines))

    keep(result("2026-11-01 10:00 UTC", 9.0, second.number, first.number, SIDE_BY_SIDE))
    keep(result("2026-11-02 10:00 UTC", 7.0, first.number))
    one, two, compared = kept()
    assert (one.at, two.at) == ("2026-11-02 10:00 UTC", "2026-11-01 10:00 UTC")
    assert one.lines[0].summary.median == 7.0
    assert two.lines[0].figure == second.figures()[0]
    shown = table([one, two, compared])
    assert "| shopbell | 9 ms |" in shown
    assert shown.count("| 13 |") == 0, "those who are compared have a table of their own"
