"""When posts make no sound."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.tickets.day.quiet_hours import is_quiet
from bot.tickets.rules_from_settings import Rules

NIGHT = (time(22), time(7))
NOON = (time(12), time(13))


@pytest.mark.parametrize(
    ("hours", "local", "wanted"),
    [
        (NIGHT, "21:59:59", False),
        (NIGHT, "22:00:00", True),
        (NIGHT, "00:00:00", True),
        (NIGHT, "06:59:59", True),
        (NIGHT, "07:00:00", False),
        (NOON, "11:59:59", False),
        (NOON, "12:00:00", True),
        (NOON, "13:00:00", False),
        (None, "00:00:00", False),
    ],
)
def test_quiet_hours(hours: tuple[time, time] | None, local: str, wanted: bool) -> None:
    """From the first second on, on the clock of the settings' time zone, also over midnight."""
    rules = Rules(
        stores={},
        capabilities={},
        chat_labels={},
        noting=frozenset(),
        attaching=frozenset(),
        note_prefixes=(),
        undo=timedelta(),
        quiet_hours=hours,
        zone=ZoneInfo("Asia/Kolkata"),
    )
    now = datetime.fromisoformat(f"2026-11-27T{local}+05:30").astimezone(UTC)
    assert is_quiet(rules, now) is wanted
