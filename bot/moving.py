"""When the settings name other channels than before: what could have no thread any more moves to where it can."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from bot import queue
from bot.db.connection import Transaction
from bot.db.values import LinkRow, link_row, to_ms
from bot.model import ChannelId, Store


def follow_settings(tx: Transaction, stores: Iterable[Store], now: datetime) -> None:
    """
    At start: forget what was wrong with channels that no store names any more, and move the links stranded there.

    A link is stranded where its channel was deleted, so that its thread could not be opened. What waits in its lane
    goes with it. Threads that work stay where they are, whatever the settings say now.
    """
    stores = list(stores)
    named = [f"{place.chat}:{place.channel}" for store in stores for place in store.channels]
    tx.run("forget_channel_troubles", named=json.dumps(named))
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
    taken = {(other.chat, other.channel) for other in queue.links_of(tx, link.ticket)}
    free = (place for place in store.channels if place.chat == link.chat and (place.chat, place.channel) not in taken)
    found = next(free, None)
    return None if found is None else found.channel
