"""What a number of runs say together, and how it is written."""

from __future__ import annotations

import pytest

from tests.bench.figures import Figure, Reading, percentile, summary, written
from tests.bench.results import Line, Result
from tests.bench.table import table

FIGURE = Figure(name="p50", label="p50", unit="ms", at_most=5, judged="above")
RUNS = [Reading(9, 4), Reading(6, 3), Reading(30, 10)]


def test_the_median_of_the_runs_counts_and_not_the_mean() -> None:
    """One slow run changes the highest value and nothing else."""
    found = summary(FIGURE, RUNS)
    assert (found.median, found.lowest, found.highest, found.floor, found.runs) == (9, 6, 30, 4, 3)


@pytest.mark.parametrize(("judged", "shown", "met"), [("value", 9, False), ("above", 5, True), ("ratio", 2.25, True)])
def test_what_is_judged_must_reach_it(judged: str, shown: float, met: bool) -> None:
    """A figure above its floor, or divided by it, is taken run by run: the floor was measured in the same run."""
    figure = Figure(name="p50", label="p50", unit="ms", at_most=5, judged=judged)  # type: ignore[arg-type]
    found = summary(figure, RUNS)
    assert found.shown == shown
    assert found.meets(figure) is met


def test_what_has_no_target_is_neither_met_nor_not() -> None:
    """Its table has an empty cell there: nothing was promised."""
    figure = Figure(name="a", label="a", unit="s")
    assert summary(figure, [Reading(1)]).meets(figure) is None


@pytest.mark.parametrize("readings", [[], [Reading(1)]])
def test_what_was_not_measured_is_not_judged(readings: list[Reading]) -> None:
    """A figure without a reading is a defect of the measurement, not a success."""
    with pytest.raises(ValueError, match="p50"):
        summary(FIGURE, readings)


@pytest.mark.parametrize(
    ("values", "percent", "found"), [([3, 1, 2], 50, 2), ([1, 2], 50, 1), (range(1, 101), 95, 95), ([7], 99, 7)]
)
def test_a_percentile_is_one_of_the_values(values: list[int], percent: int, found: int) -> None:
    """Nothing between two values that were measured is made up."""
    assert percentile(values, percent) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 ms"), (0.00543, "0.0054 ms"), (0.123, "0.12 ms"), (5, "5 ms"), (12.34, "12.3 ms"), (1234.5, "1,234 ms")],
)
def test_a_number_has_two_or_three_digits_that_count(value: float, text: str) -> None:
    """More digits would promise what no measurement can hold."""
    assert written(value, "ms") == text


def test_the_table_says_why_a_row_is_not_met() -> None:
    """Nobody has to guess; a row that is met needs no words."""
    strict = Figure(name="p95", label="p95", unit="ms", at_most=1)
    lines = tuple(
        Line(row=1, what="seen | said", figure=figure, summary=summary(figure, RUNS), reason="the disk is slow")
        for figure in (FIGURE, strict)
    )
    result = Result(at="2026-11-27 18:00 UTC", scale="full", machine={"Python": "3.11.7"}, lines=lines)
    first, second = table([result]).splitlines()[2:4]
    assert first == "| 1 | seen \\| said | p50 | 9 ms (6 – 30), 5 ms above | 2.25 | 5 ms above the floor | yes |"
    assert second == "|  |  | p95 | 9 ms (6 – 30) | 2.25 | 1 ms | no: the disk is slow |"
    assert table([result]).splitlines()[-1] == "Row 1, 2026-11-27: Python 3.11.7."
