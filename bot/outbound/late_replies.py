"""
Telling of replies that have to wait long: once in their thread, however often they are tried.

Some troubles are no failure, because a person can mend them or they pass: a refused key, limits, an outage. What waits
for that says so after some minutes, and then no more. A line is for a thread, not for a reply: what is written there
later and has to wait, too, is told of already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.db.connection import Database, Row, Transaction
from bot.db.rows import link_row, to_ms
from bot.model import State
from bot.tickets import enqueue
from bot.wording import notices

LATE = timedelta(minutes=5)
"""A reply that something has kept for so long from leaving is told of."""
_LOOKS_EVERY = 60.0


class LateReplies:
    """Looks for replies that are late, again and again, until cancelled."""

    def __init__(self, database: Database, destinations: Iterable[str], clock: Clock, wake: Callable[[], None]) -> None:
        self._database = database
        self._destinations = frozenset(destinations)
        self._clock = clock
        self._wake = wake

    async def run(self) -> None:
        """What nobody tries, because its store is not configured any more, does not go out by itself."""
        while True:
            await self._clock.sleep(_LOOKS_EVERY)
            late = await self._database.read(_late, self._clock.now())
            if any(not row["late_told"] and row["destination"] in self._destinations for row in late):
                await self._database.write(self._tell, self._clock.now())
                self._wake()

    def _tell(self, tx: Transaction, now: datetime) -> None:
        late = [row for row in _late(tx, now) if row["destination"] in self._destinations]
        told = {row["link"] for row in late if row["late_told"]}
        for row in late:
            if row["link"] not in told:
                told.add(row["link"])
                _tell(tx, [each for each in late if each["link"] == row["link"]], now)
            tx.run("late_is_told", id=row["id"])


def _late(tx: Transaction, now: datetime) -> list[Row]:
    """Every reply that is late, oldest first, each with what keeps it: that may be another, before it in its lane."""
    return tx.all("late_replies", before=to_ms(now - LATE))


def _tell(tx: Transaction, late: list[Row], now: datetime) -> None:
    """Say in the thread of these replies why they wait."""
    link = tx.one("link", id=late[0]["link"])
    if link is None:
        raise LookupError("an agent's message has its link")
    unseen = any(State(row["state"]) is State.UNCERTAIN for row in late)
    said = notices.reply_unseen if unseen else notices.reply_waits
    enqueue.line(tx, link_row(link), said(late[0]["error"] or notices.interrupted()), now)
