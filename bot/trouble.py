"""Stores and channels in trouble: recorded once, told once where somebody will see it, and once when it is over."""

from __future__ import annotations

from datetime import datetime

from bot import phrases, queue
from bot.db.connection import Transaction
from bot.db.values import LinkRow, to_ms
from bot.model import Place, Store


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
    if tx.add("add_channel_trouble", chat=link.chat, channel=link.channel, trouble=reason, now=to_ms(now)) is None:
        return
    for other in queue.links_of(tx, link.ticket):
        if (other.chat, other.channel) != (link.chat, link.channel):
            place = Place(chat=other.chat, channel=other.channel)
            queue.announcement(tx, place, phrases.channel_in_trouble(label, reason), now)


def channel_well(tx: Transaction, link: LinkRow) -> None:
    """Something could be shown in a link's channel."""
    tx.run("end_channel_trouble", chat=link.chat, channel=link.channel)
