"""The figures that `/stats` and `shopbell stats` show, from what is recorded here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from bot.db.connection import Transaction
from bot.db.rows import from_ms, require, to_ms
from bot.model import StoreName
from bot.text import one_line
from bot.wording import notices, phrases

WINDOWS: tuple[int | None, ...] = (None, 30, 7)
"""The windows of the medians, in days; None: all time."""
_IN_DETAIL = 2
_MOST_ROWS = 20


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
class Figures:
    """
    One store's figures at one moment.

    Attributes:
        new: New tickets for each of the last days in UTC, oldest first, today last: (day, amount).
    """

    store: StoreName
    open: int
    closed: int
    waiting_for_us: int
    new: tuple[tuple[str, int], ...]
    medians: tuple[Medians, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`: the same names."""
        return asdict(self)


def figures(tx: Transaction, store: StoreName, days: int, now: datetime) -> Figures:
    """A store's figures, with new tickets for the last `days` days."""
    counts = require(tx.one("ticket_counts", store=store))
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first_day = today - timedelta(days=days - 1)
    by_day = {row["day"]: row["amount"] for row in tx.all("new_per_day", store=store, since=to_ms(first_day))}
    each_day = [first_day + timedelta(days=offset) for offset in range(days)]
    return Figures(
        store=store,
        open=counts["open"],
        closed=counts["closed"],
        waiting_for_us=counts["waiting"],
        new=tuple((f"{day:%Y-%m-%d}", by_day.get(to_ms(day) // 86_400_000, 0)) for day in each_day),
        medians=tuple(_medians(tx, store, window, now) for window in WINDOWS),
    )


def table(all_figures: Sequence[Figures]) -> str:
    """The figures as lines for a fixed-width font."""
    return "\n\n".join(_store_table(each) for each in all_figures)


def chat_table(all_figures: Sequence[Figures]) -> str:
    """
    The figures as a table that fits into one message of a chat, whole, however many stores and days there are.

    One or two stores have their days one by one, or several in one line. More stores have one line each, those in
    which most tickets wait first; the last line says how many are left out.
    """
    if len(all_figures) <= _IN_DETAIL:
        rows = _MOST_ROWS // max(1, len(all_figures))
        return table([_with_fewer_days(each, rows) for each in all_figures])
    by_waiting = sorted(all_figures, key=lambda each: (-each.waiting_for_us, -each.open, each.store))
    shown, left_out = by_waiting[:_MOST_ROWS], by_waiting[_MOST_ROWS:]
    lines = [f"{'store':<16} {'open':>6} {'closed':>7} {'waiting':>7} {'new':>5} {'first answer':>12}"]
    lines += [_store_line(each) for each in shown]
    lines.append(_line("all stores", all_figures, "–"))
    if left_out:
        lines.append(notices.stores_left_out(len(left_out)))
    return "\n".join(lines)


def _store_line(shown: Figures) -> str:
    last_week = next((medians.first_response for medians in shown.medians if medians.days == WINDOWS[-1]), None)
    return _line(one_line(shown.store, 15), [shown], _duration_text(last_week))


def _line(name: str, summed: Sequence[Figures], first_answer: str) -> str:
    amounts = [sum(getattr(each, part) for each in summed) for part in ("open", "closed", "waiting_for_us")]
    new = sum(amount for each in summed for _, amount in each.new)
    return f"{name:<16} {amounts[0]:>6} {amounts[1]:>7} {amounts[2]:>7} {new:>5} {first_answer:>12}"


def _with_fewer_days(shown: Figures, rows: int) -> Figures:
    """The same figures, with so many days in each row that there are at most `rows`; a row has its first day's name."""
    together = -(-len(shown.new) // rows)
    starts = range(0, len(shown.new), max(1, together))
    spans = [shown.new[start : start + together] for start in starts]
    return replace(shown, new=tuple((span[0][0], sum(amount for _, amount in span)) for span in spans))


def _store_table(shown: Figures) -> str:
    lines = [
        f"{shown.store}",
        f"  open {shown.open} · closed {shown.closed} · waiting for us {shown.waiting_for_us}",
        f"  {'median':<16}{'all time':>12}{'30 days':>12}{'7 days':>12}",
        "  first response  " + "".join(f"{_duration_text(medians.first_response):>12}" for medians in shown.medians),
        "  time to close   " + "".join(f"{_duration_text(medians.time_to_close):>12}" for medians in shown.medians),
        "  new per day (UTC)",
    ]
    most = max((amount for _, amount in shown.new), default=0)
    for day, amount in shown.new:
        bar = "█" * round(amount * 20 / most) if most else ""
        lines.append(f"    {day} {amount:>4} {bar}".rstrip())
    return "\n".join(lines)


def _medians(tx: Transaction, store: StoreName, days: int | None, now: datetime) -> Medians:
    since = to_ms(from_ms(0) if days is None else now - timedelta(days=days))
    return Medians(
        days=days,
        first_response=_median(tx, "first_responses", store, since),
        time_to_close=_median(tx, "times_to_close", store, since),
    )


def _median(tx: Transaction, statement: str, store: StoreName, since: int) -> float | None:
    spans = [row["span"] for row in tx.all(statement, store=store, since=since)]
    return median(spans) / 1000 if spans else None


def _duration_text(seconds: float | None) -> str:
    return "–" if seconds is None else phrases.duration(timedelta(seconds=seconds))
