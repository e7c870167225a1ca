"""Figures as a picture: what is drawn, and what it says in words."""

from __future__ import annotations

from collections.abc import Sequence

from bot.drawing.chart import Bars, ByDay, Chart, Lengths
from bot.text import one_line
from bot.tickets.figures.stats import AgentFigures, Figures, Report
from bot.tickets.figures.tables import store_names, with_fewer_days
from bot.tickets.figures.times import Times
from bot.wording import figures as words

_MOST_BARS = 8
_MOST_DAYS = 62
"""So many columns can be told from each other."""
_LONGEST = 40
_LABEL = 22
"""So many characters have room beside a bar."""
_HOUR = 3600.0


def chart(report: Report) -> Chart:
    """The picture of these figures; several stores are drawn as one, with a bar for each."""
    total = report.total
    together, by_day = with_fewer_days(total, _MOST_DAYS)
    lengths = [_lengths(words.HOW_LONG, total, is_open=False)]
    if any(of.median_open is not None for of in _times(total)):
        lengths.append(_lengths(words.HOW_LONG_OPEN, total, is_open=True))
    bars = [Bars(words.WAITING_BY_AGE, words.AGES, tuple(map(float, total.waiting)), tuple(map(str, total.waiting)))]
    if len(report.stores) > 1:
        stores = sorted(report.stores, key=lambda each: (-each.waiting_for_us, -each.open, each.store))
        names = store_names(stores[:_MOST_BARS], _LABEL)
        names += [str(each.store) for each in stores[_MOST_BARS:]]
        bars.append(_bars(words.BY_STORE, [(name, each.open) for name, each in zip(names, stores, strict=True)]))
    if total.agents:
        bars.append(_bars(words.BY_AGENT, [(_name(each), each.answers) for each in total.agents]))
    return Chart(
        title=_title(report),
        by_day=ByDay(
            title=words.tickets_by_day(total.time_zone, together),
            days=tuple(day for day, _ in by_day.new),
            series=(words.NEW, words.CLOSED),
            values=tuple((new, closed) for (_, new), (_, closed) in zip(by_day.new, by_day.closed_by_day, strict=True)),
        ),
        lengths=tuple(lengths),
        bars=tuple(bars),
    )


def alternative(report: Report) -> str:
    """What the picture shows, in words."""
    total = report.total
    return words.alternative(
        _title(report),
        new=sum(amount for _, amount in total.new),
        closed=sum(amount for _, amount in total.closed_by_day),
        opened=total.open,
        waiting=total.waiting_for_us,
        first_answer=total.first_answer.median,
        next_answer=total.next_answer.median,
        to_close=total.time_to_close.median,
    )


def _title(report: Report) -> str:
    return words.picture_title([one_line(each.store, _LONGEST) for each in report.stores], report.total.days)


def _times(shown: Figures) -> tuple[Times, Times, Times]:
    return (shown.first_answer, shown.next_answer, shown.time_to_close)


def _lengths(title: str, shown: Figures, *, is_open: bool) -> Lengths:
    pairs = [(of.median_open, of.p90_open) if is_open else (of.median, of.p90) for of in _times(shown)]
    return Lengths(
        title=title,
        labels=words.KINDS,
        series=(words.MEDIAN, words.P90),
        values=tuple((_hours(median), _hours(most)) for median, most in pairs),
        texts=tuple((words.length(median), words.length(most)) for median, most in pairs),
    )


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / _HOUR


def _name(agent: AgentFigures) -> str:
    return agent.name if agent.agent else words.AT_THE_VENDOR


def _bars(title: str, amounts: Sequence[tuple[str, int]]) -> Bars:
    """As many as fit, and the rest as one."""
    shown = list(amounts[:_MOST_BARS])
    if len(amounts) > _MOST_BARS:
        others = amounts[_MOST_BARS - 1 :]
        shown[-1] = (words.others(len(others)), sum(amount for _, amount in others))
    return Bars(
        title,
        tuple(one_line(name, _LONGEST) for name, _ in shown),
        tuple(float(amount) for _, amount in shown),
        tuple(str(amount) for _, amount in shown),
    )
