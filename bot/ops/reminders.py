"""
What becomes due by itself: the end of a snooze, and a reminder of a promised answer.

What is due is recorded in the transaction that also queues what follows, so it is done once, over restarts, too. Nobody
has to say that there is something new: a snooze lasts a minute at least, and it is looked at every minute. So it is
also done in time after the clock was changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.tickets.day.reminders import remind, reminders
from bot.tickets.day.snoozing import end_snoozes, next_to_end
from bot.tickets.rules_from_settings import Rules

_CHECK_SECONDS = 60.0


class Reminders:
    """Does what is due."""

    def __init__(self, database: Database, rules: Rules, clock: Clock, wake: Callable[[], None]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._wake = wake

    async def run(self) -> None:
        """Do what is due at its time, what became due meanwhile at once; until cancelled."""
        while True:
            now = self._clock.now()
            if await self._database.read(_is_due, self._rules, now):
                await self._database.write(_do_what_is_due, self._rules, now)
                self._wake()
                continue
            due = await self._database.read(next_to_end, self._rules)
            seconds = _CHECK_SECONDS if due is None else (due - now).total_seconds()
            await self._clock.sleep(min(seconds, _CHECK_SECONDS))


def _is_due(tx: Transaction, rules: Rules, now: datetime) -> bool:
    ends = next_to_end(tx, rules)
    return (ends is not None and ends <= now) or bool(reminders(tx, rules, now, 1))


def _do_what_is_due(tx: Transaction, rules: Rules, now: datetime) -> None:
    end_snoozes(tx, rules, now)
    remind(tx, rules, now)
