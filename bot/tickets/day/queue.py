"""
Where tickets stand in the queue: for whom each one waits, since when, and the pages of the lists.

A ticket waits for us from the customer's first message that nobody has answered. What an unknown author wrote counts as
the customer's: a ticket that waits in vain does less harm than a customer who does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.db.connection import Transaction
from bot.db.rows import TicketRow, require, ticket_row
from bot.model import Author, Awaiting, ChatName, Message, Place, Standing, Status, StoreName
from bot.tickets.day.list_edges import Edge

PAGE = 10
"""Tickets on a page of a list."""


class Which(StrEnum):
    """The lists of tickets."""

    WAITING = "waiting"  # for us, and not snoozed
    MINE = "mine"  # that the asker has
    SNOOZED = "snoozed"
    ALL = "all"  # everything that is not closed


@dataclass(frozen=True, slots=True)
class Awaited:
    """
    Who is expected to write next.

    Attributes:
        since: When the customer began to wait for us; None: they do not, or it is not known.
    """

    awaiting: Awaiting
    since: datetime | None = None


def awaited(said: Awaiting | None, messages: Sequence[Message]) -> Awaited | None:
    """
    Who is expected to write next, by what was read at the vendor. Pure.

    Args:
        said: What the vendor itself says; None: nothing, then it follows from the messages.
        messages: The whole conversation, oldest first.

    Returns:
        None: neither says anything.
    """
    unanswered: Message | None = None
    last: Message | None = None
    for message in messages:
        if message.is_public:
            last = message
            if message.author is Author.STAFF:
                unanswered = None
            elif unanswered is None:
                unanswered = message
    if said is None and last is None:
        return None
    if said is Awaiting.CUSTOMER or (said is None and unanswered is None):
        return Awaited(Awaiting.CUSTOMER)
    return Awaited(Awaiting.US, None if unanswered is None else unanswered.written_at)


def standing(ticket: TicketRow) -> Standing:
    """Where a ticket stands. Pure. What is snoozed is so until the end of that is recorded."""
    if ticket.gone or ticket.status is Status.CLOSED:
        return Standing.CLOSED
    if ticket.snoozed_until is not None:
        return Standing.SNOOZED
    if ticket.awaiting == Awaiting.CUSTOMER:
        return Standing.CUSTOMER
    return Standing.FIRST_ANSWER if ticket.first_response_at is None else Standing.NEXT_ANSWER


@dataclass(frozen=True, slots=True)
class Page:
    """
    A page of a list.

    Attributes:
        total: How many tickets the whole list has.
        first: The place of the page's first ticket in it, counted from 0.
    """

    tickets: tuple[TicketRow, ...]
    total: int
    first: int


def page(
    tx: Transaction,
    which: Which,
    chat: ChatName,
    stores: Mapping[StoreName, Sequence[Place]],
    mine: Sequence[str],
    at: Edge | int,
    size: int = PAGE,
) -> Page:
    """
    A page of the open tickets that somebody may see, longest waiting first.

    Args:
        stores: The stores that they may see in this chat, each with its channels.
        mine: The ids of the person who asks, as `chat_id` writes them.
        at: Where the page begins or ends, or which one it is, counted from 0. If nothing is there any more, it is the
            last one.
    """
    places = [f"{store} {place.channel}" for store, channels in stores.items() for place in channels]
    asked = {
        "which": which,
        "chat": chat,
        "stores": json.dumps(sorted(stores)),
        "places": json.dumps(places),
        "mine": json.dumps(list(mine)),
    }
    skipped = _skipped(tx, asked, at, size)
    rows = tx.all("queue", most=size, skipped=skipped, **asked)
    if not rows and skipped > 0:
        total = page(tx, which, chat, stores, mine, 0, size).total
        return page(tx, which, chat, stores, mine, max(total - 1, 0) // size, size)
    return Page(tuple(map(ticket_row, rows)), rows[0]["total"] if rows else 0, skipped)


def _skipped(tx: Transaction, asked: Mapping[str, str], at: Edge | int, size: int) -> int:
    """How many tickets of the list stand before the page."""
    if isinstance(at, int):
        return at * size
    place = {"snoozed": at.snoozed, "has_none": at.since is None, "since": at.since or 0, "number": at.number}
    before = int(require(tx.one("queue_before", **asked, **place, also_it=at.is_after))["amount"])
    return before if at.is_after else max(0, before - size)
