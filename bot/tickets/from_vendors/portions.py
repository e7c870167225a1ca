"""A ticket with very many messages is recorded in portions, so that everything else has its turn in between."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from bot.db.connection import Transaction
from bot.model import MessageId, StoreName
from bot.tickets.forgotten import find_ticket
from bot.tickets.from_vendors.recorded_messages import own_among
from bot.tickets.from_vendors.renamed_messages import renamed
from bot.tickets.from_vendors.reused_ids import as_recorded
from bot.tickets.from_vendors.snapshot import Portion, TicketSnapshot

MANY_MESSAGES = 50
"""So many new messages are recorded in one transaction. While there is one, everything else waits."""


def portions_to_record(tx: Transaction, store: StoreName, snapshot: TicketSnapshot) -> tuple[TicketSnapshot, ...]:
    """
    The snapshots that have to be recorded, each in its own transaction.

    Which of several messages has an id that they share, and which message is a reply of ours, is decided here, where
    all of them are seen.

    A ticket with very many new messages is recorded from its oldest ones on. Whatever ends that in between, the ticket
    still counts as changed.
    """
    messages = snapshot.messages or ()
    if len(messages) <= MANY_MESSAGES:
        return (snapshot,)
    ticket = find_ticket(tx, store, snapshot.ticket.id)
    recorded: set[str] = set()
    if ticket is not None:
        recorded = {row["vendor_id"] for row in tx.all("vendor_ids_of_ticket", ticket=ticket.number)}
        messages = as_recorded(tx, ticket.number, snapshot).messages or ()
        if renamed(tx, ticket, snapshot):
            return (snapshot,)  # which of them are new is known only where all are seen; to rename one is quick
    ends = _ends([message.id for message in messages], recorded)
    if not ends:
        return (snapshot,)
    ours: dict[MessageId, int] = {}
    if ticket is not None:
        found = [message for message in messages if message.id not in recorded]
        ours = {each: row["id"] for each, row in own_among(tx, ticket.number, found, snapshot).items()}
    first = replace(
        snapshot, messages=messages[: ends[0]], fingerprint=None, complete=False, portion=Portion.FIRST, ours=ours
    )
    more = [
        replace(first, messages=messages[begin:end], portion=Portion.MORE)
        for begin, end in pairwise([*ends, len(messages)])
    ]
    return (first, *more, replace(snapshot, portion=Portion.REST))


def _ends(messages: list[MessageId], recorded: set[str]) -> list[int]:
    """Where each portion ends but the last. Pure."""
    ends: list[int] = []
    new = 0
    for index, message in enumerate(messages):
        new += message not in recorded
        if new > MANY_MESSAGES:
            ends.append(index)
            new = 1
    return ends
