"""
One sweep of a store: compare what the vendor has with what is recorded. One transaction per changed ticket.

After an outage, the next sweep finds everything that was missed. A ticket that cannot be read stops neither the sweep
nor the other tickets. Nothing is recorded of it, so it still counts as changed, and it is tried again separately. The
same holds for one that is listed although it does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

import structlog

from bot.clock import Clock
from bot.db.connection import Database, Row, Transaction
from bot.errors import Gone, RateLimited, RemoteError, Unavailable
from bot.inbound.isolation import defects_as_unavailable
from bot.inbound.vendors.believed_when_repeated import APART, ListedTwice, SaidTwice
from bot.inbound.vendors.ending import SweepEnd
from bot.inbound.vendors.reading_turns import ReadingTurns
from bot.inbound.vendors.recorded_tickets import RecordedTickets
from bot.inbound.vendors.recording import Recording
from bot.inbound.vendors.scope import FullSweeps, SweepScope
from bot.inbound.vendors.unreadable import MissingTickets, UnreadableTickets
from bot.model import Absent, Change, Conversation, LookedThrough, Nameless, Store, TicketId
from bot.ports import Vendor
from bot.tickets.forgotten import find_ticket
from bot.tickets.from_vendors import incidents
from bot.tickets.from_vendors.portions import MANY_MESSAGES
from bot.tickets.from_vendors.snapshot import (
    TicketSnapshot,
    as_asked,
    by_vendors_clock,
    merge_listed,
    says_all,
    should_follow,
)
from bot.tickets.from_vendors.sync import record_gone
from bot.wording import notices
from bot.wording.masking import masked

_log = structlog.get_logger(__name__)
_PROGRESS_EVERY = 10.0
# After so many failures in a row the vendor may be down, although other tickets could be read before. It counts as down
# if there is no other ticket to compare with.
_MOST_FAILURES = 10
_GONE_THOUGH_LISTED = 600.0
"""Some vendors go on listing what they have deleted. For so many seconds their lists are believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTickets:
    """
    What came of reading some tickets.

    Attributes:
        unread: Those that could not be read.
        unknown: Whether there were others that are not recorded, so that only a sweep can show them.
        retry_after: Seconds until the store allows further requests; None: it refused none.
    """

    unread: Collection[TicketId]
    unknown: bool
    retry_after: float | None = None


