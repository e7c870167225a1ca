"""Open time: how much lies between two moments, when so much has passed; by a table, and whatever the hours are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Hours
from bot.settings.hours import read_week
from bot.tickets import business_hours
from bot.tickets.business_hours import OpenTime, after_open, open_time
from tests.support.open_time import counted_after, counted_between

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours(zone=BERLIN, week=read_week("Mon-Fri 09:00-18:00, Sat 10:00-14:00"), holidays=frozenset({"12-25"}))
ALWAYS = Hours(zone=BERLIN)
NIGHTS = Hours(zone=BERLIN, week=read_week("22:00-06:00"))
HOUR = timedelta(hours=1)


def open_between(hours: Hours, since: datetime, until: datetime) -> timedelta:
    """By what was laid out, to the millisecond; none if `until` is the earlier one."""
    milliseconds = [(each - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) for each in (since, until)]
    return timedelta(milliseconds=open_time(hours).between(*milliseconds)) if since < until else timedelta()


def at(text: str) -> datetime:
    """A time on the clock in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("hours", "since", "until", "amount"),
    [
        (OFFICE, "2026-11-27T17:00", "2026-11-28T11:00", 2),  # Friday evening, Saturday
        (OFFICE, "2026-11-28T14:00", "2026-11-30T09:00", 0),
        (OFFICE, "2026-11-27T09:00", "2026-12-04T09:00", 49),
        (OFFICE, "2026-12-24T17:00", "2026-12-26T11:00", 2),  # Christmas is a Friday
        (OFFICE, "2026-11-27T17:00", "2026-11-27T16:00", 0),
        (NIGHTS, "2026-11-27T12:00", "2026-11-28T12:00", 8),
        (NIGHTS, "2026-11-27T23:00", "2026-11-28T01:00", 2),
        # In the night of 28 March 2027 an hour is missing, in that of 31 October one comes twice.
        (ALWAYS, "2027-03-27T12:00", "2027-03-28T12:00", 23),
        (ALWAYS, "2027-10-30T12:00", "2027-10-31T12:00", 25),
        (NIGHTS, "2027-03-27T12:00", "2027-03-28T12:00", 7),
        (NIGHTS, "2027-10-30T12:00", "2027-10-31T12:00", 9),
    ],
)
def test_open_time_between_two_moments(hours: Hours, since: str, until: str, amount: int) -> None:
    """Nights, weekends, holidays and changes of the clock."""
    assert open_between(hours, at(since), at(until)) == amount * HOUR


@pytest.mark.parametrize("hours", [OFFICE, ALWAYS, NIGHTS])
@pytest.mark.parametrize("since", ["0001-01-01T00:00Z", "0001-01-02T00:00Z", "1969-12-31T00:00Z", "9999-12-31T23:59Z"])
def test_no_time_passes_since_an_absurd_moment(hours: Hours, since: str) -> None:
    """A vendor may write the year 1 or 9999. One such ticket does not end the reminders of all others."""
    absurd = datetime.fromisoformat(since)
    assert after_open(hours, absurd, HOUR) is None


@pytest.mark.parametrize(
    ("hours", "since", "amount", "moment"),
    [
        (OFFICE, "2026-11-27T17:00", 1, "2026-11-27T18:00"),
        (OFFICE, "2026-11-27T17:00", 2, "2026-11-28T11:00"),
        (OFFICE, "2026-11-27T20:00", 2, "2026-11-28T12:00"),
        (OFFICE, "2026-11-28T15:00", 2, "2026-11-30T11:00"),
        (OFFICE, "2026-11-27T17:00", 8, "2026-11-30T12:00"),
        (ALWAYS, "2027-03-27T12:00", 24, "2027-03-28T13:00"),
        (NIGHTS, "2026-11-27T12:00", 1, "2026-11-27T23:00"),
        (OFFICE, "2026-11-28T15:00", 0, "2026-11-28T15:00"),
    ],
)
def test_when_so_much_open_time_has_passed(hours: Hours, since: str, amount: int, moment: str) -> None:
    """Closed hours are passed over, whenever it begins."""
    assert after_open(hours, at(since), amount * HOUR) == at(moment)


