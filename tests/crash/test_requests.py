"""A process that dies between the requests of one call, at every one of them, through the real SDKs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.crash.requests import Outcome, Point, play
from tests.support.crash.world import Verdict

pytestmark = pytest.mark.takes(30)

_CARRIED_OUT = pytest.mark.parametrize(
    "carried_out", [False, True], ids=["before it is carried out", "before it is answered"]
)


@_CARRIED_OUT
async def test_a_death_at_any_request_loses_and_doubles_nothing(
    carried_out: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Wherever between two requests a process dies, the next one ends what was begun: everything once, in order.

    Each kind of request in one of the two ways, in turn.
    """
    judge(await play(tmp_path, carried_out=carried_out, chosen=lambda points: kinds(points)[carried_out::2]), 8, capsys)


@pytest.mark.soak
@_CARRIED_OUT
async def test_a_death_at_any_request_in_both_ways(
    carried_out: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same, every request in this way."""
    judge(await play(tmp_path, carried_out=carried_out, chosen=list), 40, capsys)


def kinds(points: Sequence[Point]) -> list[Point]:
    """The first request of each kind at each server."""
    first = {(point.server, point.request): point for point in reversed(points)}
    return [point for point in points if first[point.server, point.request] is point]


def judge(outcome: Outcome, points: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Print the figures, and refuse any that is not as it must be."""
    with capsys.disabled():
        print(f"\n  {outcome}")  # noqa: T201 - the figures are what one runs it for
    assert outcome.stuck_at is None
    assert outcome.verdict == Verdict(lost=(), doubled=(), disordered=())
    assert outcome.faults == ()
    assert (outcome.integrity, outcome.unfinished, outcome.exit_code) == ("ok", 0, 0)
    assert outcome.tracebacks == 0
    # That a request comes is certain; how often it comes within an act can be chance.
    assert [point for point in outcome.missed if point.number == 1] == []
    assert len(outcome.points) > points
