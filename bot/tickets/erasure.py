"""
Erasing what customers wrote and who they are; called inside transactions, without the network.

A ticket's row stays for the figures, and its messages' rows stay so that what was erased is recognised and does not
come back. What the chats show is taken out by deliveries, if that is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.db.connection import Row, Transaction
from bot.db.rows import LinkRow, TicketRow, from_ms, message_row, require, ticket_row, to_ms
from bot.model import DeliveryId, Kind, State, TicketNumber
from bot.text import one_line
from bot.text.mailboxes import same_mailbox
from bot.tickets import enqueue, forgotten
from bot.tickets.decisions import decided, without_name
from bot.tickets.replies import marks
from bot.tickets.replies.progress import progress_changed
from bot.wording import decisions, reasons
from bot.wording.masking import masked

# So long the words of a deleted message may be needed, for example to recognise it at a vendor that lags behind.
_NEEDED_AT_MOST = timedelta(days=1)
_ANNOUNCED_WITHIN = timedelta(days=7)
_LONGEST_NAME = 50
LOOKED_AT_ONCE = 1_000
"""So many numbers of tickets are looked at in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentMessage:
    """A reply or a note of an agent that has not reached its vendor; `author` is the agent's name."""

    delivery: DeliveryId
    ticket: TicketNumber
    kind: Kind
    state: State
    author: str
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """
    What would be erased, or was.

    Attributes:
        messages: How many messages still had their words.
        deliveries: How many deliveries belong to the tickets.
        threads: Where the tickets' threads are.
        doubtful: How many posts may stand in a chat although we do not know where.
        elsewhere: How many messages in other customers' tickets have the address for their author's name.
        elsewhere_threads: Where the threads of these tickets are.
    """

    tickets: tuple[TicketNumber, ...]
    messages: int
    deliveries: int
    threads: tuple[LinkRow, ...]
    unsent: tuple[UnsentMessage, ...]
    doubtful: int
    elsewhere: int
    elsewhere_threads: tuple[LinkRow, ...]


def find_tickets(tx: Transaction, whom: str) -> Sequence[TicketNumber]:
    """The tickets that are meant by an address or by `#` and a short number; none if it is unknown."""
    number = re.fullmatch(r"#?\s*([0-9]{1,12})", whom.strip())
    if number is None:
        rows = tx.all("customer_emails")
        return [TicketNumber(row["number"]) for row in rows if same_mailbox(row["address"], whom)]
    return [] if tx.one("ticket", number=int(number[1])) is None else [TicketNumber(int(number[1]))]


def extent(tx: Transaction, tickets: Sequence[TicketNumber], whom: str) -> Extent:
    """How much there is to erase of these tickets, and of whom was asked for in others."""
    counts = [require(tx.one("erasable", ticket=ticket)) for ticket in tickets]
    elsewhere = _messages_elsewhere(tx, tickets, whom)
    return Extent(
        tickets=tuple(tickets),
        messages=sum(row["messages"] for row in counts),
        deliveries=sum(row["deliveries"] for row in counts),
        threads=tuple(_threads_of(tx, tickets)),
        unsent=tuple(each for ticket in tickets for each in _unsent(tx, ticket)),
        doubtful=sum(require(tx.one("doubtful_posts", ticket=ticket))["amount"] for ticket in tickets),
        elsewhere=sum(map(len, elsewhere.values())),
        elsewhere_threads=tuple(_threads_of(tx, elsewhere)),
    )


def forget(
    tx: Transaction, tickets: Sequence[TicketNumber], now: datetime, *, whom: str = "", in_chats: bool
) -> Extent:
    """
    Erase these tickets, and keep only hashes of their vendor ids.

    Args:
        whom: The address that was asked for: what it wrote in other customers' tickets is erased, too, as far as the
            vendor gives the address for the author's name.
        in_chats: Whether our cards and posts in the chats are erased, too, and the threads renamed; in other
            customers' tickets only the posts of what is erased. Posts of which we do not know whether they are there
            are searched for first.

    Returns:
        What was erased.
    """
    erased = extent(tx, tickets, whom)
    for other, messages in _messages_elsewhere(tx, tickets, whom).items():
        _erase_some(tx, other, messages, now, in_chats=in_chats)
    for number in tickets:
        ticket = ticket_row(require(tx.one("ticket", number=number)))
        if in_chats:
            tx.run("search_for_doubtful_posts", ticket=number, now=to_ms(now))
        _drop_announcements(tx, ticket, now)
        erase(tx, number, now)
        if not ticket.forgotten:
            _hash_ids(tx, ticket)
        if in_chats:
            for link in enqueue.links_of(tx, number):
                enqueue.erase(tx, link, now)
                enqueue.card(tx, link, now)
    return erased


def erase_closed_before(tx: Transaction, moment: datetime, now: datetime) -> int:
    """Erase some of the tickets that were closed before `moment`; returns how many, 0: none is left."""
    return _erase_all(tx, tx.all("tickets_to_erase", before=to_ms(moment)), now)


