"""What the vendors' adapters found out of their stores: kept over restarts, until an answer contradicts it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.db.connection import Row, Transaction
from bot.db.rows import to_ms
from bot.model import Learned, StoreName
from bot.ports import CanLearn, Vendor


def record_learned(tx: Transaction, store: StoreName, vendor: Vendor, now: datetime) -> None:
    """
    Write down what the vendor of a store has found out by now. Does nothing if that is known already.

    Open tickets are read again then: they may be closed by what is known now.
    """
    if isinstance(vendor, CanLearn) and vendor.learned is not None:
        learned = vendor.learned
        if tx.run("set_learned", store=store, value=learned.value, evidence=learned.evidence, now=to_ms(now)):
            tx.run("read_open_tickets_again", store=store)


def remember_learned(tx: Transaction, vendors: Mapping[StoreName, Vendor]) -> None:
    """Give each vendor what was found out of its store earlier. Called at the start."""
    for name, learned in all_learned(tx).items():
        vendor = vendors.get(name)
        if isinstance(vendor, CanLearn):
            vendor.remember(learned)


def all_learned(tx: Transaction) -> Mapping[StoreName, Learned]:
    """All that is written down, by store."""
    return {StoreName(row["store"]): _learned(row) for row in tx.all("all_learned")}


def _learned(row: Row) -> Learned:
    return Learned(value=row["value"], evidence=row["evidence"])
