"""A far side's own time, as its answers tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import RemoteClock
from tests.support.clocks import ManualClock

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 12:00:00 GMT"


def test_it_goes_on_from_the_last_answer() -> None:
    """By the seconds that passed since, whatever the time of day is here."""
    clock = ManualClock(NOON + timedelta(days=300))
    theirs = RemoteClock(clock)
    assert theirs.now() is None
    clock.advance(100.0)
    theirs.answered(DATE)
    assert theirs.now() == NOON
    clock.advance(60.5)
    assert theirs.now() == NOON + timedelta(seconds=60.5)


@pytest.mark.parametrize(
    "date",
    [
        *(None, "", "soon", "Sun, 99 Mar 2026 12:00:00 GMT", "Sun, 01 Mar 99999 12:00:00 GMT"),
        *("Sun, 01 Mar 99999999999999999999 12:00:00 GMT", "Sun, 01 Mar 2026 12:00:00 +99999999999999"),
        *("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ],
)
def test_an_answer_without_a_date_says_nothing(date: str | None) -> None:
    """What was known before stays."""
    theirs = RemoteClock(ManualClock(NOON + timedelta(days=300)))
    theirs.answered(date)
    assert theirs.now() is None
    theirs.answered(DATE)
    theirs.answered(date)
    assert theirs.now() == NOON
