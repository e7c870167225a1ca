"""Reading open tickets again although the list shows nothing new, where a list may not tell that a customer wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.model import Absent, Author, Change, Message, TicketId
from bot.ports import Known

SAME_MOMENT = timedelta(seconds=5)


def tells(updated_at: datetime | None, messages: Sequence[Message]) -> bool | None:
    """
    Whether a ticket's time of update follows its customer's messages, as this ticket proves; None: it proves nothing.

    The last message must be the customer's and not the one that made the ticket. A time of update right after it says
    that the message made it; one before it, that it did not; a much later one may have come from anything.
    """
    last = messages[-1] if len(messages) > 1 else None
    if last is None or last.author is not Author.CUSTOMER or last.written_at is None or updated_at is None:
        return None
    after = updated_at - last.written_at
    if after < -SAME_MOMENT:
        return False
    return True if after <= SAME_MOMENT else None


class SecondLook:
    """
    Chooses an open ticket to be read again.

    One ticket at a time goes round, one every `seconds`, so that it costs the same however many are open, until it is
    proven that the list does tell.
    """

    def __init__(self, clock: Clock, *, seconds: float = 60.0) -> None:
        self._clock = clock
        self._seconds = seconds
        self._next_at = clock.monotonic() + seconds
        self._last = ""
        self._needless = False

    def learn(self, updated_at: datetime | None, messages: Sequence[Message]) -> None:
        """A ticket was read: what it proves is believed until another proves the contrary."""
        proof = tells(updated_at, messages)
        if proof is not None:
            self._needless = proof

    def choose(self, held: Sequence[TicketId]) -> TicketId | None:
        """The ticket whose turn it is; None: none has it now."""
        if self._needless or not held or self._clock.monotonic() < self._next_at:
            return None
        self._next_at = self._clock.monotonic() + self._seconds
        following = [ticket for ticket in held if ticket > self._last]
        self._last = min(following or held)
        return self._last


async def held_open(known: Known) -> Sequence[TicketId]:
    """What a sweep has to find again: what we hold for open, or nothing where every ticket is looked at anyway."""
    return () if known.full else await known.open_ids()


async def differing(
    pages: AsyncIterator[Sequence[Change]],
    known: Known,
    held: Sequence[TicketId],
    again: TicketId | None = None,
) -> AsyncIterator[Change | Absent]:
    """
    What a sweep yields: `Vendor.changes` over pages that somebody else reads.

    Args:
        held: From `held_open`, before the first page was read.
        again: A ticket to yield even though its fingerprint is the known one.
    """
    seen: set[TicketId] = set()
    async for changes in pages:
        fingerprints = await known.fingerprints([change.ticket.id for change in changes])
        for change in _once(changes):
            ticket = change.ticket.id
            if fingerprints.get(ticket) != change.fingerprint or (ticket == again and ticket not in seen):
                yield change
            seen.add(ticket)
    for ticket in held:
        if ticket not in seen:
            yield Absent(ticket)


def _once(changes: Iterable[Change]) -> Iterable[Change]:
    """A page's tickets, each once; the later place in the page counts."""
    return {change.ticket.id: change for change in changes}.values()
