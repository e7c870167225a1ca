"""
Recording what a vendor shows, and queueing what follows. One transaction per ticket.

The UNIQUE keys decide what is new. Its messages are recorded in `recorded_messages`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.db.connection import Row, Transaction
from bot.db.rows import (
    TicketRow,
    facts_json,
    from_ms,
    require,
    ticket_row,
    to_ms,
)
from bot.model import (
    Author,
    Customer,
    Message,
    MessageId,
    Status,
    Store,
    Ticket,
    TicketId,
    TicketNumber,
)
from bot.text.mailboxes import mailbox
from bot.tickets import enqueue, links
from bot.tickets.figures.answers import record_read
from bot.tickets.forgotten import find_ticket, not_forgotten
from bot.tickets.from_vendors.outdated import (
    LONGEST_READ_LAG,
    Recent,
    is_from_before_it_was_gone,
    is_older,
    is_status_outdated,
    turn,
    turn_as_read,
    undoes,
)
from bot.tickets.from_vendors.recorded_messages import record_messages
from bot.tickets.from_vendors.reused_ids import as_recorded, is_another
from bot.tickets.from_vendors.snapshot import Portion, TicketSnapshot
from bot.wording import notices


def record(tx: Transaction, store: Store, snapshot: TicketSnapshot, now: datetime) -> TicketNumber:
    """Record a ticket as it was read, or a portion of it, and queue every delivery that follows."""
    before = find_ticket(tx, store.name, snapshot.ticket.id)
    if before is not None and snapshot.portion is Portion.MORE:
        return _record_more(tx, store, before, snapshot, now)
    if before is not None and is_another(tx, before, snapshot, now):
        # Whether to follow it, and whether to read its messages, was decided by what is known of the old one.
        complete = snapshot.complete and snapshot.messages is not None
        before, snapshot = None, replace(snapshot, follow=True, complete=complete)
    number = before.number if before else _insert_ticket(tx, store, snapshot.ticket, now)
    snapshot = as_recorded(tx, number, snapshot)
    known = before
    if before is not None and before.erased_at is not None:
        snapshot, known = _without_forgotten(tx, before, before.erased_at, snapshot), None
    if known is None:
        known = _load_ticket(tx, number)
    stale = is_status_outdated(known, snapshot)
    stays_closed = known.closed_here_only and not _customer_wrote(tx, known, snapshot)
    is_from_before = is_older(known, snapshot, now)
    _update_ticket(tx, known, snapshot, stale=stale, stays_closed=stays_closed, is_from_before=is_from_before)
    begins = snapshot.follow and not known.followed
    if begins:
        tx.run("follow_ticket", number=number)
        links.open_links(tx, number, store.channels, now)
    followed = snapshot.follow or known.followed
    _record_conversation(tx, store, known, snapshot, now, followed=followed, begins=begins)
    if not stale and snapshot.portion is not Portion.FIRST:
        _update_awaiting(tx, known, snapshot, now)
    if followed and before is not None:
        after = _load_ticket(tx, number)
        if after.status is not before.status:
            enqueue.lines(tx, number, notices.status_changed(after.status, notices.at_vendor(store.vendor_label)), now)
        if _card_fields(after) != _card_fields(before):
            enqueue.cards(tx, number, now)
    return number


def _record_more(
    tx: Transaction, store: Store, known: TicketRow, snapshot: TicketSnapshot, now: datetime
) -> TicketNumber:
    """Record some more messages. Of a ticket that was erased meanwhile none: the last portion says what may stay."""
    if known.erased_at is None:
        record_messages(tx, store, known, snapshot, now, followed=known.followed, begins=False)
    return known.number


def _record_conversation(
    tx: Transaction,
    store: Store,
    known: TicketRow,
    snapshot: TicketSnapshot,
    now: datetime,
    *,
    followed: bool,
    begins: bool,
) -> None:
    """Record the messages that are new; and, once all are recorded, the answers among them."""
    if snapshot.messages is None:
        return
    has_answers = record_messages(tx, store, known, snapshot, now, followed=followed, begins=begins)
    if snapshot.portion is Portion.REST:
        has_answers = any(message.author is Author.STAFF for message in snapshot.messages)
    if has_answers and snapshot.portion is not Portion.FIRST:
        record_read(tx, _load_ticket(tx, known.number), snapshot.messages)


def _without_forgotten(
    tx: Transaction, known: TicketRow, erased_at: datetime, snapshot: TicketSnapshot
) -> TicketSnapshot:
    """
    What may be recorded of a ticket that was erased: what was written since. Revives it if its customer wrote.

    Without anything new from the customer, only the ticket's status is recorded. A ticket that is erased because it
    was closed long ago is also revived when it is open again.
    """
    recorded = {row["vendor_id"] for row in tx.all("vendor_ids_of_ticket", ticket=known.number)}
    ahead = snapshot.ahead or timedelta()
    updated_at = snapshot.ticket.updated_at
    messages = not_forgotten(tx, known, snapshot.messages or (), recorded, erased_at + ahead, updated_at)
    if snapshot.messages is not None:
        snapshot = replace(snapshot, messages=messages)
    wrote = any(m.author is not Author.STAFF and m.is_public and m.id not in recorded for m in messages)
    if not known.erased:
        return snapshot
    reopened = snapshot.ticket.status is Status.OPEN and not is_status_outdated(known, snapshot)
    if wrote or (reopened and not known.forgotten and not known.closed_here_only):
        tx.run("revive_ticket", number=known.number, vendor_id=snapshot.ticket.id)
        return snapshot
    bare = replace(snapshot.ticket, subject=None, customer=Customer(), facts=None)
    return replace(snapshot, ticket=bare, messages=None, follow=False)


def record_gone(tx: Transaction, store: Store, vendor_id: TicketId, now: datetime) -> None:
    """The vendor says that this ticket no longer exists: report it once; it counts as closed."""
    ticket = find_ticket(tx, store.name, vendor_id)
    if ticket is None or ticket.gone:
        return
    tx.run("set_ticket_gone", number=ticket.number, now=to_ms(now))
    enqueue.lines(tx, ticket.number, notices.ticket_gone(store.vendor_label), now)
    enqueue.cards(tx, ticket.number, now)


def _customer_wrote(tx: Transaction, known: TicketRow, snapshot: TicketSnapshot) -> bool:
    """Whether there is a message of the customer that is not recorded yet."""
    recorded = {row["vendor_id"] for row in tx.all("vendor_ids_of_ticket", ticket=known.number)}
    return any(m.author is Author.CUSTOMER and m.id not in recorded for m in snapshot.messages or ())


def _insert_ticket(tx: Transaction, store: Store, ticket: Ticket, now: datetime) -> TicketNumber:
    number = require(
        tx.add(
            "insert_ticket",
            store=store.name,
            vendor_id=ticket.id,
            status=ticket.status or Status.OPEN,
            created_at=to_ms(ticket.created_at or now),
        )
    )
    if ticket.created_at is None and _is_first_contact(tx, store):
        tx.run("set_opening_unknown", number=number)
    return TicketNumber(number)


def _is_first_contact(tx: Transaction, store: Store) -> bool:
    found = tx.one("store", name=store.name)
    return found is None or found["first_swept_at"] is None


def _update_ticket(
    tx: Transaction,
    known: TicketRow,
    snapshot: TicketSnapshot,
    *,
    stale: bool,
    stays_closed: bool,
    is_from_before: bool,
) -> None:
    """
    Record what the vendor says about the ticket itself.

    Args:
        stale: It may be from before our own change of status, or before the ticket was gone: its status is ignored.
        stays_closed: The ticket was closed here because its vendor cannot close it; then it is ignored that it is open.
        is_from_before: A newer reading is recorded: then only that stays, and the ticket is read again.
    """
    ticket = Ticket(id=snapshot.ticket.id) if is_from_before else snapshot.ticket
    status = None if stale or (stays_closed and ticket.status is Status.OPEN) else ticket.status
    tx.run(
        "update_ticket",
        number=known.number,
        subject=ticket.subject,
        status=status,
        status_word=None if status is None else ticket.status_word,
        customer_name=ticket.customer.name,
        customer_email=ticket.customer.email,
        customer_mailbox=None if ticket.customer.email is None else mailbox(ticket.customer.email),
        facts=None if ticket.facts is None else facts_json(ticket.facts),
        first_response_at=_first_response(snapshot.messages),
        closed_at=None if stale or ticket.closed_at is None else to_ms(ticket.closed_at),
        read_at=to_ms(snapshot.read_at),
        fingerprint=_fingerprint(known, snapshot),
        stays_gone=is_from_before_it_was_gone(known, snapshot),
        said_at=to_ms(require(known.said_at) if is_from_before else snapshot.said_at),
        read_again=stale
        or is_from_before
        or ((known.followed or snapshot.follow) and (not snapshot.complete or snapshot.updated_this_second)),
    )


def _fingerprint(known: TicketRow, snapshot: TicketSnapshot) -> str | None:
    """
    The fingerprint from the list, else the recorded one.

    Empty if the ticket was read by itself and that must be enough. Also empty if it had another status than the list
    showed: the list may show the same fingerprint again once the ticket has its former status back.
    """
    if snapshot.fingerprint is not None:
        return snapshot.fingerprint
    if snapshot.ticket.status not in (None, known.status):
        return ""
    settled = snapshot.messages is not None and snapshot.read_at >= known.status_set_at + LONGEST_READ_LAG
    return "" if known.fingerprint is None and settled else known.fingerprint


def _update_awaiting(tx: Transaction, known: TicketRow, snapshot: TicketSnapshot, now: datetime) -> None:
    """
    Whose turn it is by what was read.

    Finding a reply of ours made it the customer's turn; that is corrected here if it is not the last message.
    """
    found = turn_as_read(snapshot)
    if snapshot.messages is not None and undoes(known, found):
        by_all = turn(snapshot, _recent(tx, known, snapshot, now))
        found = by_all.awaited
        if by_all.read_again:
            tx.run("read_ticket_again", number=known.number)
    if found is not None:
        since = None if found.since is None else to_ms(found.since)
        tx.run("set_ticket_awaiting", number=known.number, awaiting=found.awaiting, since=since, now=to_ms(now))


def _recent(tx: Transaction, known: TicketRow, snapshot: TicketSnapshot, now: datetime) -> list[Recent]:
    """What is at the vendor and may be newer than a reading; of one that is not whole, also what it may lack."""
    after = {"shown_after": 0, "arrived_after": 0}
    if snapshot.complete:
        after = {
            "shown_after": to_ms(snapshot.read_at),
            "arrived_after": to_ms(snapshot.said_at - LONGEST_READ_LAG),
        }
    return [_as_recent(row) for row in tx.all("newer_than_reading", ticket=known.number, now=to_ms(now), **after)]


def _as_recent(row: Row) -> Recent:
    return Recent(
        id=None if row["vendor_id"] is None else MessageId(row["vendor_id"]),
        author=Author(row["author"]),
        is_ours=bool(row["is_ours"]),
        written_at=None if row["written_at"] is None else from_ms(row["written_at"]),
        known_at=from_ms(row["known_at"]),
    )


def _first_response(messages: tuple[Message, ...] | None) -> int | None:
    answers = (m.written_at for m in messages or () if m.is_public and m.author is Author.STAFF and m.written_at)
    return min(map(to_ms, answers), default=None)


def _load_ticket(tx: Transaction, number: TicketNumber) -> TicketRow:
    return ticket_row(require(tx.one("ticket", number=number)))


def _card_fields(ticket: TicketRow) -> tuple[object, ...]:
    """What a card shows of a ticket."""
    return (
        ticket.subject,
        ticket.status,
        ticket.status_word,
        ticket.customer,
        ticket.facts,
        ticket.awaiting,
        ticket.waiting_since,
        ticket.snoozed_until,
        ticket.gone,
        ticket.erased,
    )
