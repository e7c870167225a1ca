"""Business hours, lengths of time, holidays and whom to remind, as they are written in the settings."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from bot.model import Mention, MentionKind
from bot.settings.hours import (
    check_length,
    read_holidays,
    read_length,
    read_mentions,
    read_quiet_hours,
    read_time_of_day,
    read_week,
)

NINE_TO_SIX = ((540, 1080),)


@pytest.mark.parametrize(
    ("written", "week"),
    [
        ("Mon-Fri 09:00-18:00, Sat 10:00-14:00", (*((NINE_TO_SIX,) * 5), ((600, 840),), ())),
        ("monday – friday 9:00–18:00", (*((NINE_TO_SIX,) * 5), (), ())),
        ("9:00-18:00", (NINE_TO_SIX,) * 7),
        ("Mon, Wed 09:00-18:00", (NINE_TO_SIX, (), NINE_TO_SIX, (), (), (), ())),
        ("Sat-Mon 09:00-18:00", (NINE_TO_SIX, (), (), (), (), NINE_TO_SIX, NINE_TO_SIX)),
        ("Mon 09:00-12:00, Mon 13:00-18:00", (((540, 720), (780, 1080)), (), (), (), (), (), ())),
        ("Mon 13:00-18:00, Mon 09:00-14:00", (NINE_TO_SIX, (), (), (), (), (), ())),
        ("Sun 22:00-02:00", (((0, 120),), (), (), (), (), (), ((1320, 1440),))),
        ("00:00-24:00", (((0, 1440),),) * 7),
        ("Mon 22:00-00:00", (((1320, 1440),), (), (), (), (), (), ())),
    ],
)
def test_hours_are_read(written: str, week: object) -> None:
    """Days, spans and several of them on a day."""
    assert read_week(written) == week


@pytest.mark.parametrize(
    "written",
    [
        *("", ",", "Mon", "Mon-Fri", "Mon-Fri 9-18", "Mon 09:00-18:00, Tue", "Foo 09:00-18:00", "Mon-Foo 09:00-18:00"),
        *("Mon 09:00-09:00", "Mon 25:00-26:00", "Mon 09:60-18:00", "Mon 09:00-24:30", "Mon 09:00-18:00 x", "x" * 5_000),
    ],
)
def test_wrong_hours_are_a_fault(written: str) -> None:
    """It says how they are written."""
    with pytest.raises(ValueError, match="must be days and times such as Mon-Fri 09:00-18:00, Sat 10:00-14:00"):
        read_week(written)


@pytest.mark.parametrize(
    ("written", "hours"),
    [("30m", 0.5), ("2h", 2), ("1d", 9), (" 2D ", 18), ("1w", 49)],
)
def test_lengths_are_read(written: str, hours: float) -> None:
    """A day is the longest one of the week, a week all that is open in it."""
    assert read_length(written, read_week("Mon-Fri 09:00-18:00, Sat 10:00-14:00")) == timedelta(hours=hours)


@pytest.mark.parametrize("written", ["90s", "0h", "h", "", "1.5h", "2h30m", "soon", "999999h"])
def test_a_wrong_length_is_a_fault(written: str) -> None:
    """The fault shows how a length is written."""
    with pytest.raises(ValueError, match="must be a length of time such as 30m, 2h or 1d"):
        check_length(written)


def test_holidays_are_read() -> None:
    """A day each year, or one day."""
    assert read_holidays(("12-25", "02-29", "2027-03-26")) == ("12-25", "02-29", "2027-03-26")


@pytest.mark.parametrize("written", ["25.12.", "12-32", "02-30", "2027-02-29", "Christmas", "20271225", "2027-W01-1"])
def test_a_wrong_holiday_is_a_fault(written: str) -> None:
    """The fault shows how a day is written."""
    with pytest.raises(ValueError, match="must be days such as 12-25"):
        read_holidays((written,))


def test_whom_to_remind_is_read() -> None:
    """At most one for each chat."""
    assert read_mentions(("discord-role:123456", "slack-user: U012")) == (
        ("discord", Mention(kind=MentionKind.GROUP, id="123456")),
        ("slack", Mention(id="U012")),
    )


@pytest.mark.parametrize(
    "written",
    [
        *(("everyone",), ("discord-role:",), ("discord-role:x",), ("slack-group:U123",), ("slack-user:S123",)),
        *(("slack:U1",), ("discord-role:123456", "discord-user:123456"), ("discord-role:@everyone",)),
    ],
)
def test_whom_nobody_can_remind_is_a_fault(written: tuple[str, ...]) -> None:
    """Another kind, an id that is none, or two in one chat."""
    with pytest.raises(ValueError, match=r"must be discord-role:<id>|names two for discord"):
        read_mentions(written)


def test_times_of_day_are_read() -> None:
    """Alone, and two of them, also over midnight."""
    assert read_time_of_day(" 9:05 ") == time(9, 5)
    assert read_quiet_hours("22:00 – 7:00") == (time(22), time(7))


@pytest.mark.parametrize("written", ["", "9", "24:00", "9:60", "9:00am", "09:00:00", "x" * 5_000])
def test_a_wrong_time_of_day_is_a_fault(written: str) -> None:
    """Hours and minutes that no clock shows, and what is no time at all."""
    with pytest.raises(ValueError, match="must be a time of day such as 09:00"):
        read_time_of_day(written)
    with pytest.raises(ValueError, match="must be two times of day such as 22:00-07:00"):
        read_quiet_hours(f"22:00-{written}")


def test_quiet_hours_without_a_length_are_a_fault() -> None:
    """Nobody can mean a span that ends when it begins."""
    with pytest.raises(ValueError, match="must be two times of day"):
        read_quiet_hours("22:00-22:00")
