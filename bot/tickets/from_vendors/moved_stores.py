"""
Stores that the settings name at another vendor than before.

The new vendor may give a ticket the id that another customer's has at the former one. So no ticket of the former vendor
has an id any more: nothing that is read is taken for one of them, and what waits for their customers goes to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.db.connection import Transaction
from bot.db.rows import LEFT_BEHIND, ticket_row, to_ms
from bot.model import Store
from bot.tickets import enqueue
from bot.wording import notices


def settle_vendors(tx: Transaction, stores: Iterable[Store], now: datetime) -> None:
    """At start: note at which vendor each store is, and leave behind the tickets of one that has moved."""
    for store in stores:
        tx.run("add_store", name=store.name)
        former = tx.all("former_vendor", name=store.name, vendor=store.vendor)
        for row in former:
            _leave_behind(tx, store, row["vendor"], now)
        tx.run("set_store_vendor", name=store.name, vendor=store.vendor)


def _leave_behind(tx: Transaction, store: Store, former: str, now: datetime) -> None:
    """The store begins anew, as at its first contact; those who look after an open ticket are told."""
    waiting = [ticket_row(row) for row in tx.all("open_tickets_of_store", store=store.name)]
    tx.run("leave_tickets_behind", store=store.name, left=LEFT_BEHIND, now=to_ms(now))
    for forget in ("begin_store_anew", "delete_learned", "delete_unreadable_tickets_of_store"):
        tx.run(forget, store=store.name)
    for ticket in waiting:
        if not ticket.forgotten:
            enqueue.lines(tx, ticket.number, notices.left_behind(former, store.vendor_label), now)
            enqueue.cards(tx, ticket.number, now)
