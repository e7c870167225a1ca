"""
Where somebody who asks for something may act now: in which threads of a ticket, in which channels of the stores.

What they are where they ask says only for which places the chat has to be asked. What counts is what they are where
the place is: in Discord somebody has other roles on another server.

A place of which nothing can be known now hides no other: what is known is shown, and that something may be missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.errors import RemoteError
from bot.model import Agent, Place, Store, StoreName
from bot.ports import Chat
from bot.tickets.rights import open_stores, places_to_ask, worth_asking
from bot.tickets.rules_from_settings import Rules

_MOST_FAILURES = 5
"""After so many places of which nothing can be known, the chat is at fault, and nothing more is asked."""


@dataclass(frozen=True, slots=True)
class Seen:
    """
    The stores that a person may see in a chat, with the channels that make it so.

    Attributes:
        unknown: Why it cannot be known now whether there are more; empty: these are all.
    """

    stores: Mapping[StoreName, tuple[Place, ...]]
    unknown: str = ""


async def usable_places(
    agent: Agent, chat: Chat, store: Store | None, places: Collection[Place]
) -> Mapping[Place, Agent]:
    """
    The places of a ticket where a person may act, each with the person as they are known there.

    Args:
        store: The ticket's; None: the settings do not name it any more. Then it is where the person can write.

    Raises what `Chat.writable` raises, if no place is known where they may.
    """
    known, failure = await _known_at(agent, chat, worth_asking(agent, store, places))
    usable = {place: there for place, there in known.items() if worth_asking(there, store, [place])}
    if failure is not None and not usable:
        raise failure
    return usable


async def stores_seen_by(agent: Agent, chat: Chat, rules: Rules) -> Seen:
    """The stores that a person may see in a chat. Raises what `Chat.writable` raises, if it is known of none."""
    stores = rules.stores.values()
    known, failure = await _known_at(agent, chat, places_to_ask(agent, stores, chat.name))
    seen = open_stores(known, stores, chat.name)
    if failure is not None and not seen:
        raise failure
    return Seen(seen, "" if failure is None else failure.user_message)


async def _known_at(
    agent: Agent, chat: Chat, places: Collection[Place]
) -> tuple[Mapping[Place, Agent], RemoteError | None]:
    """Where a person can write, each with who they are there; and why that is not known of some places, if it is so."""
    try:
        return await _writable(agent, chat, places), None
    except RemoteError as error:
        if len(places) == 1:
            return {}, error
    known: dict[Place, Agent] = {}
    failures: list[RemoteError] = []
    for place in sorted(places, key=str):
        try:
            known |= await _writable(agent, chat, [place])
        except RemoteError as error:
            failures.append(error)
            if len(failures) == _MOST_FAILURES:
                break
    return known, next(iter(failures), None)


async def _writable(agent: Agent, chat: Chat, places: Collection[Place]) -> Mapping[Place, Agent]:
    writable = await chat.writable(agent, places) if places else frozenset()
    return {place: await chat.known_at(agent, place) for place in writable}
