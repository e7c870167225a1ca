"""Incidents of stores, tickets and channels: recorded, reported once where somebody sees it, and once when over."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, delivery_row, require, to_ms
from bot.model import DeliveryId, LinePayload, Place, State, Store, StoreName, TicketId
from bot.tickets import announcements, enqueue
from bot.tickets.forgotten import find_ticket
from bot.wording import channel_notices, notices


class StoreIncident(StrEnum):
    """The kinds of incident of a store."""

    DOWN = "down"
    LIMITED = "limited"  # it works, but its rate limit is too low for us
    PAUSED = "paused"  # it refuses our credentials; a person must correct them


_NOTICE = {
    StoreIncident.DOWN: channel_notices.store_down,
    StoreIncident.LIMITED: channel_notices.store_limited,
    StoreIncident.PAUSED: channel_notices.store_paused,
}


def store_failing(
    tx: Transaction, store: Store, incident: StoreIncident, reason: str, now: datetime, *, notify: bool
) -> None:
    """
    Record what is wrong with a store.

    Args:
        notify: Whether it has lasted long enough to be reported in the store's channels. It is reported once, and again
            if a person turns out to be needed.
    """
    tx.run("set_store_incident", name=store.name, incident=reason, now=to_ms(now))
    sent = _store_notices(tx, store)
    _retry_now(tx, sent, now)
    active = {line.id for line in _active_lines(tx, sent)}
    notified = {kind for kind, lines in sent.items() if not active.isdisjoint(lines)}
    if not notify or incident in notified or (notified and incident is not StoreIncident.PAUSED):
        return
    _drop_unsent(tx, sent, now)
    text, resolved = _NOTICE[incident](store.label, reason), channel_notices.store_back(store.label)
    sent[incident] = [announcements.incident_notice(tx, (channel,), text, resolved, now) for channel in store.channels]
    tx.run("set_store_incident_notices", name=store.name, notices=json.dumps(sent))


def store_works(tx: Transaction, store: Store, now: datetime, *, notify: bool) -> bool:
    """
    Record that a store works, and drop the notices of its incident that were not posted yet.

    What is to be sent there, and failed meanwhile, is tried at once.

    Args:
        notify: Whether it has worked long enough to report that, where the incident was reported.

    Returns:
        Whether that is reported now.
    """
    row = tx.one("store", name=store.name)
    if row is not None and row["incident"] is not None:
        tx.run("clear_store_incident", name=store.name)
        destination = enqueue.store_destination(store.name)
        tx.run("make_long_tried_due", destination=destination, now=to_ms(now), tried_before=to_ms(now))
    _drop_unsent(tx, _store_notices(tx, store), now)
    posted = _active_lines(tx, _store_notices(tx, store))
    if notify:
        for line in {line.payload_as(LinePayload).place: line for line in posted}.values():
            announcements.resolve_notice(tx, line, now)
    if notify or not posted:
        tx.run("set_store_incident_notices", name=store.name, notices="{}")
    return notify and bool(posted)


def tickets_unreadable(
    tx: Transaction, store: Store, tickets: Sequence[tuple[TicketId, str, str]], now: datetime
) -> None:
    """
    Report, once, tickets that could not be read for a long time: in their threads, or else in the store's channels.

    Args:
        tickets: Each with what it is called in an announcement, and the reason.
    """
    without_thread = []
    for ticket, called, reason in tickets:
        found = find_ticket(tx, store.name, ticket)
        if found is not None and (found.forgotten or not found.followed):
            continue  # nobody is waiting for it, and of a forgotten ticket not even the id may be kept
        if not tx.run("add_unreadable_ticket", store=store.name, vendor_id=ticket, now=to_ms(now)):
            continue
        if found is None:
            without_thread.append((called, reason))
        else:
            enqueue.lines(tx, found.number, notices.ticket_unreadable(store.vendor_label, reason), now)
    if without_thread:
        text = channel_notices.tickets_unreadable(
            store.label, [called for called, _ in without_thread], without_thread[0][1]
        )
        for channel in store.channels:
            announcements.announce(tx, channel, text, now)


def ticket_readable(tx: Transaction, store: StoreName, ticket: TicketId) -> None:
    """A ticket could be read, or is gone: its next failure is reported again."""
    tx.run("delete_unreadable_ticket", store=store, vendor_id=ticket)


def forget_unlisted_tickets(tx: Transaction, store: StoreName, listed: Collection[TicketId]) -> None:
    """After a full sweep, which yielded `listed`: any other ticket need not be read any more."""
    tx.run("delete_unlisted_unreadable_tickets", store=store, listed=json.dumps(list(listed)))


def _store_notices(tx: Transaction, store: Store) -> dict[str, list[DeliveryId]]:
    """The notices of a store's incident, by its kind, oldest first."""
    row = tx.one("store", name=store.name)
    return {} if row is None else json.loads(row["incident_notices"])


