"""
Nothing lost, nothing said twice, when the process is killed (SIGKILL) at random moments and answers get lost.

The real program with the real SDKs talks to servers that keep every limit of the real ones; only the world's time
passes thirty times faster. People go on writing from life to life, and take and snooze tickets. One in a hundred
requests that change something is carried out and not answered, and as many of Slack's acknowledgements get lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crash.run import Outcome, Plan, play


@pytest.fixture(autouse=True)
def _quiet_servers() -> Iterator[None]:
    """aiohttp logs a traceback for every answer that a fault cuts off; here they are the point."""
    logger = logging.getLogger("aiohttp.server")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


def judge(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    """Print the figures, and refuse any that is not as it must be."""
    with capsys.disabled():
        print(f"\n  {outcome}")  # noqa: T201 - the figures are what one runs it for
    found = outcome.verdict
    assert (found.lost, found.doubled, found.disordered) == ((), (), ())
    assert (outcome.customers, outcome.replies) == (outcome.plan.customers, outcome.plan.replies)
    assert outcome.lost_answers > 0
    assert outcome.integrity == "ok"
    assert outcome.unfinished == 0
    assert outcome.planned == outcome.plan.planned
    assert outcome.exit_code == 0


@pytest.mark.takes(20)
async def test_twelve_kills_lose_and_double_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every message stands once in each thread, every reply once at its vendor, in order; the database is sound."""
    plan = Plan(seed=11, customers=200, replies=50, kills=12, tickets=24, lost_answers=0.02, planned=4)
    judge(await play(plan, tmp_path), capsys)


@pytest.mark.soak
async def test_sixty_kills_lose_and_double_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same with sixty kills."""
    plan = Plan(seed=11, customers=1_000, replies=250, kills=60, tickets=60, planned=10)
    judge(await play(plan, tmp_path), capsys)


@pytest.mark.soak
async def test_sixty_kills_among_many_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same with four times as many messages, so that more is under way at every kill."""
    plan = Plan(seed=11, customers=4_000, replies=1_000, kills=60, tickets=60, planned=10)
    judge(await play(plan, tmp_path), capsys)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [7, 11, 23])
async def test_a_thousand_kills_lose_and_double_nothing(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same with 4,000 messages, 1,000 replies and 1,000 kills."""
    plan = Plan(seed=seed, customers=4_000, replies=1_000, kills=1_000, tickets=50, planned=10)
    judge(await play(plan, tmp_path), capsys)
