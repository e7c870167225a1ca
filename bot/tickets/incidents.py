"""Incidents of stores, tickets and channels: noted, told once where somebody sees it, and once when it is over."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, delivery_row, to_ms
from bot.model import DeliveryId, LinePayload, Place, State, Store, StoreName, TicketId
from bot.tickets import announcements, enqueue
from bot.wording import notices


class StoreIncident(StrEnum):
    """What is wrong with a store, as its channels are told."""

    DOWN = "down"
    LIMITED = "limited"  # it is there, and lets us ask too seldom
    PAUSED = "paused"  # it refuses our credentials; a person must mend it


_SAID = {
    StoreIncident.DOWN: notices.store_down,
    StoreIncident.LIMITED: notices.store_limited,
    StoreIncident.PAUSED: notices.store_paused,
}


def store_failing(
    tx: Transaction, store: Store, incident: StoreIncident, reason: str, now: datetime, *, tell: bool
) -> None:
    """
    Note what is wrong with a store.

    Args:
        tell: Whether its channels are to be told by now. They are told once, and once more where a person has to mend
            it after all.
    """
    tx.run("store_failing", name=store.name, incident=reason, now=to_ms(now))
    told = _told(tx, store)
    _try_now(tx, told, now)
    standing = {line.id for line in _lines(tx, told)}
    known = {kind for kind, lines in told.items() if not standing.isdisjoint(lines)}
    if not tell or incident in known or (known and incident is not StoreIncident.PAUSED):
        return
    _withdraw(tx, told, now)
    text, over = _SAID[incident](store.label, reason), notices.store_back(store.label)
    told[incident] = [announcements.incident_notice(tx, (channel,), text, over, now) for channel in store.channels]
    tx.run("store_incident_noticed", name=store.name, notices=json.dumps(told))


def store_works(tx: Transaction, store: Store, now: datetime, *, over: bool) -> bool:
    """
    Note that a store works. What was to be told of its trouble and has not been said yet is not said any more.

    Args:
        over: Whether it has worked for so long that its channels, where they were told, are to be told that, too.

    Returns:
        Whether they are told now.
    """
    tx.run("store_works", name=store.name)
    _withdraw(tx, _told(tx, store), now)
    said = _lines(tx, _told(tx, store))
    if over:
        for line in {line.payload_as(LinePayload).place: line for line in said}.values():
            announcements.resolve_notice(tx, line, now)
    if over or not said:
        tx.run("store_incident_noticed", name=store.name, notices="{}")
    return over and bool(said)


def tickets_unreadable(tx: Transaction, store: Store, tickets: Sequence[tuple[TicketId, str]], now: datetime) -> None:
    """
    Tell, once, of tickets that have not let themselves be read for long: in their threads, or in the store's channels.

    Args:
        tickets: Each with the reason.
    """
    threadless = []
    for ticket, reason in tickets:
        row = tx.one("ticket_by_vendor_id", store=store.name, vendor_id=ticket)
        if row is not None and not row["followed"]:
            continue  # nobody follows it, so nobody misses anything
        if not tx.run("add_unreadable_ticket", store=store.name, vendor_id=ticket, now=to_ms(now)):
            continue
        if row is None:
            threadless.append((ticket, reason))
        else:
            enqueue.lines(tx, row["number"], notices.ticket_unreadable(store.vendor_label, reason), now)
    if threadless:
        text = notices.tickets_unreadable(store.label, [ticket for ticket, _ in threadless], threadless[0][1])
        for channel in store.channels:
            announcements.announce(tx, channel, text, now)


def ticket_readable(tx: Transaction, store: StoreName, ticket: TicketId) -> None:
    """A ticket could be read, or is gone: when it cannot be read again, that will be told anew."""
    tx.run("forget_unreadable_ticket", store=store, vendor_id=ticket)


def forget_unlisted_tickets(tx: Transaction, store: StoreName, listed: Collection[TicketId]) -> None:
    """All that a store has and that we do not know is listed; what is not among it need not be read any more."""
    tx.run("forget_other_unreadable_tickets", store=store, listed=json.dumps(list(listed)))


def _told(tx: Transaction, store: Store) -> dict[str, list[DeliveryId]]:
    """The lines that tell of a store's trouble, by what they call it, oldest first."""
    row = tx.one("store", name=store.name)
    return {} if row is None else json.loads(row["incident_notices"])


