"""
The stores of which somebody sees tickets in lists, and in which channels these tickets are.

Beside the channels that the settings name, these are the former ones. Which those are is read once a minute at most.
One that cannot be asked about now is left out for as long: that it is gone may be why the settings were changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.clock import Clock
from bot.db.connection import Database
from bot.errors import RemoteError
from bot.inbound.chats.usable_places import Seen, stores_seen_by, usable_places
from bot.model import Agent, ChatName, Place, StoreName
from bot.ports import Chat
from bot.tickets.former_channels import former_channels
from bot.tickets.rules_from_settings import Rules

_SECONDS = 60.0


@dataclass(slots=True)
class _Former:
    """The former channels of a chat, and when they were read; `unclear` could not be asked about since."""

    at: float
    channels: Mapping[StoreName, Sequence[Place]]
    unclear: set[Place] = field(default_factory=set)


class ListedStores:
    """Answers for all chats."""

    def __init__(self, database: Database, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._former: dict[ChatName, _Former] = {}

    async def seen_by(self, agent: Agent, chat: Chat) -> Seen:
        """
        The stores of which a person may see tickets in a chat, each with the channels in which that is so.

        Raises as `stores_seen_by`, of the channels that the settings name.
        """
        seen = await stores_seen_by(agent, chat, self._rules)
        found = dict(seen.stores)
        former = await self._former_channels(chat.name)
        for store, places in former.channels.items():
            for place in places:
                if place not in former.unclear and await self._is_usable(agent, chat, store, place, former):
                    found[store] = (*found.get(store, ()), place)
        return replace(seen, stores=found)

    async def _is_usable(self, agent: Agent, chat: Chat, store: StoreName, place: Place, former: _Former) -> bool:
        try:
            return bool(await usable_places(agent, chat, self._rules.stores[store], [place]))
        except RemoteError:
            former.unclear.add(place)
            return False

    async def _former_channels(self, chat: ChatName) -> _Former:
        known, now = self._former.get(chat), self._clock.monotonic()
        if known is None or now - known.at >= _SECONDS:
            channels = await self._database.read(former_channels, chat, self._rules)
            known = self._former[chat] = _Former(now, channels)
        return known
