"""
Times that people type: `2h`, `tomorrow`, `mon 9:00`, `2026-12-01 9:00`, `17:30`. Pure.

Lengths and `tomorrow` are read here, dates and hours by dateutil. That reads much that nobody meant (`9` is a day,
`10-11-12` a date), so it only gets what can mean one thing.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

LONGEST = timedelta(days=366)
"""So far ahead a time may be."""
MORNING = time(9)
"""What a day means without an hour."""

_LENGTH = re.compile(
    r"(?P<amount>\d{1,6})\s*"
    r"(?:(?P<minute>m|mins?|minutes?)|(?P<hour>h|hrs?|hours?)|(?P<day>d|days?)|(?P<week>w|weeks?))",
    re.ASCII,
)
_DAYS = "mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september"
    "|october|november|december"
)
_HALF_DAY = r"(?:0?[1-9]|1[0-2])"
_HOUR = rf"{_HALF_DAY}(?::\d{{2}})?\s*[ap]m|\d{{1,2}}:\d{{2}}"
_DATE = (
    r"(?P<relative>today|tomorrow)"
    rf"|(?P<weekday>{_DAYS})"
    r"|(?P<full>\d{4}-\d{1,2}-\d{1,2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})\s+\d{{4}}|(?:{_MONTHS})\s+\d{{1,2}}(?:st|nd|rd|th)?\s+\d{{4}})"
    rf"|(?P<yearly>\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})|(?:{_MONTHS})\s+\d{{1,2}}(?:st|nd|rd|th)?)"
)
_TIME = re.compile(rf"(?:{_DATE})(?:(?:\s+at)?\s+(?P<hour>{_HOUR}))?|(?P<alone>{_HOUR})", re.ASCII)
_AROUND = re.compile(r"[\s.,!]+")


class TimeFault(Enum):
    """What is wrong with a time that was typed."""

    UNREADABLE = "unreadable"
    TOO_SHORT = "too short"  # less than a minute
    PAST = "past"
    TOO_FAR = "too far"  # more than a year ahead


def read_time(typed: str, now: datetime, zone: ZoneInfo) -> datetime | TimeFault:
    """
    The moment in the future that somebody means, in UTC.

    A day without an hour is that day's morning. An hour without a day is the next such hour, and so is a weekday. Days
    and weeks end at the same hour as now. An hour that a clock change leaves out is as much later as the clock is put
    forward; of an hour that comes twice it is the first that is still to come.
    """
    words = _words(typed)
    local = now.astimezone(zone)
    length = _LENGTH.fullmatch(words)
    found = _after(length, now, local) if length is not None else _at(words.removeprefix("at "), now, local)
    if isinstance(found, TimeFault):
        return found
    if found <= now:
        return TimeFault.PAST
    return TimeFault.TOO_FAR if found - now > LONGEST else found


def is_length(typed: str) -> bool:
    """Whether what was typed is a length of time, such as `2h`, and no time on the clock."""
    return _LENGTH.fullmatch(_words(typed)) is not None


def _words(typed: str) -> str:
    words = _AROUND.sub(" ", typed.casefold()).strip()
    return words.removeprefix("until ").removeprefix("in ").removeprefix("for ").removeprefix("on ").strip()


def _after(length: re.Match[str], now: datetime, local: datetime) -> datetime | TimeFault:
    """After a length of time. Minutes and hours are real time; days are days on the calendar."""
    amount = int(length["amount"])
    if amount == 0:
        return TimeFault.TOO_SHORT
    if amount > LONGEST // timedelta(minutes=1):
        return TimeFault.TOO_FAR
    if length["minute"] or length["hour"]:
        return now + (timedelta(minutes=amount) if length["minute"] else timedelta(hours=amount))
    days = amount if length["day"] else 7 * amount
    return TimeFault.TOO_FAR if days > LONGEST.days else _utc(local + timedelta(days=days), now)


def _at(words: str, now: datetime, local: datetime) -> datetime | TimeFault:
    """At a time on the clock."""
    # It takes a megabyte, and most teams never type a date.
    from dateutil import parser
    from dateutil.relativedelta import relativedelta

    form = _TIME.fullmatch(words)
    if form is None:
        return TimeFault.UNREADABLE
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    days = timedelta(days=1 if form["relative"] == "tomorrow" else 0)
    date = (form["weekday"] or "")[:3] or form["full"] or form["yearly"] or ""
    hour = form["hour"] or form["alone"] or ""
    try:
        read = parser.parse(f"{date} {hour or MORNING.isoformat()}", default=midnight + days, ignoretz=True)
    except (ValueError, OverflowError):
        return TimeFault.UNREADABLE
    if abs(read - midnight) > 2 * LONGEST:
        # At the ends of the calendar, no time of another zone can be told.
        return TimeFault.PAST if read < midnight else TimeFault.TOO_FAR
    moment = _utc(read.replace(tzinfo=local.tzinfo), now)
    if moment > now or form["full"] or form["relative"]:
        return moment
    step = relativedelta(years=1) if form["yearly"] else relativedelta(days=7 if form["weekday"] else 1)
    return _utc((read + step).replace(tzinfo=local.tzinfo), now)


def _utc(local: datetime, now: datetime) -> datetime:
    """A time on a clock as a moment; of two such moments the first that is still to come."""
    first = local.replace(fold=0).astimezone(UTC)
    second = local.replace(fold=1).astimezone(UTC)
    # Where a clock change leaves the hour out, the second one is the earlier.
    return second if first <= now < second else first
