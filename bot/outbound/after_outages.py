"""
After an outage: what was tried in vain does not wait out its long pause once its destination works again.

The pauses between the attempts of a delivery grow to hours, so that nobody is asked in vain all day. That another
delivery succeeded there proves that the outage is over. One that fails for a reason of its own is not tried more often
than every few minutes because of that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, to_ms

LONG_TRIED = 4
"""After so many attempts in vain the pauses are a minute and more; the statements have this number, too."""
_LATEST_ATTEMPT = timedelta(minutes=5)


def hasten_all(tx: Transaction, now: datetime) -> None:
    """At a start: whoever starts shopbell anew may have mended what was in the way."""
    tx.run("hasten_deliveries", destination=None, now=to_ms(now), tried_before=to_ms(now))


class AfterOutages:
    """Which destinations have failed again and again, and may have to be made up for."""

    def __init__(self) -> None:
        self._failing: set[str] = set()

    def failed(self, delivery: DeliveryRow) -> None:
        """An attempt of this delivery failed, and it will be tried again."""
        if delivery.attempts >= LONG_TRIED:
            self._failing.add(delivery.destination)

    def worked(self, tx: Transaction, destination: str, now: datetime) -> None:
        """Something was delivered there. Call it in the transaction that records it."""
        if destination not in self._failing:
            return
        tx.run("hasten_deliveries", destination=destination, now=to_ms(now), tried_before=to_ms(now - _LATEST_ATTEMPT))
        if tx.one("long_tried_delivery", destination=destination) is None:
            self._failing.discard(destination)
