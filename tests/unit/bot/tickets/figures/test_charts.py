"""What the picture of figures shows, and that it is bounded however much there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import StoreName
from bot.tickets.figures.charts import alternative, chart
from bot.tickets.figures.stats import AgentFigures, Figures, Report
from bot.tickets.figures.tables import chat_table
from bot.tickets.figures.times import Times

SOME = Times(amount=4, median=1800.0, p90=7200.0)


def store(name: str, *, opened: int = 1, waiting: int = 0) -> Figures:
    return Figures(
        store=StoreName(name),
        open=opened,
        closed=2,
        waiting_for_us=waiting,
        new=(("2026-11-19", 2), ("2026-11-20", 3)),
        closed_by_day=(("2026-11-19", 0), ("2026-11-20", 1)),
        medians=(),
        days=2,
        first_answer=SOME,
        waiting=(waiting, 0, 0, 0, 0),
    )


def agents(amount: int) -> tuple[AgentFigures, ...]:
    return tuple(
        AgentFigures(agent=f"slack:{n}", name=f"Agent\n{n}", first_answer=SOME, next_answer=SOME, time_to_close=SOME)
        for n in range(amount)
    )


def of(*stores: Figures, amount: int = 0) -> Report:
    return Report(stores=stores, total=replace(store("", opened=7, waiting=3), agents=agents(amount)))


def test_one_store_is_drawn_by_day_time_age_and_agent() -> None:
    """New and closed by day, how long it took, who waits how long, and who answered."""
    drawn = chart(of(store("keys"), amount=2))
    assert drawn.title == "keys · 2 days"
    assert drawn.by_day.title == "Tickets by day (UTC)"
    assert drawn.by_day.values == ((2, 0), (3, 1))
    (lengths,) = drawn.lengths
    assert lengths.values == ((0.5, 2.0), (None, None), (None, None))
    assert lengths.texts[0] == ("30 min", "2 h 00 min")
    ages, people = drawn.bars
    assert (ages.values, ages.labels[0]) == ((3.0, 0.0, 0.0, 0.0, 0.0), "under 1 h")
    assert (people.labels, people.texts) == (("Agent 0", "Agent 1"), ("8", "8"))


def test_open_hours_have_a_chart_of_their_own() -> None:
    """Where a store has any."""
    total = replace(store(""), first_answer=replace(SOME, median_open=60.0, p90_open=120.0))
    drawn = chart(Report(stores=(store("keys"),), total=total))
    assert [each.title for each in drawn.lengths] == ["How long it took", "How long it took, in open hours"]


@pytest.mark.parametrize(("stores", "people"), [(2, 0), (8, 8), (9, 9), (50, 60), (1000, 1000)])
def test_many_stores_and_agents_are_eight_bars(stores: int, people: int) -> None:
    """The last one is all others, and how many they are; no amount is lost."""
    drawn = chart(of(*(store(f"s{number}") for number in range(stores)), amount=people))
    assert drawn.title == f"{stores} stores · 2 days"
    for bars, most in zip(drawn.bars[1:], (stores, people * 8), strict=False):
        assert len(bars.values) <= 8
        assert sum(bars.values) == most
    assert (drawn.bars[1].labels[-1] == f"{stores - 7} others") == (stores > 8)


def test_long_names_of_stores_can_be_told_apart() -> None:
    """In the picture and in the table: those that begin alike are cut in the middle, others at the end."""
    names = [f"the_store_of_the_northern_branch_{number:02}" for number in range(3)]
    found = of(*(store(name, opened=3 - place) for place, name in enumerate([*names, "a_name_that_is_unlike_others"])))
    shown = chart(found).bars[1].labels
    assert shown == (*(f"the_store_o…_branch_{n:02}" for n in range(3)), "a_name_that_is_unlike…")
    rows = [line.split()[0] for line in chat_table(found).splitlines()[1:5]]
    assert rows == [*(f"the_sto…anch_{n:02}" for n in range(3)), "a_name_that_is…"]


@pytest.mark.parametrize(
    ("days", "columns", "title"),
    [(1, 1, "by day"), (62, 62, "by day"), (63, 32, "by 2 days"), (365, 61, "by 6 days")],
)
def test_of_many_days_several_are_one_column(days: int, columns: int, title: str) -> None:
    """So that they can be told from each other; the title says so, and no ticket is lost."""
    by_day = tuple((f"day {number}", number) for number in range(days))
    total = replace(store(""), new=by_day, closed_by_day=by_day, days=days)
    drawn = chart(Report(stores=(store("keys"),), total=total)).by_day
    assert (len(drawn.days), drawn.title) == (columns, f"Tickets {title} (UTC)")
    assert sum(new for new, _ in drawn.values) == sum(closed for _, closed in drawn.values) == sum(range(days))


def test_the_words_say_what_the_picture_shows() -> None:
    """Whoever cannot see the picture gets the same figures."""
    assert alternative(of(store("keys"))) == (
        "Charts of keys · 2 days: 5 new tickets and 1 closed; 7 are open, and 3 wait for us. Median first answer "
        "30 min, next answer none, time to close none. The table says the same in figures."
    )
