"""A platform's own time, for whatever compares with when something was written there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.clock import Clock


class TheirClock:
    """
    What time it is at a platform: the `Date` of its last answer, and the seconds since.

    This machine's time of day does not come into it, so that it may be wrong, or be set, without anything being taken
    for old that was written just now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: datetime | None = None
        self._told_at = 0.0

    def answered(self, headers: Mapping[str, str]) -> None:
        """An answer came just now; one without a readable `Date` tells nothing."""
        try:
            told = parsedate_to_datetime(headers.get("Date", ""))
        except ValueError:
            return
        self._told = told if told.tzinfo else told.replace(tzinfo=UTC)
        self._told_at = self._clock.monotonic()

    def now(self) -> datetime | None:
        """The time there, a second or so late; None: there was no answer yet."""
        if self._told is None:
            return None
        return self._told + timedelta(seconds=self._clock.monotonic() - self._told_at)
