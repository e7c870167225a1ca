"""Times that are offered while somebody types one."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.time_choices import MOST, time_choices
from bot.text.times import read_time

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
"""A Friday, half past nine in the evening in Berlin."""


def words(typed: str) -> list[str]:
    return [each for each, _ in time_choices(typed, NOW, BERLIN)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("", ["1h", "2h", "4h", "tomorrow", "monday"]),
        ("2", ["2h", "2d", "2m", "2w", "20:00", "21:00", "22:00", "23:00"]),
        ("2h", ["2h"]),
        ("15", ["15h", "15d", "15m", "15w", "15:00"]),
        ("tom", ["tomorrow", "tomorrow 14:00", "tomorrow 9:00", "tomorrow 12:00", "tomorrow 17:00"]),
        ("Mon", ["mon", "monday", "mon 9:00"]),
        ("mon 1", ["mon 10:00", "mon 11:00"]),
        ("  MON   9 ", ["mon 9:00"]),
        ("mon 9:30", ["mon 9:30"]),
        ("1 dec", ["1 dec"]),
        ("fri 17", ["fri 17:00"]),
        ("until 1 dec", ["until 1 dec"]),
        ("soonish", []),
        ("0h", []),
        ("today 8", []),
    ],
)
def test_what_is_offered(typed: str, first: list[str]) -> None:
    """The likeliest times come first, and what can be no time offers nothing."""
    assert words(typed)[: len(first)] == first
    assert words(typed) == [] or first


@given(st.text(max_size=12) | st.sampled_from(["mon", "t", "2", "tomorrow 1", "9", "w"]))
def test_everything_that_is_offered_can_be_sent(typed: str) -> None:
    """It means what is shown beside it, begins with what was typed, and is there once; Discord takes so many."""
    found = time_choices(typed, NOW, BERLIN)
    assert len(found) <= MOST
    assert len({each for each, _ in found}) == len(found)
    for each, moment in found:
        assert read_time(each, NOW, BERLIN) == moment
        assert each.startswith(" ".join(typed.casefold().split()))
        assert len(each) <= 60
