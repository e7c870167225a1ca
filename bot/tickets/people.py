"""
Who is the same person in both chats; pure.

A person is known by their id in a chat. The settings can say that two such ids are one person; that is looked up each
time, so a change of the settings holds for what was written before, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import AgentId, ChatName, Colleague, Person, PersonId
from bot.text.names import name_of

_SOMEBODY = "somebody"


def chat_id(chat: ChatName, agent: AgentId) -> str:
    """A person's id in a chat, as it is recorded: `discord:123`."""
    return f"{chat}:{agent}"


def person_of(colleagues: Sequence[Colleague], recorded: str, name: str | None) -> Person:
    """
    The person with an id in a chat.

    Args:
        recorded: As `chat_id` writes it.
        name: What the chat calls them; the name that the settings give them is preferred.
    """
    chat, _, agent = recorded.partition(":")
    for colleague in colleagues:
        if colleague.chats.get(chat) == agent:
            return colleague.person
    return Person(id=PersonId(recorded), name=name_of(name) or _SOMEBODY)


def ids_of(colleagues: Sequence[Colleague], recorded: str) -> tuple[str, ...]:
    """All ids in chats of the person with this one, as `chat_id` writes them."""
    chat, _, agent = recorded.partition(":")
    for colleague in colleagues:
        if colleague.chats.get(chat) == agent:
            return tuple(f"{name}:{user}" for name, user in colleague.chats.items())
    return (recorded,)


def vendor_user(colleagues: Sequence[Colleague], recorded: str, vendor: str) -> str | None:
    """The id by which a person is a user of a vendor; None: the settings do not say it."""
    chat, _, agent = recorded.partition(":")
    found = (each.vendors.get(vendor) for each in colleagues if each.chats.get(chat) == agent)
    return next(found, None)
