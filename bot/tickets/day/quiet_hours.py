"""The hours in which posts make no sound; pure."""

from __future__ import annotations

from datetime import datetime

from bot.tickets.rules_from_settings import Rules


def is_quiet(rules: Rules, now: datetime) -> bool:
    """Whether it is one of the quiet hours, on the clock of the settings' time zone."""
    if rules.quiet_hours is None:
        return False
    begin, end = rules.quiet_hours
    local = now.astimezone(rules.zone).time()
    return begin <= local < end if begin < end else local >= begin or local < end
