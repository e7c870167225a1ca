"""
What a sweep yields: tickets that changed, tickets that are absent, and now and then one that looks unchanged.

The last is for lists that may not show that a customer wrote. There, open tickets are read again in turn.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.errors import RemoteError
from bot.model import Absent, Author, Change, Message, Nameless, TicketId
from bot.ports import KnownTickets

_log = structlog.get_logger(__name__)

SAME_MOMENT = timedelta(seconds=5)
"""Two times that are not further apart are those of one event."""


async def open_tickets(known: KnownTickets) -> Sequence[TicketId]:
    """The tickets that a sweep must find again: those we hold for open; none in a full sweep, which reads them all."""
    return () if known.full else await known.open_ids()


async def changed_tickets(
    pages: AsyncIterator[Sequence[Change | Nameless]],
    known: KnownTickets,
    held: Sequence[TicketId],
    reread: TicketId | None = None,
) -> AsyncIterator[Change | Absent | Nameless]:
    """
    What `Vendor.changes` yields, from the pages of a list.

    Args:
        held: What `open_tickets` said before the first page was read.
        reread: A ticket to yield although its fingerprint is the known one.
    """
    seen: set[TicketId] = set()
    async for page in pages:
        for found in page:
            if isinstance(found, Nameless):
                yield found
        changes = [found for found in page if isinstance(found, Change)]
        fingerprints = await known.fingerprints([change.ticket.id for change in changes])
        for change in _once(changes):
            ticket = change.ticket.id
            if fingerprints.get(ticket) != change.fingerprint or (ticket == reread and ticket not in seen):
                yield change
            seen.add(ticket)
    for ticket in held:
        if ticket not in seen:
            yield Absent(ticket)


async def whole_or_bare(change: Change, whole: Awaitable[Change]) -> Change:
    """
    A change with all that its list has of it; if that cannot be read, without messages, so that it is read by itself.

    Raises:
        RemoteError
    """
    try:
        return await whole
    except RemoteError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one ticket, the others are shown
        _log.warning("ticket in a list not understood", ticket=change.ticket.id, error=type(error).__name__)
        return change


def _once(changes: Iterable[Change]) -> Iterable[Change]:
    """A page's tickets, each once; of two with the same id, the later one."""
    return {change.ticket.id: change for change in changes}.values()


def shows_messages(updated_at: datetime | None, messages: Sequence[Message]) -> bool | None:
    """
    Whether a customer's message changes its ticket's time of update, as this ticket proves; None: it proves nothing.

    The last message must be the customer's, and not the one that opened the ticket. A time of update right after it
    proves that it does, one before it that it does not. A much later one may have any cause.
    """
    last = messages[-1] if len(messages) > 1 else None
    if last is None or last.author is not Author.CUSTOMER or last.written_at is None or updated_at is None:
        return None
    after = updated_at - last.written_at
    if after < -SAME_MOMENT:
        return False
    return True if after <= SAME_MOMENT else None


class RecheckTurns:
    """
    Which open ticket is read again although the list shows no change.

    One ticket every `seconds`, each in its turn, so that the cost does not depend on how many are open. It ends when a
    ticket proves that the list does show messages.
    """

    def __init__(self, clock: Clock, *, seconds: float = 60.0) -> None:
        self._clock = clock
        self._seconds = seconds
        self._next_at = clock.monotonic() + seconds
        self._last = ""
        self._list_shows_messages = False

    def learn(self, updated_at: datetime | None, messages: Sequence[Message]) -> None:
        """A ticket was read: what it proves holds until another proves the opposite."""
        proof = shows_messages(updated_at, messages)
        if proof is not None:
            self._list_shows_messages = proof

    def choose(self, held: Sequence[TicketId]) -> TicketId | None:
        """The ticket whose turn it is; None: no turn has come yet, or none is needed."""
        if self._list_shows_messages or not held or self._clock.monotonic() < self._next_at:
            return None
        self._next_at = self._clock.monotonic() + self._seconds
        following = [ticket for ticket in held if ticket > self._last]
        self._last = min(following or held)
        return self._last
