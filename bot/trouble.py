"""Stores and channels in trouble: recorded once, told once where somebody will see it, and once when it is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot import phrases, queue
from bot.db.connection import Transaction
from bot.db.values import to_ms
from bot.model import DeliveryId, Place, Store


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


def channel_in_trouble(
    tx: Transaction, channel: Place, others: Iterable[Place], label: str, reason: str, now: datetime
) -> None:
    """
    A channel cannot be used until a person mends it: told once.

    Args:
        others: Where its tickets have threads besides, and where it is told.
        label: The chat as people read it.
    """
    if note_channel_trouble(tx, channel, reason, now):
        for place in sorted({(other.chat, other.channel) for other in others} - {(channel.chat, channel.channel)}):
            elsewhere = Place(chat=place[0], channel=place[1])
            queue.announcement(tx, elsewhere, phrases.channel_in_trouble(label, reason), now)


def note_channel_trouble(tx: Transaction, channel: Place, reason: str, now: datetime) -> bool:
    """Note, for `healthz` and `check`, what is wrong with a channel; whether nothing was noted there before."""
    where = {"chat": channel.chat, "channel": channel.channel}
    return tx.add("add_channel_trouble", **where, trouble=reason, now=to_ms(now)) is not None


def channel_well(tx: Transaction, channel: Place, delivery: DeliveryId | None = None) -> None:
    """
    A channel could be used: its trouble is over, unless deliveries still wait there for just that.

    Posts may get through where reactions or new threads do not; each of them would begin and end the trouble anew.

    Args:
        delivery: The one that was just made there; None: it was read.
    """
    tx.run("end_channel_trouble", chat=channel.chat, channel=channel.channel, delivery=delivery or 0)
