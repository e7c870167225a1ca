"""Threads and channels that were deleted: each ticket gets a new thread, in another channel if its own is gone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import LinkRow, link_row, to_ms
from bot.model import ChannelId, Deleted, Kind, LinePayload, Place, Store, ThreadId
from bot.tickets.enqueue import add_delivery, card, chat_destination, line, links_of, load_link, open_link, thread_lane
from bot.wording import notices

_RECENTLY_CLOSED = timedelta(days=30)


def apply_channel_settings(tx: Transaction, stores: Iterable[Store], now: datetime) -> None:
    """
    At start: forget incidents of channels that no store names any more, and move the stranded links.

    A link is stranded if its channel was deleted before its thread could be opened. What waits in its lane moves, too.
    Threads that work stay where they are, whatever the settings say now.
    """
    stores = list(stores)
    named = [f"{place.chat}:{place.channel}" for store in stores for place in store.channels]
    tx.run("delete_unconfigured_channel_incidents", named=json.dumps(named))
    for store in stores:
        for row in tx.all("stranded_links", store=store.name):
            link = link_row(row)
            channel = _another_channel(tx, store, link)
            if channel is not None:
                tx.run("move_link", id=link.id, channel=channel)
                tx.run("retry_opening_elsewhere", id=row["opening"], now=to_ms(now))


def _another_channel(tx: Transaction, store: Store, link: LinkRow) -> ChannelId | None:
    """A free channel for a stranded link; None: none is free, or the settings still name its own."""
    if any((place.chat, place.channel) == (link.chat, link.channel) for place in store.channels):
        return None
    taken = {(other.chat, other.channel) for other in links_of(tx, link.ticket)}
    free = (place for place in store.channels if place.chat == link.chat and (place.chat, place.channel) not in taken)
    found = next(free, None)
    return None if found is None else found.channel


def record_place_deleted(tx: Transaction, place: Place, now: datetime) -> None:
    """A thread, or a channel with its threads, was deleted: reopen those of tickets open or recently closed."""
    where = {"chat": place.chat, "channel": place.channel, "thread": place.thread}
    for row in tx.all("links_in_place", closed_since=to_ms(now - _RECENTLY_CLOSED), **where):
        reopen_link(tx, link_row(row), now)


def card_deleted(tx: Transaction, deleted: Deleted, now: datetime) -> None:
    """If the deleted message was a ticket's card, queue that card at once."""
    place = deleted.place
    where = {"chat": place.chat, "channel": place.channel, "thread": place.thread or deleted.message}
    row = tx.one("link_by_card", **where, card=deleted.message)
    if row is not None:
        card(tx, link_row(row), now)


def reopen_link(tx: Transaction, link: LinkRow, now: datetime) -> None:
    """
    A link's thread is gone: open a new one in the same channel. Has no effect if called again for the same thread.

    What waits is posted in the new thread, and what was posted in part is posted there again in full.
    """
    current = load_link(tx, link.id)
    if current.thread is not None and current.thread == link.thread:
        tx.run("leave_thread", id=link.id, now=to_ms(now))
        tx.run("clear_link_thread", id=link.id)
        tx.run("post_from_first_part", lane=thread_lane(link))
        open_link(tx, current, now)
        line(tx, current, notices.continues_here(), now)


def announce_in_former_thread(tx: Transaction, link: LinkRow, address: str, now: datetime) -> None:
    """
    A link's new thread is open: queue a line for its former one, where people may still read and write.

    If only its card is gone (Slack), people still see the thread. What they write there counts as before.

    Args:
        address: Of the new thread; empty: unknown.
    """
    row = tx.one("latest_former_thread", link=link.id) if link.threads_lost else None
    if row is None:
        return
    place = Place(chat=link.chat, channel=ChannelId(row["channel"]), thread=ThreadId(row["thread"]))
    payload = LinePayload(text=notices.continues_elsewhere(address), place=place)
    lane, destination = f"former:{place.chat}:{place.channel}:{place.thread}", chat_destination(place.chat)
    add_delivery(tx, Kind.LINE, lane, destination, now, ticket=link.ticket, payload=payload)


def former_thread_gone(tx: Transaction, place: Place) -> None:
    """Nothing is left of a thread that a ticket has left: nobody can write there."""
    tx.run("forget_former_thread", chat=place.chat, channel=place.channel, thread=place.thread)
