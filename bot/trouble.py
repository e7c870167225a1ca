"""A store in trouble: recorded once, told once in its channels, and once when it is over."""

from __future__ import annotations

from datetime import datetime

from bot import phrases, queue
from bot.db.connection import Transaction
from bot.db.values import to_ms
from bot.model import Store


def store_in_trouble(tx: Transaction, store: Store, reason: str, now: datetime, *, announcement: str = "") -> None:
    """
    Note what is wrong with a store.

    Args:
        announcement: What its channels are told, once per trouble; empty: nothing, or not yet.
    """
    row = tx.one("store", name=store.name)
    told = row is not None and bool(row["trouble_announced"])
    tx.run("store_in_trouble", name=store.name, trouble=reason, now=to_ms(now), announced=bool(announcement))
    if announcement and not told:
        for channel in store.channels:
            queue.announcement(tx, channel, announcement, now)


def store_well(tx: Transaction, store: Store, now: datetime) -> None:
    """Note that a store works; its channels are told if they had been told that it did not."""
    row = tx.one("store", name=store.name)
    if row is None or row["trouble"] is None:
        return
    tx.run("store_well", name=store.name)
    if row["trouble_announced"]:
        for channel in store.channels:
            queue.announcement(tx, channel, phrases.store_back(store.label), now)
