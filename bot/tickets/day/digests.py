"""The day in a line: what a channel is told once a day of the tickets that wait."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta

from bot.db.connection import Transaction
from bot.db.rows import to_ms
from bot.model import ChatName, PersonId, Place, StoreName
from bot.tickets import announcements
from bot.tickets.day import queue
from bot.tickets.day.queue import Which
from bot.tickets.former_channels import former_channels
from bot.tickets.holders import shown_person
from bot.tickets.links import address_of
from bot.tickets.rules_from_settings import Rules
from bot.wording import channel_notices

_SINCE = timedelta(days=1)


def tell_the_day(
    tx: Transaction, day: date, rules: Rules, addresses: Mapping[ChatName, Callable[[Place], str]], now: datetime
) -> bool:
    """
    Queue the day's line for every channel in which something waits, also a former one, once for each day.

    Args:
        addresses: By chat, where a thread is opened; empty until the chat was reached.

    Returns:
        Whether that is all; else it is to be called again, because a line without its link is of less use.
    """
    named = {place for store in rules.stores.values() for place in store.channels if place.chat in addresses}
    channels = _channels(tx, addresses, rules)
    is_reached = {channel: bool(addresses[channel.chat](channel)) for channel in channels}
    for channel, stores in channels.items():
        if is_reached[channel] and tx.run(
            "add_digest", chat=channel.chat, channel=channel.channel, day=day.isoformat()
        ):
            text = _line(tx, channel, stores, rules, addresses[channel.chat], now)
            if text:
                announcements.announce(tx, channel, text, now)
    return all(is_reached[channel] for channel in named)  # nobody may ever reach a former one again


def _channels(tx: Transaction, chats: Iterable[ChatName], rules: Rules) -> Mapping[Place, set[StoreName]]:
    """The channels to tell, and of which stores: those in the settings, and former ones in which nothing is wrong."""
    found: dict[Place, set[StoreName]] = {}
    for chat in chats:
        for name, store in rules.stores.items():
            for place in store.channels:
                if place.chat == chat:
                    found.setdefault(place, set()).add(name)
        for name, places in former_channels(tx, chat, rules).items():
            for place in places:
                if tx.one("channel_incident", chat=chat, channel=place.channel) is None:
                    found.setdefault(place, set()).add(name)
    return found


def forget_later_days(tx: Transaction, today: date) -> None:
    """If the clock was ahead, days were told that are still to come: they are told in their time, too."""
    tx.run("forget_later_digests", today=today.isoformat())


def _line(
    tx: Transaction,
    channel: Place,
    stores: set[StoreName],
    rules: Rules,
    address: Callable[[Place], str],
    now: datetime,
) -> str:
    """Empty: nothing waits there."""
    places = dict.fromkeys(stores, (channel,))
    waiting = queue.page(tx, Which.WAITING, channel.chat, places, (), 0, 1)
    if not waiting.tickets:
        return ""
    oldest = waiting.tickets[0]
    taken = _taken(tx, channel, stores, rules)
    values = {"since": to_ms(now - _SINCE), "stores": json.dumps(sorted(stores))}
    counts = {name: sum(row["amount"] for row in tx.all(name, **values)) for name in ("promises_broken", "recovered")}
    return channel_notices.day(
        waiting.total,
        oldest.number,
        now - (oldest.waiting_since or oldest.created_at),
        address_of(tx, oldest.number, (channel,), address),
        taken,
        broken=counts["promises_broken"] if any(rules.stores[store].promises for store in stores) else None,
        recovered=counts["recovered"],
        lost=sum(row["amount"] for row in tx.all("lost", stores=values["stores"])),
    )


def _taken(tx: Transaction, channel: Place, stores: set[StoreName], rules: Rules) -> list[tuple[str, int]]:
    """Who has how many of the tickets that wait in the channel, the most first."""
    rows = tx.all("taken_in_channel", chat=channel.chat, channel=channel.channel, stores=json.dumps(sorted(stores)))
    amounts: Counter[PersonId] = Counter()
    names: dict[PersonId, str] = {}
    for row in rows:
        person = shown_person(rules, row["taken_by"], row["taken_by_name"])
        amounts[person.id] += row["amount"]
        names.setdefault(person.id, person.name)
    return [(names[person], amount) for person, amount in amounts.most_common()]
