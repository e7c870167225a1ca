"""
Where somebody who asks for something may act now: in which threads of a ticket, in which channels of the stores.

What they are where they ask says only for which places the chat has to be asked. What counts is what they are where
the place is: in Discord somebody has other roles on another server.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.model import Agent, Place, Store, StoreName
from bot.ports import Chat
from bot.tickets.rights import open_stores, places_to_ask, worth_asking
from bot.tickets.rules_from_settings import Rules


async def usable_places(
    agent: Agent, chat: Chat, store: Store | None, places: Collection[Place]
) -> Mapping[Place, Agent]:
    """
    The places of a ticket where a person may act, each with the person as they are known there.

    Args:
        store: The ticket's; None: the settings do not name it any more. Then it is where the person can write.

    Raises what `Chat.writable` raises.
    """
    known = await _known_at(agent, chat, worth_asking(agent, store, places))
    return {place: there for place, there in known.items() if worth_asking(there, store, [place])}


async def stores_seen_by(agent: Agent, chat: Chat, rules: Rules) -> Mapping[StoreName, tuple[Place, ...]]:
    """The stores that a person may see in a chat, with the channels that make it so. Raises what `writable` raises."""
    stores = rules.stores.values()
    known = await _known_at(agent, chat, places_to_ask(agent, stores, chat.name))
    return open_stores(known, stores, chat.name)


async def _known_at(agent: Agent, chat: Chat, places: Collection[Place]) -> Mapping[Place, Agent]:
    """Where a person can write, each with who they are there."""
    writable = await chat.writable(agent, places) if places else frozenset()
    return {place: await chat.known_at(agent, place) for place in writable}