def _retry_now(tx: Transaction, sent: dict[str, list[DeliveryId]], now: datetime) -> None:
    """
    Retry notices that could not be posted so far, while the incident is still there.

    If our own network failed, chat and store come back together. A later retry would report a store that works again.
    """
    for line in _active_lines(tx, sent):
        if line.attempts:
            tx.run("set_due", id=line.id, due=to_ms(now))


def _drop_unsent(tx: Transaction, sent: dict[str, list[DeliveryId]], now: datetime) -> None:
    """Drop the notices that were not posted yet."""
    for line in _active_lines(tx, sent):
        if line.state is State.WAITING:
            announcements.resolve_notice(tx, line, now)


def _active_lines(tx: Transaction, sent: dict[str, list[DeliveryId]]) -> list[DeliveryRow]:
    """These notices, without those that were dropped."""
    found = [delivery_row(require(tx.one("delivery", id=line))) for lines in sent.values() for line in lines]
    return [line for line in found if line.state is not State.DROPPED]


def channel_failing(
    tx: Transaction,
    channel: Place,
    others: Iterable[Place],
    label: str,
    reason: str,
    now: datetime,
    *,
    fallbacks: Sequence[Place] = (),
) -> None:
    """
    A channel cannot be used until a person fixes it; reported once.

    Args:
        others: Where its tickets have other threads; it is reported there.
        label: The chat's name as people read it.
        fallbacks: Used if `others` has no other channel: the first that accepts the notice gets it, if the channel
            itself does not.
    """
    if not record_channel_incident(tx, channel, reason, now):
        return
    text, resolved = channel_notices.channel_failing(label, reason), channel_notices.channel_back(label)
    elsewhere = _other_channels(others, channel)
    sent = [
        announcements.incident_notice(tx, (other,), text, resolved, now) for other in sorted(elsewhere, key=_by_name)
    ]
    if not sent:
        itself = Place(chat=channel.chat, channel=channel.channel)
        sent = [announcements.incident_notice(tx, (itself, *_other_channels(fallbacks, channel)), text, resolved, now)]
    tx.run("set_channel_incident_notices", chat=channel.chat, channel=channel.channel, notices=json.dumps(sent))


def record_channel_incident(tx: Transaction, channel: Place, reason: str, now: datetime) -> bool:
    """Record what is wrong with a channel, for `healthz` and `check`; whether it is a new incident."""
    where = {"chat": channel.chat, "channel": channel.channel}
    return tx.add("add_channel_incident", **where, incident=reason, now=to_ms(now)) is not None


def channel_unreadable(tx: Transaction, channel: Place) -> None:
    """We may not read the failing channel either: messages are missing until it was read again."""
    tx.run("set_channel_unreadable", chat=channel.chat, channel=channel.channel, unreadable=True)


def channel_read(tx: Transaction, channel: Place, now: datetime) -> None:
    """A channel was read, so no message of it is missing; it may still fail in other ways."""
    tx.run("set_channel_unreadable", chat=channel.chat, channel=channel.channel, unreadable=False)
    channel_works(tx, channel, now)


def channel_works(tx: Transaction, channel: Place, now: datetime, delivery: DeliveryId | None = None) -> None:
    """
    A channel could be used: its incident is over, unless deliveries still wait because of it.

    Posts may work where reactions or new threads do not. Otherwise each post would end the incident, and the next
    failure would start a new one. The end is reported where the incident was reported.

    Args:
        delivery: The delivery that was just made there; None: the channel was read.
    """
    where = {"chat": channel.chat, "channel": channel.channel}
    row = tx.one("channel_incident", **where)
    if row is None or not tx.run("delete_channel_incident", **where, delivery=delivery or 0):
        return
    for line in json.loads(row["notices"]):
        announcements.resolve_notice(tx, delivery_row(require(tx.one("delivery", id=line))), now)


def _other_channels(places: Iterable[Place], channel: Place) -> list[Place]:
    """The channels of these places, each once, in their order, without `channel`."""
    found = {
        (place.chat, place.channel): None
        for place in places
        if (place.chat, place.channel) != (channel.chat, channel.channel)
    }
    return [Place(chat=chat, channel=channel) for chat, channel in found]


def _by_name(place: Place) -> tuple[str, str]:
    return place.chat, place.channel
