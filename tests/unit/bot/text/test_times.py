"""Times that people type: what is read, what it means in a time zone, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.times import LONGEST, TimeFault, read_time

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
FRIDAY = datetime(2026, 11, 27, 14, 30, 20, tzinfo=BERLIN)


def berlin(typed: str, now: datetime = FRIDAY) -> str | TimeFault:
    """What somebody in Berlin means, on their clock."""
    found = read_time(typed, now, BERLIN)
    return found if isinstance(found, TimeFault) else f"{found.astimezone(BERLIN):%a %Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1m", "Fri 2026-11-27 14:31:20"),
        ("90m", "Fri 2026-11-27 16:00:20"),
        ("30 min", "Fri 2026-11-27 15:00:20"),
        ("2h", "Fri 2026-11-27 16:30:20"),
        ("2 H", "Fri 2026-11-27 16:30:20"),
        ("in 2 hours", "Fri 2026-11-27 16:30:20"),
        ("1 hour", "Fri 2026-11-27 15:30:20"),
        ("48h", "Sun 2026-11-29 14:30:20"),
        ("1d", "Sat 2026-11-28 14:30:20"),
        ("for 3 days", "Mon 2026-11-30 14:30:20"),
        ("1w", "Fri 2026-12-04 14:30:20"),
        ("tomorrow", "Sat 2026-11-28 09:00:00"),
        ("Tomorrow 17:30", "Sat 2026-11-28 17:30:00"),
        ("until tomorrow at 5pm", "Sat 2026-11-28 17:00:00"),
        ("today 18:00", "Fri 2026-11-27 18:00:00"),
        ("mon 9:00", "Mon 2026-11-30 09:00:00"),
        ("Monday", "Mon 2026-11-30 09:00:00"),
        ("on monday, 9:00", "Mon 2026-11-30 09:00:00"),
        ("tues 8:15", "Tue 2026-12-01 08:15:00"),
        ("thurs", "Thu 2026-12-03 09:00:00"),
        ("fri 15:00", "Fri 2026-11-27 15:00:00"),
        ("fri 14:00", "Fri 2026-12-04 14:00:00"),
        ("friday", "Fri 2026-12-04 09:00:00"),
        ("17:30", "Fri 2026-11-27 17:30:00"),
        ("at 17:30", "Fri 2026-11-27 17:30:00"),
        ("5 pm", "Fri 2026-11-27 17:00:00"),
        ("12am", "Sat 2026-11-28 00:00:00"),
        ("9:00", "Sat 2026-11-28 09:00:00"),
        ("2026-12-01 9:00", "Tue 2026-12-01 09:00:00"),
        ("2026-12-01", "Tue 2026-12-01 09:00:00"),
        ("1 dec", "Tue 2026-12-01 09:00:00"),
        ("1. Dec. 2026", "Tue 2026-12-01 09:00:00"),
        ("december 24th 18:00", "Thu 2026-12-24 18:00:00"),
        ("3 march", "Wed 2027-03-03 09:00:00"),
        ("27 nov", "Sat 2027-11-27 09:00:00"),
        (" 2h! ", "Fri 2026-11-27 16:30:20"),
    ],
)
def test_a_time_is_read(typed: str, meant: str) -> None:
    """A day alone is its morning; an hour or a weekday alone is the next one."""
    assert berlin(typed) == meant


_FAULTS = {
    TimeFault.UNREADABLE: [
        *("90s", "soon", "9", "1.5h", "2h30m", "tomorow", "01/12", "1.12.", "10-11-12", "2h 1042", "h", "-1h", "٢h"),
        *("25:00", "9:60", "13 pm", "0:00pm", "31 feb", "29 feb", "2026-13-01", "2026-11-31", "mon 9", "mon tue"),
        *("9:00 EST", "off", "", "\x00", "x" * 5_000, "9" * 5_000, " " * 5_000),
    ],
    TimeFault.TOO_SHORT: ["0m", "0h", "0d", "00w"],
    TimeFault.PAST: ["today", "today 9:00", "2026-11-27 9:00", "2020-01-01", "1 dec 2025", "0001-01-01"],
    TimeFault.TOO_FAR: ["367d", "53w", "9000h", "999999m", "999999w", "2028-01-01", "9999-12-31 23:59"],
}


@pytest.mark.parametrize(("typed", "fault"), [(each, fault) for fault in _FAULTS for each in _FAULTS[fault]])
def test_what_is_no_time_to_come_is_refused(typed: str, fault: TimeFault) -> None:
    """Whatever can mean two things is not guessed."""
    assert berlin(typed) is fault


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("UTC")])
@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        *[(each, TimeFault.PAST) for each in ("0001-01-01", "0001-01-01 0:00", "0001-01-01 23:59", "1 jan 0001")],
        *[(each, TimeFault.TOO_FAR) for each in ("9999-12-31", "9999-12-31 0:00", "9999-12-31 23:59", "dec 31 9999")],
    ],
)
def test_the_ends_of_the_calendar_are_only_far_away(typed: str, fault: TimeFault, zone: ZoneInfo) -> None:
    """In whatever zone: there such a time is before the first year, or after the last one, in UTC."""
    assert read_time(typed, FRIDAY, zone) is fault


@pytest.mark.parametrize(
    ("now", "typed", "meant"),
    [
        # On 28 March 2027 the clock in Berlin goes from 2:00 to 3:00, on 31 October from 3:00 to 2:00.
        ("2027-03-27T12:00+01:00", "tomorrow 2:30", "2027-03-28T03:30+02:00"),
        ("2027-03-27T12:00+01:00", "1d", "2027-03-28T12:00+02:00"),
        ("2027-03-27T12:00+01:00", "24h", "2027-03-28T13:00+02:00"),
        ("2027-10-30T12:00+02:00", "tomorrow 2:30", "2027-10-31T02:30+02:00"),
        ("2027-10-31T02:45+02:00", "2:30", "2027-10-31T02:30+01:00"),
        ("2027-10-31T02:45+01:00", "2:30", "2027-11-01T02:30+01:00"),
        ("2027-10-30T12:00+02:00", "1d", "2027-10-31T12:00+01:00"),
        ("2027-10-30T12:00+02:00", "24h", "2027-10-31T11:00+01:00"),
        ("2026-11-27T23:30+00:00", "tomorrow", "2026-11-29T09:00+01:00"),
    ],
)
def test_where_the_clock_is_changed(now: str, typed: str, meant: str) -> None:
    """Days are on the calendar, hours are hours; an hour left out is later, one that comes twice is the next."""
    assert read_time(typed, datetime.fromisoformat(now), BERLIN) == datetime.fromisoformat(meant)


@given(
    now=st.integers(0, 3 * 366 * 86_400).map(lambda seconds: FRIDAY.astimezone(UTC) + timedelta(seconds=seconds)),
    typed=st.one_of(
        st.text(max_size=30),
        st.from_regex(r"(today|tomorrow|mon|sunday|1 dec|29 feb|2027-03-28)( [0-9]{1,2}:[0-9]{2})?", fullmatch=True),
        st.from_regex(r"[0-9]{1,6} ?[mhdw]", fullmatch=True),
    ),
    zone=st.sampled_from([BERLIN, NEW_YORK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Apia")]),
)
def test_what_is_read_is_always_to_come(now: datetime, typed: str, zone: ZoneInfo) -> None:
    """Whatever is typed: a moment after now and within a year, or a fault; never an error."""
    found = read_time(typed, now, zone)
    assert isinstance(found, TimeFault) or timedelta() < found - now <= LONGEST
    assert isinstance(found, TimeFault) or found.tzinfo is UTC
