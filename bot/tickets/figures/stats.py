"""
The figures that `/stats` and `shopbell stats` show, from what is recorded here. What counts: see `answers`.

Each figure is found by an index: what is older than the days that are asked for costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.db.connection import Transaction
from bot.db.rows import from_ms, require, to_ms
from bot.model import Colleague, Hours, StoreName
from bot.tickets.figures.times import DaySpan, Lengths, Times, last_days, times
from bot.tickets.figures.work_done import Work, every, work_of
from bot.tickets.people import person_of
from bot.wording.masking import masked

WINDOWS: tuple[int | None, ...] = (None, 30, 7)
"""The windows of the medians, in days; None: all time."""
AGES = (timedelta(hours=1), timedelta(hours=4), timedelta(days=1), timedelta(days=3))
"""Customers who wait are counted by how long they have waited: less than each of these, and longer."""
_NOTHING = Times()
_UTC = ZoneInfo("UTC")
_ELSEWHERE = ""
"""The id of all together who answer or close at a vendor itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medians:
    """
    Medians over one window, in seconds; None: no ticket in it counts.

    Attributes:
        days: The window; None: all time.
        first_response: From a ticket's creation to the first public message by staff; tickets created in the window.
        time_to_close: From creation to the last closing; tickets closed in the window.
    """

    days: int | None
    first_response: float | None
    time_to_close: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFigures:
    """What one person answered and closed in the last days; `agent` is empty for all who did so at a vendor itself."""

    agent: str
    name: str
    first_answer: Times
    next_answer: Times
    time_to_close: Times

    @property
    def answers(self) -> int:
        return self.first_answer.amount + self.next_answer.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    One store's figures at one moment.

    Attributes:
        waiting_for_us: Open tickets whose customer waits for us, without those that are snoozed.
        days: How many days the figures go back.
        new, closed_by_day: Tickets by day, of the last days in `time_zone`, oldest first, today last: (day, amount).
        medians: For programs; none: they were not asked for.
        first_answer, next_answer, time_to_close: Of the last days: of answers given and tickets closed in them.
        times_of_each: 1: the times are those of all tickets; 2: of each second one, and so on.
        waiting: How many customers wait by `AGES`: so many as there are ages, and those who wait longer.
        agents: Who answered and closed how much in the last days, most first; of one store only in full reports.
    """

    store: StoreName
    open: int
    closed: int
    waiting_for_us: int
    new: tuple[tuple[str, int], ...]
    medians: tuple[Medians, ...]
    days: int = 7
    time_zone: str = "UTC"
    snoozed: int = 0
    closed_by_day: tuple[tuple[str, int], ...] = ()
    first_answer: Times = _NOTHING
    next_answer: Times = _NOTHING
    time_to_close: Times = _NOTHING
    times_of_each: int = 1
    waiting: tuple[int, ...] = ()
    agents: tuple[AgentFigures, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For `--json`: the same names."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of some stores, and of all of them together."""

    stores: tuple[Figures, ...]
    total: Figures


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the figures of all stores have in common."""

    spans: Sequence[DaySpan]
    each: int
    now: datetime
    zone: ZoneInfo
    colleagues: Sequence[Colleague]
    names: Mapping[str, str]
    by_store: bool
    masks_emails: bool


def report(
    tx: Transaction,
    hours: Mapping[StoreName, Hours | None],
    days: int,
    now: datetime,
    zone: ZoneInfo = _UTC,
    colleagues: Sequence[Colleague] = (),
    *,
    in_full: bool = False,
    masks_emails: bool = False,
) -> Report:
    """
    The figures of some stores over the last `days` days of a time zone, today included.

    Args:
        in_full: For programs: each store has the medians and its agents, too. That takes longer with each ticket.
        hours: The stores, each with its open hours; None: its settings name none.
        colleagues: The people whom the settings name; they are one person in both chats.
        masks_emails: Whether addresses by which people are called are masked.
    """
    spans = last_days(days, now, zone)
    each = every(tx, hours, spans)
    work = {store: work_of(tx, store, opened, spans, each) for store, opened in hours.items()}
    frame = _Frame(spans, each, now, zone, colleagues, _names(tx, list(work.values())), in_full, masks_emails)
    found = [_figures(tx, store, work[store], frame) for store in hours]
    if in_full:
        found = [
            replace(each, medians=tuple(_medians(tx, each.store, window, now) for window in WINDOWS)) for each in found
        ]
    return Report(stores=tuple(found), total=_total(found, list(work.values()), frame))


def figures(
    tx: Transaction, store: StoreName, days: int, now: datetime, zone: ZoneInfo = _UTC, hours: Hours | None = None
) -> Figures:
    """A store's figures over the last `days` days, with the medians."""
    return report(tx, {store: hours}, days, now, zone, in_full=True).stores[0]


