"""
The channels in which a store's open tickets have threads although the settings do not name them for it any more.

A thread that works stays where it is, and whoever may act there may go on: such tickets are in lists, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bot.db.connection import Transaction
from bot.model import ChannelId, ChatName, Place, StoreName
from bot.tickets.rules_from_settings import Rules


def former_channels(tx: Transaction, chat: ChatName, rules: Rules) -> Mapping[StoreName, Sequence[Place]]:
    """Those of a chat, by store; a store that the settings do not name has none."""
    found: dict[StoreName, list[Place]] = {}
    for row in tx.all("channels_of_open_tickets", chat=chat, stores=json.dumps(sorted(rules.stores))):
        name, place = StoreName(row["store"]), Place(chat=chat, channel=ChannelId(row["channel"]))
        if place not in rules.stores[name].channels:
            found.setdefault(name, []).append(place)
    return found
