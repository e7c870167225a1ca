"""
Which tickets that a store's list shows as changed are read at once, and which after all others. No I/O.

Each has to be read by a request, and a store allows so many a minute: a customer with five hundred of them would keep
all others waiting for minutes. So of each customer a few are read as they are found. The rest is read when the list is
through, for some seconds, and then after the next list, which shows first what others have written meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from bot.clock import Clock
from bot.model import Absent, Change, TicketId
from bot.text.mailboxes import mailbox
from bot.tickets.forgotten import RecordedTicket

AT_ONCE = 3
"""So many of a customer's tickets are read as they are found."""
SECONDS = 10.0
"""For so long what is left is read after each list."""

Found = Change | Absent


class ReadingTurns:
    """The tickets of one store that have to be read, over its sweeps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: Counter[str] = Counter()
        self._later: dict[TicketId, tuple[Found, datetime]] = {}

    @property
    def has_more(self) -> bool:
        """Whether something has still to be read."""
        return bool(self._later)

    def begin(self) -> None:
        """The list is read now."""
        self._found.clear()

    def is_now(self, found: Found, listed_at: datetime, before: RecordedTicket | None) -> bool:
        """
        Whether to process what was found now; else `later` has it.

        Args:
            listed_at: When the list was asked for.
            before: What is recorded of the ticket; None: it is new. Where the list does not say whose the new ones
                are, they count as one customer's.
        """
        ticket = found.id if isinstance(found, Absent) else found.ticket.id
        if isinstance(found, Change):
            customer = mailbox(found.ticket.customer.email or "") or ("" if before is None else ticket)
            self._found[customer] += found.messages is None
            if found.messages is not None or self._found[customer] <= AT_ONCE:
                self._later.pop(ticket, None)
                return True
        self._later[ticket] = found, listed_at
        return False

    def later(self) -> Iterator[tuple[TicketId, Found, datetime]]:
        """
        What has waited longest, each with when it was listed, until the time for it is over. The list is through.

        What is not processed to its end, because the sweep fails with it, comes again.
        """
        until = self._clock.monotonic() + SECONDS
        for ticket in list(self._later):
            if self._clock.monotonic() >= until:
                return
            yield ticket, *self._later[ticket]
            self._later.pop(ticket, None)
