"""
Who may act on a ticket.

Whoever may act on a ticket can, in that chat, see the ticket's channel and write in its threads, and is an agent by
the settings of the ticket's store. This is asked at every way in (`bot.model.Door`), each time anew: what a button, an
option or a number says is only input.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from bot.db.connection import Transaction
from bot.model import Agent, ChatName, Place, Store, StoreName
from bot.tickets.links import find_link


def is_agent(agent: Agent, store: Store, chat: ChatName) -> bool:
    """
    Whether a person of this chat is an agent of a store by the settings.

    If the settings name nobody, every full member is one. Whoever they name is one even as a guest.
    """
    if not agent.is_active:
        return False
    named = store.agents.get(chat, frozenset())
    if not named:
        return agent.is_full_member
    return agent.id in named or not named.isdisjoint(agent.groups)


def may_act(agent: Agent, store: Store | None, places: Iterable[Place], writable: Collection[Place]) -> bool:
    """
    Whether a person may act on a ticket.

    Args:
        store: The ticket's; None: the settings do not name it any more, so nobody may.
        places: Where the ticket is in the person's chat. One that the person can use is enough.
        writable: The places that the person can use now; see `bot.ports.Chat.writable`.
    """
    return store is not None and any(place in writable and is_agent(agent, store, place.chat) for place in places)


def may_write(
    tx: Transaction, thread: Place, agent: Agent, stores: Mapping[StoreName, Store], writable: Collection[Place]
) -> bool:
    """Whether what a person writes in this thread may go to the customer; False also if it belongs to no ticket."""
    link = find_link(tx, thread)
    found = None if link is None else tx.one("ticket", number=link.ticket)
    return found is not None and may_act(agent, stores.get(StoreName(found["store"])), [thread], writable)


def worth_asking(agent: Agent, store: Store | None, places: Iterable[Place]) -> frozenset[Place]:
    """
    The places of a ticket for which a chat has to be asked whether a person can write there.

    For who is no agent it is not asked: each question costs a part of the chat's limit, and anybody can press buttons.

    Args:
        store: The ticket's; None: the settings do not name it any more, and whom they named is not known.
    """
    return frozenset(place for place in places if store is None or is_agent(agent, store, place.chat))


def is_agent_of_any(agent: Agent, stores: Iterable[Store], chat: ChatName) -> bool:
    """Whether a person is an agent of any store by the settings; of who is none, a chat is asked nothing."""
    return any(is_agent(agent, store, chat) for store in stores)


def places_to_ask(agent: Agent, stores: Iterable[Store], chat: ChatName) -> frozenset[Place]:
    """The channels of those stores of which a person is an agent: there it has to be known what they can use."""
    return frozenset(place for store in stores for place in store.channels if _fits(agent, store, place, chat))


def open_stores(
    writable: Mapping[Place, Agent], stores: Iterable[Store], chat: ChatName
) -> dict[StoreName, tuple[Place, ...]]:
    """
    The stores that a person may see in lists and figures, each with those of its channels that make it so.

    Args:
        writable: The channels that the person can use now, each with who they are there.
    """
    found = {
        store.name: tuple(p for p in store.channels if p in writable and _fits(writable[p], store, p, chat))
        for store in stores
    }
    return {name: places for name, places in found.items() if places}


def _fits(agent: Agent, store: Store, place: Place, chat: ChatName) -> bool:
    return place.chat == chat and is_agent(agent, store, chat)