def _try_now(tx: Transaction, told: dict[str, list[DeliveryId]], now: datetime) -> None:
    """
    What could not be said so far is tried while it is true.

    Where it is our own network that is away, chat and store are back at once: a line that is tried some time later
    would tell of a store that works by then.
    """
    for line in _lines(tx, told):
        if line.attempts:
            tx.run("put_off", id=line.id, due=to_ms(now))


def _withdraw(tx: Transaction, told: dict[str, list[DeliveryId]], now: datetime) -> None:
    """Do not say what has not been said yet."""
    for line in _lines(tx, told):
        if line.state is State.WAITING:
            announcements.resolve_notice(tx, line, now)


def _lines(tx: Transaction, told: dict[str, list[DeliveryId]]) -> list[DeliveryRow]:
    """These lines, as far as they were said or may still be."""
    rows = [tx.one("delivery", id=line) for lines in told.values() for line in lines]
    found = [delivery_row(row) for row in rows if row is not None]
    return [line for line in found if line.state is not State.DROPPED]


def channel_failing(
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
    if not note_channel_incident(tx, channel, reason, now):
        return
    text, over = notices.channel_failing(label, reason), notices.channel_back(label)
    elsewhere = _channels(others, channel)
    told = [announcements.incident_notice(tx, (other,), text, over, now) for other in sorted(elsewhere, key=_by_name)]
    if not told:
        itself = Place(chat=channel.chat, channel=channel.channel)
        told = [announcements.incident_notice(tx, (itself, *_channels(spare, channel)), text, over, now)]
    tx.run("channel_incident_noticed", chat=channel.chat, channel=channel.channel, notices=json.dumps(told))


def note_channel_incident(tx: Transaction, channel: Place, reason: str, now: datetime) -> bool:
    """Note, for `healthz` and `check`, what is wrong with a channel; whether nothing was noted there before."""
    where = {"chat": channel.chat, "channel": channel.channel}
    return tx.add("add_channel_incident", **where, incident=reason, now=to_ms(now)) is not None


def channel_unreadable(tx: Transaction, channel: Place) -> None:
    """The channel in trouble may not be read either: what is written there is missing until it was read again."""
    tx.run("channel_is_unreadable", chat=channel.chat, channel=channel.channel, unreadable=True)


def channel_read(tx: Transaction, channel: Place, now: datetime) -> None:
    """A channel was read: whatever else is wrong with it, nothing that people wrote there is missing."""
    tx.run("channel_is_unreadable", chat=channel.chat, channel=channel.channel, unreadable=False)
    channel_works(tx, channel, now)


def channel_works(tx: Transaction, channel: Place, now: datetime, delivery: DeliveryId | None = None) -> None:
    """
    A channel could be used: its trouble is over, unless deliveries still wait there for just that.

    Posts may get through where reactions or new threads do not; each of them would begin and end the trouble anew.
    That it is over is said where it was told.

    Args:
        delivery: The one that was just made there; None: it was read.
    """
    where = {"chat": channel.chat, "channel": channel.channel}
    row = tx.one("channel_incident", **where)
    if row is None or not tx.run("end_channel_incident", **where, delivery=delivery or 0):
        return
    for line in json.loads(row["notices"]):
        told = tx.one("delivery", id=line)
        if told is not None:
            announcements.resolve_notice(tx, delivery_row(told), now)


def _channels(places: Iterable[Place], but: Place) -> list[Place]:
    """The channels of these places, each once, in their order, without one of them."""
    found = {
        (place.chat, place.channel): None for place in places if (place.chat, place.channel) != (but.chat, but.channel)
    }
    return [Place(chat=chat, channel=channel) for chat, channel in found]


def _by_name(place: Place) -> tuple[str, str]:
    return place.chat, place.channel
