"""Figures as tables in a fixed-width font: whole for a terminal, and so short that they fit into a chat's message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model import StoreName
from bot.text import one_line
from bot.tickets.figures.stats import AgentFigures, Figures, Report
from bot.wording import figures as words
from bot.wording import notices

LONGEST = 1_650
"""So many characters fit into a message of a chat, below what is said above the table."""
_IN_DETAIL = 2
_MOST_STORES = 12
_ROWS = (14, 10, 7, 5, 4, 3, 2, 1)
"""Of days: as many as fit."""
_AGENTS = 3
"""So many agents have room in any case."""
_MOST_AGENTS = 10
_BAR = 20
_NAME = 16
_DAY = 18


def table(report: Report) -> str:
    """Every figure, for a terminal."""
    agents = _agent_rows(report.total.agents, len(report.total.agents))
    if len(report.stores) == 1:
        return _store_table(report.stores[0], [*_day_rows(report.stores[0]), *agents])
    total = replace(report.total, store=StoreName(words.ALL_STORES))
    parts = [*(_store_table(each, _day_rows(each)) for each in report.stores), _store_table(total, agents)]
    return "\n\n".join(parts) if report.stores else ""


def chat_table(report: Report) -> str:
    """
    The figures as a table that fits into one message of a chat, whole, however many stores and days there are.

    One or two stores have their days one by one, or several in one line. More stores have one line each, those in
    which most tickets wait first; a line says how many are left out. Then come times and agents, as many as fit.
    """
    agents = report.total.agents
    if 1 <= len(report.stores) <= _IN_DETAIL:
        tables = [_in_detail(report, rows) for rows in _ROWS]
    else:
        tables = ["\n".join(_many_stores(report))]
    wanted = min(len(agents), _AGENTS)
    shown = next(each for each in tables if each is tables[-1] or len(_with_agents(each, agents, wanted)) <= LONGEST)
    for amount in range(min(len(agents), _MOST_AGENTS), 0, -1):
        longer = _with_agents(shown, agents, amount)
        if len(longer) <= LONGEST:
            return longer
    return shown


def _in_detail(report: Report, rows: int) -> str:
    return "\n\n".join(_store_table(each, _day_rows(each, rows)) for each in report.stores)


def _with_agents(shown: str, agents: Sequence[AgentFigures], most: int) -> str:
    return "\n".join([shown, *([""] if agents else []), *_agent_rows(agents, most)])


def _many_stores(report: Report) -> list[str]:
    by_waiting = sorted(report.stores, key=lambda each: (-each.waiting_for_us, -each.open, each.store))
    shown, left_out = by_waiting[:_MOST_STORES], by_waiting[_MOST_STORES:]
    lines = [f"{words.STORE:<{_NAME}} {'open':>6} {'waiting':>7} {'new':>6} {'closed':>6} {words.FIRST_ANSWER:>12}"]
    names = store_names(shown, _NAME - 1)
    lines += [_store_line(name, each) for name, each in zip(names, shown, strict=True)]
    lines.append(_store_line(words.ALL_STORES, report.total))
    if left_out:
        lines.append(notices.stores_left_out(len(left_out)))
    return [*lines, "", *_times(report.total), *_waiting(report.total)]


def store_names(stores: Sequence[Figures], length: int) -> list[str]:
    """The stores' names, each in so many characters: cut in the middle where else two would read the same."""
    whole = [one_line(each.store, len(each.store)) for each in stores]
    cut = [one_line(name, length) for name in whole]
    end = (length - 1) // 2
    return [
        short if short == name or cut.count(short) == 1 else f"{name[: length - 1 - end].rstrip()}…{name[-end:]}"
        for short, name in zip(cut, whole, strict=True)
    ]


def _store_line(name: str, shown: Figures) -> str:
    new, closed = (sum(amount for _, amount in each) for each in (shown.new, shown.closed_by_day))
    first = words.length(shown.first_answer.median)
    return f"{name:<{_NAME}} {shown.open:>6} {shown.waiting_for_us:>7} {new:>6} {closed:>6} {first:>12}"


def _store_table(shown: Figures, more: Sequence[str]) -> str:
    head = words.counts(shown.open, shown.closed, shown.waiting_for_us, shown.snoozed)
    lines = [f"{shown.store}", f"  {head}", *(f"  {line}" for line in (*_waiting(shown), *_times(shown)))]
    return "\n".join([*lines, *(f"  {line}" for line in more)])


def _waiting(shown: Figures) -> list[str]:
    return [words.waiting_by_age(shown.waiting)] if shown.waiting_for_us else []


def _times(shown: Figures) -> list[str]:
    """The three times, and a line below each with its open hours where there are any."""
    lines = [f"{words.days(shown.days):<15} {words.NUMBER:>6} {words.MEDIAN:>11} {words.P90:>11}"]
    for kind, of in zip(words.KINDS, (shown.first_answer, shown.next_answer, shown.time_to_close), strict=True):
        lines.append(f"{kind:<15} {of.amount:>6} {words.length(of.median):>11} {words.length(of.p90):>11}")
        if of.median_open is not None:
            opened = f"{words.length(of.median_open):>11} {words.length(of.p90_open):>11}"
            lines.append(f"  {words.IN_OPEN_HOURS:<20} {opened}")
    if shown.times_of_each > 1:
        lines.append(words.times_of_each(shown.times_of_each))
    return lines


def _day_rows(shown: Figures, rows: int | None = None) -> list[str]:
    """New and closed tickets by day, or by several where there are more than `rows`, with a bar for the new ones."""
    together, shown = with_fewer_days(shown, rows)
    head = words.by_day(shown.time_zone, together)
    width = max(_DAY, len(head))  # a time zone can have a long name
    lines = [f"{head:<{width}} {words.NEW:>5} {words.CLOSED:>6}"]
    most = max((amount for _, amount in shown.new), default=0)
    closed = dict(shown.closed_by_day)
    for day, amount in shown.new:
        bar = "█" * round(amount * _BAR / most) if most else ""
        lines.append(f"  {day:<{width - 2}} {amount:>5} {closed.get(day, 0):>6} {bar}".rstrip())
    return lines


def with_fewer_days(shown: Figures, rows: int | None) -> tuple[int, Figures]:
    """
    The same figures with several days together, so that there are at most `rows`, and how many these are.

    Each has its first day's name. The last ones are whole: where the days do not suffice, the first ones are fewer.
    """
    together = 1 if rows is None else max(1, -(-len(shown.new) // rows))

    def joined(days: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
        ends = range(len(days) % together or together, len(days) + 1, together)
        parts = [days[max(end - together, 0) : end] for end in ends]
        return tuple((part[0][0], sum(amount for _, amount in part)) for part in parts)

    return together, replace(shown, new=joined(shown.new), closed_by_day=joined(shown.closed_by_day))


def _agent_rows(agents: Sequence[AgentFigures], most: int) -> list[str]:
    if not agents or not most:
        return []
    lines = [
        f"{words.AGENT:<{_NAME}} {words.ANSWERS:>7} {words.FIRST_ANSWER:>12} {words.NEXT_ANSWER:>11} {words.CLOSED:>6}"
    ]
    for each in agents[:most]:
        name = one_line(each.name, _NAME - 1) if each.agent else words.AT_THE_VENDOR
        first, following = (words.length(of.median) for of in (each.first_answer, each.next_answer))
        lines.append(f"{name:<{_NAME}} {each.answers:>7} {first:>12} {following:>11} {each.time_to_close.amount:>6}")
    if len(agents) > most:
        lines.append(words.agents_left_out(len(agents) - most))
    return lines
