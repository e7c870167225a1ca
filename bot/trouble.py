"""Stores and channels in trouble: recorded once, told once where somebody will see it, and once when it is over."""

from __future__ import annotations

from datetime import datetime

from bot import phrases, queue
from bot.db.connection import Transaction
from bot.db.values import LinkRow, to_ms
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


def channel_in_trouble(tx: Transaction, link: LinkRow, label: str, reason: str, now: datetime) -> None:
    """
    Nothing can be shown in a link's channel until a person mends it: told once in the ticket's other channels.

    Args:
        label: The chat as people read it.
    """
    if not note_channel_trouble(tx, link, reason, now):
        return
    for other in queue.links_of(tx, link.ticket):
        if (other.chat, other.channel) != (link.chat, link.channel):
            place = Place(chat=other.chat, channel=other.channel)
            queue.announcement(tx, place, phrases.channel_in_trouble(label, reason), now)


def note_channel_trouble(tx: Transaction, link: LinkRow, reason: str, now: datetime) -> bool:
    """Note, for `healthz` and `check`, what is wrong with a link's channel; whether nothing was noted there before."""
    row = tx.add("add_channel_trouble", chat=link.chat, channel=link.channel, trouble=reason, now=to_ms(now))
    return row is not None


def channel_well(tx: Transaction, link: LinkRow, delivery: DeliveryId) -> None:
    """
    A delivery was made in a link's channel: its trouble is over, unless others still wait there for just that.

    Posts may get through where reactions or new threads do not; each of them would begin and end the trouble anew.
    """
    tx.run("end_channel_trouble", chat=link.chat, channel=link.channel, delivery=delivery)
