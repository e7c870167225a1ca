"""
When this machine's clock is set back, the times in the database are moved back with it.

They are times of this machine's clock. If it was ahead, some of them now lie in the future: when a delivery is due, or
since when there is an incident. Without the move, deliveries would wait until the clock reaches the old time again,
what was snoozed for two hours would be for longer, and who only seemed to wait too long would not be reminded of.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import to_ms
from bot.tickets.day import snoozing
from bot.tickets.day.reminders import TOLD_WITHIN

_log = structlog.get_logger(__name__)
# Time synchronisation moves a clock by less; and to wait a minute longer does no harm.
_TOLERANCE = timedelta(minutes=1)
# Our own longest pause is some hours, and longer ones may be left by an earlier version.
_LONGEST_PAUSE = timedelta(hours=25)
_MOVED_BACK = (
    "bring_back_deliveries",
    "bring_back_tickets",
    "bring_back_gone_tickets",
    "bring_back_stores",
    "bring_back_refusals",
    "bring_back_installation",
)


class ClockRollback:
    """Detects that this machine's clock was set back, at start and while the process runs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._time, self._monotonic = clock.now(), clock.monotonic()

    async def check_at_start(self) -> None:
        """Compare the clock with the latest past time in the database. Called once, before anything else."""
        self._time, self._monotonic = self._clock.now(), self._clock.monotonic()
        back = await self._database.write(_adjust_to_latest_time, self._time)
        if back >= _TOLERANCE:
            _log.warning("the clock was set back while shopbell was not running", seconds=round(back.total_seconds()))

    async def check(self) -> None:
        """Compare the clock with the monotonic clock. Called again and again while the process runs."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        back = self._time + timedelta(seconds=monotonic - self._monotonic) - now
        self._time, self._monotonic = now, monotonic
        if back >= _TOLERANCE:
            _log.warning("the clock was set back", seconds=round(back.total_seconds()))
            await self._database.write(move_times_back, back, now)


def _adjust_to_latest_time(tx: Transaction, now: datetime) -> timedelta:
    """Move times back if the database has a past time that is later than `now`. Returns by how much."""
    row = tx.one("latest_time")
    last = to_ms(now) if row is None or row["moment"] is None else row["moment"]
    back = timedelta(milliseconds=max(0, last - to_ms(now)))
    move_times_back(tx, back, now)
    return back


def move_times_back(tx: Transaction, back: timedelta, now: datetime) -> None:
    """The clock was set back by `back` and shows `now`: move every time in the database that lies in the future."""
    soon, latest = now + _TOLERANCE, now + _LONGEST_PAUSE
    by = back // timedelta(milliseconds=1)
    tx.run("bring_back_due_times", by=by, now=to_ms(now), soon=to_ms(soon), latest=to_ms(latest))
    for times in _MOVED_BACK:
        tx.run(times, now=to_ms(now))
    tx.run("bring_back_reminders", now=to_ms(now), untold_before=to_ms(now + back - TOLD_WITHIN))
    snoozing.bring_back(tx, now)
