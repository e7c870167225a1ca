"""Lengths of time: percentiles, days of a time zone, open time."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.rows import to_ms
from bot.model import Hours
from bot.tickets.business_hours import open_time
from bot.tickets.figures.times import Lengths, Times, last_days, lengths, percentile, times
from tests.support.open_time import counted_between

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo")
OFFICE = Hours(zone=BERLIN, week=((((9 * 60, 18 * 60),),) * 5 + ((), ())), holidays=frozenset({"12-25"}))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001


@given(st.lists(st.integers(0, 10**10), min_size=2))
def test_percentiles_are_those_of_the_standard_library(values: list[int]) -> None:
    """The middle one is the median, and nine of ten is the ninth cut of ten."""
    ordered = sorted(values)
    assert percentile(ordered, 0.5) == pytest.approx(median(values))
    assert percentile(ordered, 0.9) == pytest.approx(quantiles(values, n=10, method="inclusive")[8])


def test_of_nothing_nothing_is_said() -> None:
    """Without a length there is no median; a single one is both figures."""
    assert times([]) == Times()
    assert times([Lengths([5_000], None, 1)]) == Times(amount=1, median=5.0, p90=5.0)


def test_open_time_is_said_only_if_all_have_it() -> None:
    """A store without hours in a sum of stores would falsify it."""
    both = [Lengths([4_000], [1_000], 1), Lengths([2_000], [3_000], 1)]
    assert times(both) == Times(amount=2, median=3.0, p90=3.8, median_open=2.0, p90_open=2.8)
    assert times([*both, Lengths([1_000], None, 1)]).median_open is None


def test_lengths_are_by_agent_and_in_order() -> None:
    """Where only a part was looked at, the amounts are still those of all, also of who is not in that part."""
    rows = [("slack:U1", 5, 9), (None, 5, 5), ("slack:U1", 5, 6)]
    found = lengths(rows, None)
    assert {agent: (list(each.whole), each.opened, each.amount) for agent, each in found.items()} == {
        "slack:U1": ([1, 4], None, 2),
        None: ([0], None, 1),
    }
    found = lengths(rows, None, {"slack:U1": 20, None: 10, "slack:U2": 3})
    assert [(each.amount, len(each.whole)) for each in found.values()] == [(20, 2), (10, 1), (3, 0)]
    assert times(list(found.values())).amount == 33


@given(MOMENTS, MOMENTS)
def test_open_time_laid_out_is_the_open_time_counted(one: datetime, other: datetime) -> None:
    """However long, over clock changes and holidays: the quick way and the plain way agree."""
    since, until = sorted((to_ms(one), to_ms(other)))
    found = lengths([(None, since, until)], OFFICE)[None]
    plain = counted_between(OFFICE, min(one, other), max(one, other))
    assert found.opened is not None
    assert abs(found.opened[0] - plain // timedelta(milliseconds=1)) <= 1


def test_open_time_of_absurd_moments_is_none() -> None:
    """Before and after the years in which something can have happened."""
    laid_out = open_time(OFFICE)
    assert laid_out.between(-(10**15), 0) == 0
    assert laid_out.between(10**14, 10**15) == 0
    assert laid_out.between(-(10**15), 10**15) == laid_out.between(0, 10**13)


@given(st.integers(1, 400), MOMENTS, st.sampled_from(ZONES))
def test_days_follow_one_another(amount: int, now: datetime, zone: str) -> None:
    """Without a hole and without an overlap; now is in the last one, which is called by the zone's date."""
    days = last_days(amount, now, ZoneInfo(zone))
    assert len(days) == amount
    assert all(one.end == other.begin for one, other in itertools.pairwise(days))
    assert days[-1].begin <= to_ms(now) < days[-1].end
    assert days[-1].name == now.astimezone(ZoneInfo(zone)).date().isoformat()
    assert {(each.end - each.begin) // 1_800_000 for each in days} <= {46, 47, 48, 49, 50}


def test_a_day_on_which_clocks_change_is_as_long_as_it_is() -> None:
    """25 hours in autumn and 23 in spring, in a zone that has summer time."""
    autumn = last_days(1, datetime(2026, 10, 25, 12, tzinfo=UTC), BERLIN)[0]
    spring = last_days(1, datetime(2026, 3, 29, 12, tzinfo=UTC), BERLIN)[0]
    assert [(each.end - each.begin) // 3_600_000 for each in (autumn, spring)] == [25, 23]
