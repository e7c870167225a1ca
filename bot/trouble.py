"""Stores and channels in trouble: recorded once, told once where somebody will see it, and once when it is over."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot import phrases, queue
from bot.db.connection import Transaction
from bot.db.values import delivery_row, to_ms
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
    tx: Transaction,
    channel: Place,
    others: Iterable[Place],
    label: str,
    reason: str,
    now: datetime,
    *,
    spare: Sequence[Place] = (),
) -> None:
    """
    A channel cannot be used until a person mends it: told once.

    Args:
        others: Where its tickets have threads besides, and where it is told.
        label: The chat as people read it.
        spare: Where there is no other: who is told instead, the first of these that takes it, once the channel
            itself does not.
    """
    if not note_channel_trouble(tx, channel, reason, now):
        return
    text, over = phrases.channel_in_trouble(label, reason), phrases.channel_back(label)
    elsewhere = _channels(others, channel)
    told = [queue.tidings(tx, (other,), text, over, now) for other in sorted(elsewhere, key=_by_name)]
    if not told:
        itself = Place(chat=channel.chat, channel=channel.channel)
        told = [queue.tidings(tx, (itself, *_channels(spare, channel)), text, over, now)]
    tx.run("channel_trouble_told", chat=channel.chat, channel=channel.channel, told=json.dumps(told))


def note_channel_trouble(tx: Transaction, channel: Place, reason: str, now: datetime) -> bool:
    """Note, for `healthz` and `check`, what is wrong with a channel; whether nothing was noted there before."""
    where = {"chat": channel.chat, "channel": channel.channel}
    return tx.add("add_channel_trouble", **where, trouble=reason, now=to_ms(now)) is not None


def channel_unread(tx: Transaction, channel: Place) -> None:
    """The channel in trouble may not be read either: what is written there is missing until it was read again."""
    tx.run("channel_is_unread", chat=channel.chat, channel=channel.channel, unread=True)


def channel_read(tx: Transaction, channel: Place, now: datetime) -> None:
    """A channel was read: whatever else is wrong with it, nothing that people wrote there is missing."""
    tx.run("channel_is_unread", chat=channel.chat, channel=channel.channel, unread=False)
    channel_well(tx, channel, now)


def channel_well(tx: Transaction, channel: Place, now: datetime, delivery: DeliveryId | None = None) -> None:
    """
    A channel could be used: its trouble is over, unless deliveries still wait there for just that.

    Posts may get through where reactions or new threads do not; each of them would begin and end the trouble anew.
    That it is over is said where it was told.

    Args:
        delivery: The one that was just made there; None: it was read.
    """
    where = {"chat": channel.chat, "channel": channel.channel}
    row = tx.one("lasting_channel_trouble", **where)
    if row is None or not tx.run("end_channel_trouble", **where, delivery=delivery or 0):
        return
    for line in json.loads(row["told"]):
        told = tx.one("delivery", id=line)
        if told is not None:
            queue.tell_over(tx, delivery_row(told), now)


def _channels(places: Iterable[Place], but: Place) -> list[Place]:
    """The channels of these places, each once, in their order, without one of them."""
    found = {
        (place.chat, place.channel): None for place in places if (place.chat, place.channel) != (but.chat, but.channel)
    }
    return [Place(chat=chat, channel=channel) for chat, channel in found]


def _by_name(place: Place) -> tuple[str, str]:
    return place.chat, place.channel