def _figures(tx: Transaction, store: StoreName, work: Work, frame: _Frame) -> Figures:
    spans = frame.spans
    counts = require(tx.one("ticket_counts", store=store))
    volume = tx.all("volume", store=store, spans=json.dumps([[each.begin, each.end] for each in spans]))
    waiting = [row["since"] for row in tx.all("waiting_tickets", store=store)]
    return Figures(
        store=store,
        open=counts["open"],
        closed=counts["closed"] or 0,
        waiting_for_us=len(waiting),
        new=tuple((day.name, row["new"]) for day, row in zip(spans, volume, strict=True)),
        medians=(),
        days=len(spans),
        time_zone=frame.zone.key,
        snoozed=counts["snoozed"],
        closed_by_day=tuple((day.name, row["closed"]) for day, row in zip(spans, volume, strict=True)),
        first_answer=times(list(work.first.values())),
        next_answer=times(list(work.following.values())),
        time_to_close=times(list(work.closings.values())),
        times_of_each=frame.each,
        waiting=_by_age(waiting, frame.now),
        agents=_agents([work], frame) if frame.by_store else (),
    )


def _total(found: Sequence[Figures], work: Sequence[Work], frame: _Frame) -> Figures:
    """All of them as one; its store has no name."""
    if len(found) == 1:
        return replace(found[0], store=StoreName(""), medians=(), agents=_agents(work, frame))
    first, following, closings = (_together(work, kind) for kind in range(3))
    return Figures(
        store=StoreName(""),
        open=sum(each.open for each in found),
        closed=sum(each.closed for each in found),
        waiting_for_us=sum(each.waiting_for_us for each in found),
        new=_summed([each.new for each in found]),
        medians=(),
        days=len(frame.spans),
        time_zone=frame.zone.key,
        snoozed=sum(each.snoozed for each in found),
        closed_by_day=_summed([each.closed_by_day for each in found]),
        first_answer=first,
        next_answer=following,
        time_to_close=closings,
        times_of_each=frame.each,
        waiting=tuple(map(sum, zip(*(each.waiting for each in found), strict=True))) or (0,) * (len(AGES) + 1),
        agents=_agents(work, frame),
    )


def _together(work: Sequence[Work], kind: int) -> Times:
    return times([took for each in work for took in each.kinds[kind].values()])


def _summed(rows: Sequence[Sequence[tuple[str, int]]]) -> tuple[tuple[str, int], ...]:
    return tuple((column[0][0], sum(amount for _, amount in column)) for column in zip(*rows, strict=True))


def _names(tx: Transaction, work: Sequence[Work]) -> Mapping[str, str]:
    ids = {agent for each in work for by_agent in each.kinds for agent in by_agent if agent is not None}
    return {row["id"]: row["name"] for row in tx.all("agents", ids=json.dumps(sorted(ids)))}


def _agents(work: Sequence[Work], frame: _Frame) -> tuple[AgentFigures, ...]:
    known: dict[str, tuple[str, str]] = {}
    kinds: list[dict[str, list[Lengths]]] = [{}, {}, {}]
    for each in work:
        for by_agent, kind in zip(each.kinds, kinds, strict=True):
            for agent, took in by_agent.items():
                recorded = agent or _ELSEWHERE
                if recorded not in known:
                    known[recorded] = _person(recorded, frame)
                kind.setdefault(known[recorded][0], []).append(took)
    people = dict(known.values())
    found = [
        AgentFigures(
            agent=agent,
            name=name,
            first_answer=times(kinds[0].get(agent, [])),
            next_answer=times(kinds[1].get(agent, [])),
            time_to_close=times(kinds[2].get(agent, [])),
        )
        for agent, name in people.items()
    ]
    return tuple(
        sorted(found, key=lambda one: (one.agent == _ELSEWHERE, -one.answers, -one.time_to_close.amount, one.name))
    )


def _person(recorded: str, frame: _Frame) -> tuple[str, str]:
    """Somebody's id, which is the same in both chats if the settings say so, and their name."""
    if recorded == _ELSEWHERE:
        return _ELSEWHERE, ""
    person = person_of(frame.colleagues, recorded, frame.names.get(recorded))
    return person.id, masked(person.name) if frame.masks_emails else person.name


def _by_age(waiting: Sequence[int], now: datetime) -> tuple[int, ...]:
    amounts = [0] * (len(AGES) + 1)
    for since in waiting:
        amounts[sum(now - from_ms(since) >= age for age in AGES)] += 1
    return tuple(amounts)


def _medians(tx: Transaction, store: StoreName, days: int | None, now: datetime) -> Medians:
    since = to_ms(from_ms(0) if days is None else now - timedelta(days=days))
    return Medians(
        days=days,
        first_response=_median(tx, "first_responses", store, since),
        time_to_close=_median(tx, "times_to_close", store, since),
    )


def _median(tx: Transaction, statement: str, store: StoreName, since: int) -> float | None:
    """SQLite sorts them: to bring a million of them here would take longer than all else."""
    rows = tx.all(statement, store=store, since=since)
    return sum(row["span"] for row in rows) / len(rows) / 1000 if rows else None
