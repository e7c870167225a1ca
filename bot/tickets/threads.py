"""The threads of a ticket: which they are, a new one for one that is gone, and where they go when settings change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import DeliveryRow, LinkRow, delivery_row, link_row, to_ms
from bot.model import ChannelId, Deleted, Kind, LinePayload, Place, Store, TicketNumber
from bot.tickets.enqueue import add_delivery, card, chat_destination, line, links_of, load_link, open_link, thread_lane
from bot.wording import notices

_CLOSED_LATELY = timedelta(days=30)


def follow_settings(tx: Transaction, stores: Iterable[Store], now: datetime) -> None:
    """
    At start: forget what was wrong with channels that no store names any more, and move the links stranded there.

    A link is stranded where its channel was deleted, so that its thread could not be opened. What waits in its lane
    goes with it. Threads that work stay where they are, whatever the settings say now.
    """
    stores = list(stores)
    named = [f"{place.chat}:{place.channel}" for store in stores for place in store.channels]
    tx.run("forget_channel_incidents", named=json.dumps(named))
    for store in stores:
        for row in tx.all("stranded_links", store=store.name):
            link = link_row(row)
            channel = _another_channel(tx, store, link)
            if channel is not None:
                tx.run("move_link", id=link.id, channel=channel)
                tx.run("open_elsewhere", id=row["opening"], now=to_ms(now))


def _another_channel(tx: Transaction, store: Store, link: LinkRow) -> ChannelId | None:
    """Where in its chat a stranded link can move; None: the settings still name its channel, or there is no other."""
    if any((place.chat, place.channel) == (link.chat, link.channel) for place in store.channels):
        return None
    taken = {(other.chat, other.channel) for other in links_of(tx, link.ticket)}
    free = (place for place in store.channels if place.chat == link.chat and (place.chat, place.channel) not in taken)
    found = next(free, None)
    return None if found is None else found.channel


def card_deleted(tx: Transaction, deleted: Deleted, now: datetime) -> None:
    """Where a message that was deleted is a ticket's card, look after the card at once."""
    place = deleted.place
    where = {"chat": place.chat, "channel": place.channel, "thread": place.thread or deleted.message}
    row = tx.one("link_by_card", **where, card=deleted.message)
    if row is not None:
        card(tx, link_row(row), now)


def find_link(tx: Transaction, place: Place) -> LinkRow | None:
    """The link whose thread this is; None: no ticket's thread."""
    if place.thread is None:
        return None
    row = tx.one("link_by_thread", chat=place.chat, channel=place.channel, thread=place.thread)
    return None if row is None else link_row(row)


def record_vanished(tx: Transaction, place: Place, now: datetime) -> None:
    """A thread, or a channel with all of its, was deleted: open tickets get another thread in the same channel."""
    where = {"chat": place.chat, "channel": place.channel, "thread": place.thread}
    for row in tx.all("links_in_place", closed_since=to_ms(now - _CLOSED_LATELY), **where):
        reopen_link(tx, link_row(row), now)


def spoken_in_unknown_thread(tx: Transaction, place: Place) -> None:
    """Somebody spoke in a thread that is no ticket's as far as we know: those being opened there have to be read."""
    if place.thread is not None:
        tx.run("spoken_in_before_opened", chat=place.chat, channel=place.channel)


def is_being_opened(tx: Transaction, link: LinkRow) -> bool:
    """Whether a link's thread is there but what was said in it at first is still to be read."""
    return tx.one("opening_of_link", link=link.id) is not None


def open_links(tx: Transaction, ticket: TicketNumber, channels: Sequence[Place], now: datetime) -> None:
    """Give the ticket a link, and the delivery that opens its thread, in each channel where it has none."""
    for channel in channels:
        link = tx.add("insert_link", ticket=ticket, chat=channel.chat, channel=channel.channel)
        if link is not None:
            open_link(tx, load_link(tx, link), now)


def reopen_link(tx: Transaction, link: LinkRow, now: datetime) -> None:
    """
    A link's thread is gone: give the ticket a new one in the same channel, once however often it is noticed.

    What waits goes into the new one, and what was half said goes there as a whole.
    """
    present = load_link(tx, link.id)
    if present.thread is not None and present.thread == link.thread:
        tx.run("link_lost", id=link.id)
        tx.run("say_anew", lane=thread_lane(link))
        open_link(tx, present, now)
        line(tx, present, notices.goes_on_here(), now)
        _farewell(tx, present, now)


def _farewell(tx: Transaction, link: LinkRow, now: datetime) -> None:
    """Queue a line for a link's former thread: of one whose card alone is gone (Slack) people still see the rest."""
    payload = LinePayload(text=notices.goes_on_elsewhere(), place=link.place)
    lane, destination = f"former:{link.chat}:{link.channel}:{link.thread}", chat_destination(link.chat)
    add_delivery(tx, Kind.LINE, lane, destination, now, ticket=link.ticket, payload=payload)


def give_up_thread(tx: Transaction, opening: DeliveryRow, now: datetime) -> list[DeliveryRow]:
    """
    The opening of a thread was dropped: so is all that waits for that thread, and the ticket's other threads are told.

    Returns:
        What was dropped with it.
    """
    link = None if opening.link is None else load_link(tx, opening.link)
    if opening.kind is not Kind.OPEN or link is None or link.thread is not None:
        return []
    waiting = [delivery_row(row) for row in tx.all("lane", lane=opening.lane)]
    for delivery in waiting:
        tx.run("drop_delivery", id=delivery.id, now=to_ms(now))
    for other in links_of(tx, link.ticket):
        line(tx, other, notices.thread_given_up(link.chat.title()), now)
    return waiting