def test_a_store_that_never_opens_keeps_no_promise() -> None:
    """All days are holidays: there is no such moment, and it is found out in the end."""
    days = frozenset(f"{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 32))
    never = Hours(zone=BERLIN, holidays=days)
    assert after_open(never, at("2026-11-27T17:00"), HOUR) is None
    assert open_between(never, at("2026-11-27T17:00"), at("2040-11-27T17:00")) == timedelta()


_MOMENTS = st.integers(0, 2 * 366 * 1440).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * HOUR / 60)
_SPANS = st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 720)), max_size=3)
_ZONES = st.sampled_from([BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])


@st.composite
def _hours(draw: st.DrawFn) -> Hours:
    week = []
    for _ in range(7):
        ends: list[tuple[int, int]] = []
        for begin, length in sorted(draw(_SPANS)):
            if not ends or begin > ends[-1][1]:
                ends.append((begin, min(begin + length, 1440)))
        week.append(tuple(ends))
    return Hours(zone=draw(_ZONES), week=tuple(week), holidays=draw(st.frozensets(st.just("07-04"))))


@given(hours=_hours(), since=_MOMENTS, minutes=st.integers(0, 6_000))
def test_one_is_the_inverse_of_the_other(hours: Hours, since: datetime, minutes: int) -> None:
    """After so much open time, so much open time has passed, and a moment before it was less."""
    amount = timedelta(minutes=minutes)
    moment = after_open(hours, since, amount)
    if moment is None:
        assert not any(hours.week)
        return
    assert moment >= since
    assert open_between(hours, since, moment) == amount
    if amount:
        assert open_between(hours, since, moment - timedelta(seconds=1)) == amount - timedelta(seconds=1)


@given(hours=_hours(), moments=st.lists(_MOMENTS, min_size=3, max_size=3))
def test_open_time_adds_up(hours: Hours, moments: list[datetime]) -> None:
    """In two pieces it is as much as in one; never more than the time on the clock, and never negative."""
    first, middle, last = sorted(moments)
    whole = open_between(hours, first, last)
    assert whole == open_between(hours, first, middle) + open_between(hours, middle, last)
    assert timedelta() <= whole <= last - first


_DECADES = st.datetimes(datetime(1990, 1, 3), datetime(2096, 12, 1)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001


@settings(max_examples=30, deadline=None)
@given(hours=_hours(), since=_DECADES, length=st.timedeltas(timedelta(), timedelta(days=4_000)))
def test_what_is_laid_out_is_what_is_counted_day_by_day(hours: Hours, since: datetime, length: timedelta) -> None:
    """Over years and their ends, in zones that change their clocks and in ones that do not."""
    until = min(since + length, datetime(2099, 12, 31, tzinfo=UTC))
    assert abs(open_between(hours, since, until) - counted_between(hours, since, until)) <= timedelta(milliseconds=1)


@settings(max_examples=30, deadline=None)
@given(hours=_hours(), since=_DECADES, amount=st.timedeltas(timedelta(), timedelta(days=300)))
def test_the_moment_is_the_one_that_is_counted_day_by_day(hours: Hours, since: datetime, amount: timedelta) -> None:
    """Also where so much open time takes years, and where there is none within the next years."""
    assert after_open(hours, since, amount) == counted_after(hours, since, amount)


def test_a_year_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many tickets wait, and for however long: what takes a while is done once for each year."""
    laid_out: list[int] = []
    plain = business_hours.open_from

    def noting(hours: Hours, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        laid_out.append(since.year)
        return plain(hours, since)

    monkeypatch.setattr(business_hours, "open_from", noting)
    opened = OpenTime(OFFICE)
    amounts = {opened.between(0, 1_800_000_000_000 + minute) for minute in range(1_000)}
    assert len(amounts) > 1
    assert laid_out == list(range(1990, 2028))


def test_without_an_amount_it_is_due_at_once() -> None:
    """Also while the store is closed."""
    night = at("2026-11-28T23:00")
    assert after_open(OFFICE, night, timedelta()) == night


def test_a_store_that_never_opens_has_no_open_time() -> None:
    """Every day may be a holiday."""
    never = Hours(zone=BERLIN, week=((),) * 7)
    assert OpenTime(never).between(0, 2_000_000_000_000) == 0


def test_what_takes_years_of_open_time_is_never_due() -> None:
    """A promise of that length is a mistake, and looks at no day beyond."""
    assert after_open(OFFICE, at("2026-11-28T23:00"), timedelta(days=5_000)) is None