def erase_written_before(tx: Transaction, after: int, moment: datetime, now: datetime) -> tuple[int, bool]:
    """
    Erase again those erased tickets in which somebody wrote afterwards, last before `moment`.

    Args:
        after: Only the `LOOKED_AT_ONCE` numbers behind this one are looked at.

    Returns:
        How many, and whether there are tickets behind these numbers.
    """
    rows = tx.all("tickets_to_erase_again", after=after, most=LOOKED_AT_ONCE, before=to_ms(moment))
    last = require(tx.one("last_ticket"))["number"] or 0
    return _erase_all(tx, rows, now), last > after + LOOKED_AT_ONCE


def _erase_all(tx: Transaction, rows: Sequence[Row], now: datetime) -> int:
    for row in rows:
        erase(tx, TicketNumber(row["number"]), now)
    return len(rows)


def erase_announcements(tx: Transaction, now: datetime) -> int:
    """Erase lines for whole channels that failed for good a week ago: they are old, and may name a customer."""
    return tx.run("erase_old_announcements", before=to_ms(now - _ANNOUNCED_WITHIN))


def erase_deleted(tx: Transaction, now: datetime) -> int:
    """Erase some of the messages that their authors deleted; returns how many, 0: none is left that can be erased."""
    rows = tx.all("deleted_messages", before=to_ms(now - _NEEDED_AT_MOST))
    for row in rows:
        tx.run("erase_message", id=row["id"])
        tx.run("erase_quotations", message=row["id"])
    return len(rows)


def erase(tx: Transaction, ticket: TicketNumber, now: datetime) -> None:
    """Erase a ticket's words, names, addresses, facts and error texts. Nothing that waits is delivered any more."""
    unsent, asked = _unsent(tx, ticket), tx.all("lines_asking_about_ticket", ticket=ticket)
    tx.run("drop_deliveries_of_ticket", ticket=ticket, now=to_ms(now))
    tx.run("erase_deliveries", ticket=ticket, sentence=reasons.message_erased())
    # First the ticket: with it all its words leave the index, and the index need not follow message after message.
    tx.run("erase_ticket", number=ticket, now=to_ms(now))
    tx.run("erase_messages", ticket=ticket)
    for row in asked:
        decided(tx, DeliveryId(row["id"]), without_name(decisions.erased_instead()), now)
    for each in unsent:
        delivery = require(tx.one("delivery", id=each.delivery))
        marks.enqueue_mark(tx, message_row(require(tx.one("message", id=delivery["message"]))), now)
        progress_changed(tx, delivery["message"], now)


def _threads_of(tx: Transaction, tickets: Iterable[TicketNumber]) -> list[LinkRow]:
    return [link for ticket in tickets for link in enqueue.links_of(tx, ticket) if link.thread is not None]


def _erase_some(
    tx: Transaction, ticket: TicketNumber, messages: Sequence[int], now: datetime, *, in_chats: bool
) -> None:
    """Erase some messages of a ticket that stays."""
    for message in messages:
        tx.run("drop_waiting_posts", message=message)
        tx.run("erase_message", id=message)
        tx.run("erase_quotations", message=message)
    if in_chats:
        for link in enqueue.links_of(tx, ticket):
            enqueue.erase(tx, link, now, messages)
        enqueue.cards(tx, ticket, now)  # the first message stands on the card


def _messages_elsewhere(tx: Transaction, tickets: Sequence[TicketNumber], whom: str) -> dict[TicketNumber, list[int]]:
    """By ticket, the messages in others than these whose author is called by this address."""
    found: dict[TicketNumber, list[int]] = {}
    for row in tx.all("messages_by_address"):
        if row["ticket"] not in tickets and same_mailbox(row["author_name"], whom):
            found.setdefault(TicketNumber(row["ticket"]), []).append(row["id"])
    return found


def _drop_announcements(tx: Transaction, ticket: TicketRow, now: datetime) -> None:
    """A line for a whole channel that was never posted may name a ticket that cannot be read, or its customer."""
    email = ticket.customer.email
    # What is called by its customer's address is announced with that masked.
    given = (ticket.vendor_id, ticket.subject, ticket.customer.name, email, email and masked(email))
    # Such a line has a name's beginning at most.
    names = [one_line(name, _LONGEST_NAME).rstrip("…") for name in given if name]
    for row in tx.all("announcements_with_words"):
        text = json.loads(row["payload"])["text"]
        if any(_is_named(name, text) for name in names):
            tx.run("drop_announcement", id=row["id"], now=to_ms(now), sentence=reasons.message_erased())


def _is_named(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}", text) is not None


def _hash_ids(tx: Transaction, ticket: TicketRow) -> None:
    tx.run("delete_unreadable_ticket", store=ticket.store, vendor_id=ticket.vendor_id)
    for row in tx.all("messages_with_vendor_id", ticket=ticket.number):
        hashed = forgotten.message_hash(tx, ticket.number, row["vendor_id"])
        tx.run("set_message_vendor_id", id=row["id"], vendor_id=hashed)
    tx.run("forget_ticket", number=ticket.number, hash=forgotten.ticket_hash(tx, ticket.store, ticket.vendor_id))


def _unsent(tx: Transaction, ticket: TicketNumber) -> list[UnsentMessage]:
    return [
        UnsentMessage(
            delivery=DeliveryId(row["id"]),
            ticket=ticket,
            kind=Kind(row["kind"]),
            state=State(row["state"]),
            author=row["author_name"] or "",
            written_at=from_ms(row["written_at"]),
        )
        for row in tx.all("unsent_messages", ticket=ticket)
    ]
