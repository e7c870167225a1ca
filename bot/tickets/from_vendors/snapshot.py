"""A ticket as a vendor shows it: what belongs to it, whether it is whole, and whether its ticket gets threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.db.connection import Transaction
from bot.db.rows import TicketRow
from bot.errors import Unavailable
from bot.model import Conversation, Message, MessageId, Status, Store, StoreName, Ticket, TicketId
from bot.tickets.forgotten import RecordedTicket, find_ticket, message_hash
from bot.wording import notices

# One second, and one more because we know a vendor's clock only to the second.
_SAME_SECOND = timedelta(seconds=2)


def should_follow(
    ticket: Ticket,
    before: TicketRow | RecordedTicket | None,
    store: Store,
    *,
    first: bool,
    now: datetime,
    asked_since: datetime | None = None,
) -> bool:
    """
    Whether a ticket with a new fingerprint gets threads. Pure.

    In the first sweep, the store's backfill setting decides. Later, every new ticket gets them, and an old one as soon
    as it changes while it is open.

    Args:
        asked_since: Since when the store is asked, by its clock. A first sweep may take long, or fail for hours: what
            is written meanwhile is not the store's past.
    """
    if before is not None and before.followed:
        return True
    closed = ticket.status is Status.CLOSED
    if not first or _is_since(ticket.created_at, asked_since):
        return before is None or not closed
    if not closed and _is_since(ticket.updated_at, asked_since):
        return True
    if closed:
        return store.backfill_closed
    if store.backfill_days is None:
        return store.backfill_open
    active = ticket.updated_at or ticket.created_at
    return active is None or now - active <= timedelta(days=store.backfill_days)


def by_vendors_clock(asked_since: datetime | None, ahead: timedelta | None) -> datetime | None:
    """
    Since when a store is asked, by its clock. Pure.

    It may be a second too early, because stores tell their time in whole ones.

    Args:
        ahead: How far the vendor's clock is ahead of ours; None: unknown.
    """
    return None if asked_since is None else asked_since + (ahead or timedelta())


def _is_since(moment: datetime | None, asked_since: datetime | None) -> bool:
    return moment is not None and asked_since is not None and moment > asked_since


def merge_listed(listed: Ticket, read: Ticket) -> Ticket:
    """A ticket as it was just read, completed by what only the list contains. Pure."""
    return replace(
        read,
        subject=read.subject if read.subject is not None else listed.subject,
        status=read.status or listed.status,
        status_word=read.status_word or listed.status_word,
        customer=replace(
            read.customer,
            name=read.customer.name or listed.customer.name,
            email=read.customer.email or listed.customer.email,
        ),
        facts=max(read.facts or (), listed.facts or (), key=len) or None,
        created_at=read.created_at or listed.created_at,
        updated_at=read.updated_at or listed.updated_at,
        closed_at=read.closed_at or listed.closed_at,
        awaiting=read.awaiting or listed.awaiting,
    )


def says_all(read: Ticket, listed: Ticket) -> bool:
    """Whether a ticket that was just read itself says its status and whose turn it is, if its list does. Pure."""
    return (read.status is not None or listed.status is None) and (read.awaiting is not None or listed.awaiting is None)


def as_asked(tx: Transaction, store: Store, asked: TicketId, answer: Conversation) -> Conversation:
    """
    A vendor's answer to the request for one ticket, under the id by which that was asked for, which is its list's.

    The answer may spell the id otherwise, and of a merged ticket it may be the one that it became a part of.

    Raises:
        Unavailable: It is about another ticket and has none of the messages that this one had.
    """
    ticket = find_ticket(tx, store.name, asked)
    if ticket is not None and _spelled(answer.ticket.id) != _spelled(asked):
        before = {row["vendor_id"] for row in tx.all("vendor_ids_read", ticket=ticket.number)}
        shown = _ids_in(answer)
        if before and not before & (shown | {message_hash(tx, ticket.number, each) for each in shown}):
            raise Unavailable(notices.about_another(store.vendor_label))
    return replace(answer, ticket=replace(answer.ticket, id=asked))


def _ids_in(conversation: Conversation) -> set[MessageId]:
    """The ids of its messages; of those that share one, one of them may be recorded under that."""
    return {each for message in conversation.messages for each in (message.id, message.shared_id) if each is not None}


def _spelled(ticket: TicketId) -> str:
    """An id without what may differ where the same is meant: capitals, blanks around it, zeros before a number."""
    spelled = ticket.strip().casefold()
    return spelled.lstrip("0") or "0" if spelled.isascii() and spelled.isdigit() else spelled


class Portion(Enum):
    """
    How much of a reading is recorded in one transaction.

    Attributes:
        WHOLE: The ticket and its messages.
        FIRST: The ticket and its first messages, without what follows from all messages together.
        MORE: Only some messages, which follow those that were recorded a moment ago.
        REST: The ticket, and what follows from all messages together: these are recorded already.
    """

    WHOLE = auto()
    FIRST = auto()
    MORE = auto()
    REST = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSnapshot:
    """
    A ticket as it was read.

    Attributes:
        messages: All of them, or a portion, oldest first; None: they were not read, because nobody needs them.
        fingerprint: None: it was not read from the list, and the recorded one stays. Empty: the ticket left the list,
            and any fingerprint it returns with is new.
        read_at: Just before the request; what we wrote later is newer.
        listed_at: If the status, or whose turn it is, is only what the list says: before the request of the list.
        vendor_time: The same moment by the vendor's clock; None: unknown.
        follow: Whether the ticket gets threads from now on; those that have them keep them.
        complete: Whether the messages are believed to be all; else the ticket is read again.
        portion: Which part of the reading this is.
        ours: Of a portion, which messages of the whole reading are replies and notes of ours, by our ids of those.
    """

    ticket: Ticket
    messages: tuple[Message, ...] | None
    fingerprint: str | None
    read_at: datetime
    follow: bool
    vendor_time: datetime | None = None
    listed_at: datetime | None = None
    complete: bool = True
    portion: Portion = Portion.WHOLE
    ours: Mapping[MessageId, int] = field(default_factory=dict)

    @property
    def said_at(self) -> datetime:
        """Since when it may be otherwise what the vendor says of the ticket itself."""
        return self.read_at if self.listed_at is None else min(self.listed_at, self.read_at)

    @property
    def ahead(self) -> timedelta | None:
        """How far the vendor's clock is ahead of ours; None: unknown."""
        return None if self.vendor_time is None else self.vendor_time - self.read_at

    @property
    def updated_this_second(self) -> bool:
        """Whether another change may get the same time of update, which has whole seconds only."""
        updated_at, read_at = self.ticket.updated_at, self.vendor_time or self.read_at
        return updated_at is not None and not updated_at.microsecond and abs(read_at - updated_at) < _SAME_SECOND


def lacks_messages(tx: Transaction, store: StoreName, conversation: Conversation) -> bool:
    """
    Whether a reading has no message, or lacks one that an earlier reading had.

    Then it may be cut or from before, so it does not prove that there is nothing else.
    """
    ticket = find_ticket(tx, store, conversation.ticket.id)
    if ticket is None or not conversation.messages:
        return not conversation.messages
    shown = _ids_in(conversation)
    before = {MessageId(row["vendor_id"]) for row in tx.all("vendor_ids_read", ticket=ticket.number)} - shown
    return bool(before) and not before <= {message_hash(tx, ticket.number, each) for each in shown}
