"""Business hours, lengths of time and whom to remind, as they are written in the settings."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

from bot.model import ChatName, Mention, MentionKind
from bot.model.promises import Spans

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = {
    **{day: number for number, day in enumerate(_DAYS)},
    **{f"{day}day": number for number, day in enumerate(_DAYS)},
    "tuesday": 1,
    "wednesday": 2,
    "thursday": 3,
    "saturday": 5,
}
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_LENGTH = re.compile(r"([1-9]\d{0,4})\s*([mhdw])", re.ASCII)
_HOLIDAY = re.compile(r"(?:\d{4}-)?\d{2}-\d{2}", re.ASCII)
_A_DAY = 24 * 60
_NO_HOURS = "must be days and times such as Mon-Fri 09:00-18:00, Sat 10:00-14:00"
_NO_QUIET_HOURS = "must be two times of day such as 22:00-07:00"
_NO_HOLIDAY = "must be days such as 12-25 (each year) or 2027-03-26, with commas between"
_NO_LENGTH = "must be a length of time such as 30m, 2h or 1d"
_NO_MENTION = "must be discord-role:<id>, discord-user:<id>, slack-group:<id> or slack-user:<id>"
_MENTIONS = {
    "discord-role": ("discord", MentionKind.GROUP, r"\d{5,20}"),
    "discord-user": ("discord", MentionKind.PERSON, r"\d{5,20}"),
    "slack-group": ("slack", MentionKind.GROUP, r"S[0-9A-Z]{2,20}"),
    "slack-user": ("slack", MentionKind.PERSON, r"[UW][0-9A-Z]{2,20}"),
}


def read_week(value: str) -> tuple[Spans, ...]:
    """The open hours of the seven days, Monday first. Raises `ValueError` with what is wanted."""
    week: list[list[tuple[int, int]]] = [[] for _ in _DAYS]
    days: list[int] = []
    for part in filter(None, (part.strip() for part in re.sub("[–—]", "-", value).split(","))):
        named, times = _days_and_times(part)
        days += named
        if times is None:
            continue
        begin, end = times
        for day in days or range(len(_DAYS)):
            if begin < end:
                week[day].append((begin, end))
            else:  # it goes on until the next day
                week[day].append((begin, _A_DAY))
                week[(day + 1) % len(_DAYS)].append((0, end))
        days = []
    if days or not any(week):
        raise ValueError(_NO_HOURS)
    return tuple(_joined(spans) for spans in week)


def _days_and_times(part: str) -> tuple[list[int], tuple[int, int] | None]:
    found = _SPAN.search(part)
    if found is None:
        return _days(part), None
    if part[found.end() :].strip():
        raise ValueError(_NO_HOURS)
    hours = [int(each) for each in found.groups()]
    begin, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if max(hours[1], hours[3]) > 59 or begin >= _A_DAY or end > _A_DAY or begin == end:
        raise ValueError(_NO_HOURS)
    return _days(part[: found.start()]), (begin, end)


def _days(words: str) -> list[int]:
    words = words.strip().casefold()
    if not words:
        return []
    first, dash, last = (part.strip() for part in words.partition("-"))
    if first not in _DAY_NAMES or (dash and last not in _DAY_NAMES):
        raise ValueError(_NO_HOURS)
    begin = _DAY_NAMES[first]
    end = _DAY_NAMES[last] if dash else begin
    return [day % len(_DAYS) for day in range(begin, end + 1 if end >= begin else end + 1 + len(_DAYS))]


def _joined(spans: list[tuple[int, int]]) -> Spans:
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif begin < end:
            joined.append((begin, end))
    return tuple(joined)


def read_time_of_day(value: str) -> time:
    """A time such as `09:00`. Raises `ValueError` with what is wanted."""
    found = _TIME.fullmatch(value.strip())
    if found is None:
        raise ValueError("must be a time of day such as 09:00")
    return time(int(found[1]), int(found[2]))


def read_quiet_hours(value: str) -> tuple[time, time]:
    """From when until when, also over midnight. Raises `ValueError` with what is wanted."""
    begin, _, end = re.sub("[–—]", "-", value).partition("-")
    try:
        found = read_time_of_day(begin), read_time_of_day(end)
    except ValueError as error:
        raise ValueError(_NO_QUIET_HOURS) from error
    if found[0] == found[1]:
        raise ValueError(_NO_QUIET_HOURS)
    return found


def read_length(value: str, week: tuple[Spans, ...]) -> timedelta:
    """
    So much open time. A day is the longest one of the week, and a week is all that is open in it.

    Raises:
        ValueError: It says what is wanted.
    """
    found = _LENGTH.fullmatch(value.strip().casefold())
    if found is None:
        raise ValueError(_NO_LENGTH)
    days = [sum(end - begin for begin, end in spans) for spans in week]
    minutes = {"m": 1, "h": 60, "d": max(days), "w": sum(days)}[found[2]]
    return int(found[1]) * timedelta(minutes=minutes)


def check_length(value: str) -> str:
    """The same text. Raises `ValueError` if it is no length of time."""
    read_length(value, (((0, 1),),))
    return value


def read_holidays(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The same days: as `2026-12-24`, or each year `12-25`. Raises `ValueError` with what is wanted."""
    for part in parts:
        try:
            date.fromisoformat(part if len(part) != len("12-25") else f"2024-{part}")
        except ValueError as error:
            raise ValueError(_NO_HOLIDAY) from error
        if _HOLIDAY.fullmatch(part) is None:
            raise ValueError(_NO_HOLIDAY)
    return parts


def read_mentions(parts: tuple[str, ...]) -> tuple[tuple[ChatName, Mention], ...]:
    """Whom to ping, in which chat; one in each. Raises `ValueError` with what is wanted."""
    found: dict[ChatName, Mention] = {}
    for part in parts:
        name, _, ident = (each.strip() for each in part.partition(":"))
        chat, kind, form = _MENTIONS.get(name, ("", MentionKind.PERSON, "$."))
        if re.fullmatch(form, ident, re.ASCII) is None:
            raise ValueError(_NO_MENTION)
        if ChatName(chat) in found:
            raise ValueError(f"names two for {chat}; one is enough: a role or a group can have many members")
        found[ChatName(chat)] = Mention(kind=kind, id=ident)
    return tuple(found.items())
