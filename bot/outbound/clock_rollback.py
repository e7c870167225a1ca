"""
When this machine's clock is set back: what was due by its earlier reading does not wait for that to come again.

Times in the database are by this machine's clock. One that was ahead has left some of them in the future: when
something is due, and since when something is so. They are brought back with the clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import to_ms

_log = structlog.get_logger(__name__)
# A clock that is kept right is moved by less; and what is due so soon may as well come by itself.
_NOTICED = timedelta(minutes=1)
# We wait for hours at most, and a chat may ask for a day.
_LONGEST_PAUSE = timedelta(hours=25)


class ClockRollback:
    """Notices that this machine's clock was set back, at start and while the process runs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._shown, self._passed = clock.now(), clock.monotonic()

    async def begin(self) -> None:
        """At start, before anything is done: by the last moment that the file knows of."""
        self._shown, self._passed = self._clock.now(), self._clock.monotonic()
        back = await self._database.write(_since_the_last_moment, self._shown)
        if back >= _NOTICED:
            _log.warning("the clock was set back while shopbell did not run", seconds=round(back.total_seconds()))

    async def notice(self) -> None:
        """Again and again: by the seconds that passed since the last time."""
        now, passed = self._clock.now(), self._clock.monotonic()
        back = self._shown + timedelta(seconds=passed - self._passed) - now
        self._shown, self._passed = now, passed
        if back >= _NOTICED:
            _log.warning("the clock was set back", seconds=round(back.total_seconds()))
            await self._database.write(bring_back, back, now)


def _since_the_last_moment(tx: Transaction, now: datetime) -> timedelta:
    row = tx.one("last_moment")
    last = to_ms(now) if row is None or row["moment"] is None else row["moment"]
    back = timedelta(milliseconds=max(0, last - to_ms(now)))
    bring_back(tx, back, now)
    return back


def bring_back(tx: Transaction, back: timedelta, now: datetime) -> None:
    """The clock shows so much less than it did: bring every time that lies ahead back with it."""
    soon, latest = now + _NOTICED, now + _LONGEST_PAUSE
    by = back // timedelta(milliseconds=1)
    tx.run("bring_back_what_waits", by=by, now=to_ms(now), soon=to_ms(soon), latest=to_ms(latest))
    for times in ("bring_back_deliveries", "bring_back_tickets", "bring_back_stores", "bring_back_installation"):
        tx.run(times, now=to_ms(now))
