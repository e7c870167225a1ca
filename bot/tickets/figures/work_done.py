"""
What was answered and closed in a span of time, and how long each took.

All of it is looked at. Of a period with very many answers and closings, their amounts are counted, and the times are
those of each second, third, … ticket, so that there are still `MOST`: nobody can tell these from the times of all.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.db.connection import Transaction
from bot.db.rows import require
from bot.model import Hours, StoreName
from bot.tickets.figures.times import DaySpan, Lengths, lengths

MOST = 300_000
"""So many answers and closings of all stores together are looked at one by one."""
_FEW = 20_000
"""So many are looked at within some hundredths of a second."""

ByAgent = Mapping[str | None, Lengths]
"""Of each agent, by their id in a chat; None: of all who answer or close at the vendor itself."""


@dataclass(frozen=True, slots=True)
class Work:
    """What was answered and closed in a store."""

    first: ByAgent
    following: ByAgent
    closings: ByAgent

    @property
    def kinds(self) -> tuple[ByAgent, ByAgent, ByAgent]:
        return self.first, self.following, self.closings


def takes_long(tx: Transaction, stores: Collection[StoreName], days: Sequence[DaySpan]) -> bool:
    """Whether the figures of these stores and days take more than some hundredths of a second."""
    counts = 2 * len(stores) * len(days)
    return counts + _amount(tx, stores, days, most=_FEW) > _FEW


def every(tx: Transaction, stores: Collection[StoreName], days: Sequence[DaySpan]) -> int:
    """1: the times of every ticket are looked at; 2: those of each second one, and so on."""
    return 1 + _amount(tx, stores, days, most=-1) // (MOST + 1)


def work_of(tx: Transaction, store: StoreName, hours: Hours | None, days: Sequence[DaySpan], each: int) -> Work:
    """
    What was answered and closed in a store.

    Args:
        each: As `every` says.
    """
    span: dict[str, str | int] = {"store": store, "since": days[0].begin, "until": days[-1].end}
    first = _by_agent(tx, "answers_given", "answers_by_agent", hours, each, {**span, "is_first": 1})
    following = _by_agent(tx, "answers_given", "answers_by_agent", hours, each, {**span, "is_first": 0})
    return Work(first, following, _by_agent(tx, "closings", "closings_by_agent", hours, each, span))


def _by_agent(
    tx: Transaction, rows: str, amounts: str, hours: Hours | None, each: int, span: Mapping[str, str | int]
) -> ByAgent:
    found = tx.all(rows, each=each, **span)
    return lengths(found, hours, None if each == 1 else dict(map(tuple, tx.all(amounts, **span))))


def _amount(tx: Transaction, stores: Collection[StoreName], days: Sequence[DaySpan], *, most: int) -> int:
    """How many answers and closings there are; of more than `most`, only that."""
    values = {"stores": json.dumps(sorted(stores)), "since": days[0].begin, "until": days[-1].end}
    amount: int = require(tx.one("answers_up_to", most=most, **values))["amount"]
    return amount
