"""What stands in the tables and the picture of `/stats`. What each figure counts: `bot/tickets/figures/answers.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.wording.phrases import duration

FIRST_ANSWER: Final = "first answer"
NEXT_ANSWER: Final = "next answer"
TIME_TO_CLOSE: Final = "time to close"
KINDS: Final = (FIRST_ANSWER, NEXT_ANSWER, TIME_TO_CLOSE)
IN_OPEN_HOURS: Final = "in open hours"
NUMBER: Final = "number"
MEDIAN: Final = "median"
P90: Final = "9 of 10"
NEW: Final = "new"
CLOSED: Final = "closed"
AGENT: Final = "agent"
ANSWERS: Final = "answers"
STORE: Final = "store"
ALL_STORES: Final = "all stores"
WAITING: Final = "waiting"
AT_THE_VENDOR: Final = "at the vendor"
NONE: Final = "–"
AGES: Final = ("under 1 h", "1 to 4 h", "4 to 24 h", "1 to 3 days", "over 3 days")
WAITING_BY_AGE: Final = "Waiting for us now, by age"
BY_AGENT: Final = "Answers by agent"
BY_STORE: Final = "Open tickets by store"
HOW_LONG: Final = "How long it took"
HOW_LONG_OPEN: Final = "How long it took, in open hours"


def length(seconds: float | None) -> str:
    """A length of time as people say it; a dash: there is none."""
    return NONE if seconds is None else duration(timedelta(seconds=seconds))


def counts(opened: int, closed: int, waiting: int, snoozed: int) -> str:
    text = f"open {opened} · closed {closed} · waiting for us {waiting}"
    return f"{text} · snoozed {snoozed}" if snoozed else text


def waiting_by_age(amounts: Sequence[int]) -> str:
    """Only the ages that anybody has: `waiting under 1 h: 3 · 1 to 4 h: 1`."""
    return "waiting " + " · ".join(f"{age}: {amount}" for age, amount in zip(AGES, amounts, strict=True) if amount)


def days(amount: int) -> str:
    return "today" if amount == 1 else f"{amount} days"


def by_day(time_zone: str, together: int) -> str:
    """`together`: how many days stand in one row."""
    return f"by {'day' if together == 1 else f'{together} days'} ({time_zone})"


def tickets_by_day(time_zone: str, together: int) -> str:
    return f"Tickets {by_day(time_zone, together)}"


def others(amount: int) -> str:
    return f"{amount} others"


def times_of_each(step: int) -> str:
    return f"Times: of one ticket in {step}, because there are so many. All are counted."


def agents_left_out(amount: int) -> str:
    return f"and {amount} more agent{'' if amount == 1 else 's'}: see shopbell stats"


def picture_title(stores: Sequence[str], amount: int) -> str:
    what = stores[0] if len(stores) == 1 else f"{len(stores)} stores"
    return f"{what} · {days(amount)}"


def alternative(
    title: str,
    *,
    new: int,
    closed: int,
    opened: int,
    waiting: int,
    first_answer: float | None,
    next_answer: float | None,
    to_close: float | None,
) -> str:
    """What a picture of figures shows, for who does not see it."""
    tickets = "1 new ticket" if new == 1 else f"{new} new tickets"
    are_open = "1 is open" if opened == 1 else f"{opened} are open"
    wait = "1 waits" if waiting == 1 else f"{waiting} wait"
    # A dash is not read out.
    answered, again, ended = (
        "none" if each is None else length(each) for each in (first_answer, next_answer, to_close)
    )
    return (
        f"Charts of {title}: {tickets} and {closed} closed; {are_open}, and {wait} for us. "
        f"Median first answer {answered}, next answer {again}, time to close {ended}. "
        f"The table says the same in figures."
    )
