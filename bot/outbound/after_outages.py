"""
After an outage: what was tried in vain does not wait out its long pause once its destination works again.

The pauses between the attempts of a delivery grow to hours, so that nobody is asked in vain all day. That another
delivery succeeded there proves that the outage is over. One that fails for a reason of its own is tried once a minute
at most because of that; one that is given up after so many attempts, every five minutes. How long a destination has
asked us to wait is kept in any case.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, to_ms

LONG_TRIED = 4
"""After so many attempts in vain the pauses are a minute and more. The statements have this number, too."""
_APART = timedelta(minutes=1)
_APART_IF_NUMBERED = timedelta(minutes=5)
"""After so many attempts a delivery is given up, so its attempts must not follow each other too soon."""


def make_all_due(tx: Transaction, now: datetime) -> None:
    """At a start everything is tried at once: whoever starts shopbell anew may have put right what was in the way."""
    tx.run("make_long_tried_due", destination=None, now=to_ms(now), tried_before=to_ms(now))


class AfterOutages:
    """Which destinations have failed again and again, so that something may wait there for long."""

    def __init__(self) -> None:
        self._failing: set[str] = set()

    def failed(self, delivery: DeliveryRow) -> None:
        """An attempt of this delivery failed, and it will be tried again."""
        if delivery.attempts >= LONG_TRIED:
            self._failing.add(delivery.destination)

    def worked(self, tx: Transaction, destination: str, now: datetime, *, retries_forever: bool) -> None:
        """
        Something was delivered there. Call it in the transaction that records it.

        Args:
            retries_forever: Whether what goes there is attempted any number of times.
        """
        if destination not in self._failing:
            return
        apart = _APART if retries_forever else _APART_IF_NUMBERED
        tx.run("make_long_tried_due", destination=destination, now=to_ms(now), tried_before=to_ms(now - apart))
        if tx.one("long_tried_delivery", destination=destination) is None:
            self._failing.discard(destination)
