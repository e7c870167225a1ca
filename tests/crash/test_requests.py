"""A process that dies between the requests of one call, at every one of them, through the real SDKs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crash.requests import play
from tests.support.crash.world import Verdict

pytestmark = pytest.mark.takes(60)


@pytest.mark.parametrize("carried_out", [False, True], ids=["before it is carried out", "before it is answered"])
async def test_a_death_at_any_request_loses_and_doubles_nothing(
    carried_out: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever between two requests a process dies, the next one ends what was begun: everything once, in order."""
    outcome = await play(tmp_path, carried_out=carried_out)
    with capsys.disabled():
        print(f"\n  {outcome}")  # noqa: T201 - the figures are what one runs it for
    assert outcome.stuck_at is None
    assert outcome.verdict == Verdict(lost=(), doubled=(), disordered=())
    assert outcome.faults == ()
    assert (outcome.integrity, outcome.unfinished, outcome.exit_code) == ("ok", 0, 0)
    assert outcome.tracebacks == 0
    # That a request comes is certain; how often it comes within an act can be chance.
    assert [point for point in outcome.missed if point.number == 1] == []
    assert len(outcome.points) > 40
