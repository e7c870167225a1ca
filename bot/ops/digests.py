"""Telling each channel once a day what waits there, at the time that `DIGEST_AT` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta

from bot.clock import Clock
from bot.db.connection import Database
from bot.model import ChatName, Place
from bot.tickets.day.digests import forget_later_days, tell_the_day
from bot.tickets.day.reminders import remind
from bot.tickets.rules_from_settings import Rules

_CHECK_SECONDS = 60.0
_UNREACHED_SECONDS = 15.0
"""So often it is looked again while a chat has not been reached, as right after the start."""
_LATEST = timedelta(hours=4)
"""A day that is so much later than its time gets no line any more."""


class Digests:
    """
    Tells the days, until cancelled.

    Args:
        at: When, on the clock of the settings' time zone; None: never.
        addresses: By chat, where a thread is opened.
    """

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Clock,
        wake: Callable[[], None],
        *,
        at: time | None,
        addresses: Mapping[ChatName, Callable[[Place], str]],
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._wake = wake
        self._at = at
        self._addresses = addresses

    async def run(self) -> None:
        """Tell each day at its time, or up to some hours later if shopbell was not running then."""
        told = before = None
        while self._at is not None:
            now = self._clock.now()
            today = now.astimezone(self._rules.zone).date()
            if before is None or now < before:
                await self._database.write(forget_later_days, today)
                told = None if told is not None and told > today else told
            before = now
            seconds = _CHECK_SECONDS
            # What is told late in the evening may still be due after midnight.
            for day in (today - timedelta(days=1), today):
                due = datetime.combine(day, self._at, self._rules.zone).astimezone(UTC)
                if day != told and due <= now < due + _LATEST:
                    # A promise that was broken a moment ago, or while shopbell was not running, counts in it.
                    await self._database.write(remind, self._rules, now)
                    # Whether it was told before a restart stands in the database.
                    is_all = await self._database.write(tell_the_day, day, self._rules, self._addresses, now)
                    self._wake()
                    told, seconds = (day, seconds) if is_all else (told, _UNREACHED_SECONDS)
            await self._clock.sleep(min((due - now).total_seconds() if now < due else seconds, seconds))