class Sweep:
    """
    Sweeps one store, one pass at a time.

    If a ticket cannot be read, another one is read: if that works, the fault is the ticket's, else the vendor's.

    Args:
        between: Called after each ticket, for a sweep may take hours; may call `read`.

    Attributes:
        first_listed: How many tickets the store's first sweep has gone through so far; 0: none, or it was done before.
        turns: Which tickets are left for the next sweep.
    """

    def __init__(
        self,
        store: Store,
        vendor: Vendor,
        database: Database,
        clock: Clock,
        wake_outbox: Callable[[], None],
        random: Random,
        between: Callable[[], Awaitable[None]],
    ) -> None:
        self._store, self._vendor, self._between = store, vendor, between
        self._database, self._clock, self._wake_outbox = database, clock, wake_outbox
        self._known = RecordedTickets(database, store)
        self._unreadable = UnreadableTickets(clock, random)
        self._recording = Recording(store, database, clock, wake_outbox, self._was_recorded, self._unreadable.failed)
        self._missing = MissingTickets(clock, random)
        self._vendor_error: RemoteError | None = None
        self._any_read, self._failures = False, 0
        self._gone_tickets = SaidTwice(clock)
        self._full_sweeps = FullSweeps(random, takes_turns=vendor.capabilities.takes_turns)
        self._end = SweepEnd(store, database, clock, wake_outbox, self._unreadable, self._missing, self._full_sweeps)
        self.first_listed = 0
        self._listed = ListedTwice()
        self.turns = ReadingTurns(clock)

    async def run(self) -> Row:
        """
        Sweep once.

        Returns:
            The store as it is recorded afterwards.

        Raises:
            RemoteError: The list failed, no ticket at all can be read, or the budget is used up. What was recorded
                before is kept.
        """
        scope = await self._known.begin(self._clock.now(), self._full_sweeps.is_due)
        self._any_read, self._failures = False, 0
        listed: set[TicketId] = set()
        nameless: dict[TicketId, str] = {}
        try:
            looked_through = await self._go_through(scope, listed, nameless)
        except RemoteError:
            await self._recording.finish()
            raise
        await self._recording.finish()
        if self._vendor_error is not None and not self._any_read and not await self._another_is_readable():
            raise self._vendor_error.with_traceback(None)
        row = await self._end.record(replace(scope, full=scope.full or looked_through), listed, nameless)
        if scope.first:
            _log.info("first contact", store=self._store.name, tickets=len(listed))
        return row

    async def _go_through(self, scope: SweepScope, listed: set[TicketId], nameless: dict[TicketId, str]) -> bool:
        """
        Process what the vendor yields.

        Args:
            listed: Where the tickets are put.
            nameless: Where those without an id are put, with the words by which people find them.

        Returns:
            Whether all tickets were looked through although the sweep is not a full one.
        """
        read_at, logged_at, looked_through = self._clock.now(), self._clock.monotonic(), False
        self._listed.begin()
        self.turns.begin()
        async for found in self._vendor.changes(self._known):
            if isinstance(found, LookedThrough):
                looked_through = True
                continue
            listed.add(ticket := found.ticket.id if isinstance(found, Change) else found.id)
            if scope.first:
                self.first_listed = len(listed)
                if self._clock.monotonic() - logged_at >= _PROGRESS_EVERY:
                    logged_at = self._clock.monotonic()
                    _log.info("first contact goes on", store=self._store.name, tickets=len(listed))
            if isinstance(found, Nameless):
                nameless[ticket] = notices.nameless(masked(found.about))
                if self._unreadable.is_due(ticket):
                    self._unreadable.failed(ticket, Unavailable(notices.no_id(self._store.vendor_label)))
            elif self._unreadable.is_due(ticket) and self._missing.is_due(ticket):
                seen = self._listed.unambiguous(found)
                if scope.first or self.turns.is_now(seen, read_at, await self._known.before(ticket)):
                    await self._process_or_postpone(seen, ticket, scope, read_at)
                    await self._between()
        for ticket, left, listed_at in self.turns.later():
            await self._process_or_postpone(left, ticket, scope, listed_at)
            await self._between()
        return looked_through

    async def read(self, tickets: Collection[TicketId]) -> ReadTickets:
        """Read these tickets, without a sweep."""
        unread: list[TicketId] = []
        unknown = False
        for number, ticket in enumerate(tickets):
            if await self._database.read(find_ticket, self._store.name, ticket) is None:
                unknown = True
                continue
            try:
                with defects_as_unavailable(self._reading):
                    await self._read_and_record(ticket, fingerprint=None)
            except RateLimited as error:
                left = [*unread, *list(tickets)[number:]]
                return ReadTickets(unread=left, unknown=unknown, retry_after=error.retry_after)
            except RemoteError as error:
                unread.append(ticket)
                if ticket in self._unreadable.tickets:
                    self._unreadable.failed(ticket, error)
        return ReadTickets(unread=unread, unknown=unknown)

    @property
    def unreadable(self) -> AbstractSet[TicketId]:
        """The tickets that could not be read at the last try."""
        return self._unreadable.tickets

    @property
    def _reading(self) -> str:
        return f"reading a ticket of store {self._store.name}"

    async def _process_or_postpone(
        self, found: Change | Absent, ticket: TicketId, scope: SweepScope, read_at: datetime
    ) -> None:
        """Process one ticket; if it cannot be read, postpone it. Raises `RemoteError` if that is the vendor's fault."""
        try:
            with defects_as_unavailable(self._reading):
                if isinstance(found, Absent):
                    await self._read_and_record(found.id, fingerprint="", listed=False)
                else:
                    await self._process_change(found, scope, read_at)
        except RateLimited:
            raise  # the budget is that of the whole store
        except RemoteError as error:
            self._unreadable.failed(ticket, error)
            self._failures += 1
            if self._any_read and self._failures < _MOST_FAILURES:
                return
            readable = await self._another_is_readable()
            if readable is False or (readable is None and self._failures >= _MOST_FAILURES):
                self._vendor_error = error
                raise

    def _readable_before(self, tx: Transaction, excluded: Collection[TicketId]) -> TicketId | None:
        row = tx.one("ticket_to_probe", store=self._store.name, but=json.dumps(list(excluded)))
        return None if row is None else TicketId(row["vendor_id"])

    async def _another_is_readable(self) -> bool | None:
        """Whether a ticket that could be read before can be read now; None: we know of no such ticket."""
        other = await self._database.read(self._readable_before, self._unreadable.tickets)
        if other is None and self._vendor_error is not None:
            other = await self._database.read(self._readable_before, ())
        if other is None:
            return None
        try:
            with defects_as_unavailable(self._reading):
                await self._read_and_record(other, fingerprint=None)
        except RateLimited:
            raise
        except RemoteError as error:
            self._unreadable.failed(other, error)
            return False
        return True

    async def _process_change(self, change: Change, scope: SweepScope, read_at: datetime) -> None:
        before = await self._known.before(change.ticket.id)
        ticket, messages, vendor_time = change.ticket, change.messages, self._vendor.now()
        now = self._clock.now()
        since = by_vendors_clock(scope.asked_since, None if vendor_time is None else vendor_time - now)
        follow = should_follow(ticket, before, self._store, first=scope.first, now=now, asked_since=since)
        fingerprint = change.fingerprint
        listed_at: datetime | None = None
        is_seen = follow or (before is not None and before.followed)
        if messages is None and is_seen:
            listed_at, read_at, vendor_time = read_at, self._clock.now(), self._vendor.now()
            asked_at = self._clock.monotonic()
            try:
                conversation = await self._request(ticket.id)
            except Gone:
                await self._gone(ticket.id, asked_at, listed=True)
                return
            if says_all(conversation.ticket, change.ticket):
                listed_at = None
            ticket, messages = merge_listed(ticket, conversation.ticket), conversation.messages
            if change.ticket.status not in (None, ticket.status):
                fingerprint = ""  # the list may show the same one again once the ticket has its former status back
        snapshot = TicketSnapshot(
            ticket=ticket,
            messages=messages,
            fingerprint=fingerprint,
            read_at=read_at,
            vendor_time=vendor_time,
            listed_at=listed_at,
            follow=follow,
        )
        if is_seen or len(messages or ()) > MANY_MESSAGES:
            await self._recording.record(snapshot)
        else:
            await self._recording.record_later(snapshot)

    async def _read_and_record(self, ticket: TicketId, *, fingerprint: str | None, listed: bool = True) -> None:
        """Read one recorded ticket and record it: for `fingerprint` see `TicketSnapshot`, for `listed` `_gone`."""
        read_at, vendor_time, asked_at = self._clock.now(), self._vendor.now(), self._clock.monotonic()
        try:
            conversation = await self._request(ticket)
        except Gone:
            await self._gone(ticket, asked_at, listed=listed)
            return
        await self._recording.record(
            TicketSnapshot(
                ticket=conversation.ticket,
                messages=conversation.messages,
                fingerprint=fingerprint,
                read_at=read_at,
                vendor_time=vendor_time,
                follow=False,
            )
        )

    async def _request(self, ticket: TicketId) -> Conversation:
        """Request a ticket from the vendor. `Gone` is an answer, too."""
        try:
            conversation = await self._vendor.ticket(ticket)
        except Gone:
            self._ticket_read()
            raise
        if conversation.ticket.id != ticket:
            conversation = await self._database.read(as_asked, self._store, ticket, conversation)
        self._ticket_read()
        return conversation

    def _ticket_read(self) -> None:
        """The vendor has answered for a ticket."""
        self._any_read, self._failures = True, 0
        if self._vendor_error is not None:
            self._vendor_error = None
            self._unreadable.begin_anew()

    def _was_recorded(self, ticket: TicketId) -> None:
        self._known.was_recorded(ticket)
        self._unreadable.was_read(ticket)
        self._missing.was_read(ticket)
        self._gone_tickets.withdrawn(ticket)

    async def _gone(self, ticket: TicketId, asked_at: float, *, listed: bool) -> None:
        """
        The vendor says that a ticket does not exist. It is believed when it is said twice, some seconds apart.

        If it is `listed`, or may be, that contradicts it: then nothing else must be said for some minutes. Until then
        nothing is recorded, so the ticket is asked for again, less and less often.
        """
        self._missing.failed(ticket)
        if not self._gone_tickets.is_believed(ticket, _GONE_THOUGH_LISTED if listed else APART, asked_at):
            return

        def work(tx: Transaction, now: datetime) -> None:
            record_gone(tx, self._store, ticket, now)
            incidents.ticket_readable(tx, self._store.name, ticket)

        await self._database.write(work, self._clock.now())
        self._unreadable.was_read(ticket)
        self._wake_outbox()
