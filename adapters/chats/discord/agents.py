"""Who wrote or asked something, and whether they may reply and run commands."""

from __future__ import annotations

from collections.abc import Iterable

import discord

from adapters.chats.discord import wording
from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import usable_answer
from bot.errors import Gone, Unavailable
from bot.model import Agent, AgentId
from bot.text import clean


class Agents:
    """
    Decides by roles who may reply and run commands.

    Args:
        roles: Ids of roles; a person needs one of them. Empty: everybody who can write in the channel.
    """

    def __init__(self, roles: frozenset[str]) -> None:
        self._roles = roles

    def agent(self, person: discord.abc.User) -> Agent:
        """The person of an event, with the roles and the name that the event gives."""
        held = person.roles if isinstance(person, discord.Member) else []
        return self.from_ids(str(person.id), person.display_name, (str(role.id) for role in held))

    def with_rights_of(self, agent: Agent, person: discord.abc.User) -> Agent:
        """A person whose roles the event does not give, with the rights of the agent who acts for them."""
        return Agent(
            id=AgentId(str(person.id)), name=clean(person.display_name) or str(person.id), can_reply=agent.can_reply
        )

    def from_ids(self, person: str, name: str, roles: Iterable[str]) -> Agent:
        """The person with this id, name and these roles."""
        may = not self._roles or not self._roles.isdisjoint(roles)
        return Agent(id=AgentId(person), name=clean(name) or person, can_reply=may)


class Members:
    """
    The authors of old messages, whose roles Discord does not give with the message.

    To be made anew for each reading of the threads: each author is asked for once.
    """

    def __init__(self, account: Account, agents: Agents) -> None:
        self._account = account
        self._agents = agents
        self._known: dict[tuple[int, int], Agent] = {}

    async def agent(self, guild: int, author: discord.abc.User) -> Agent:
        """The author with the roles that they have now; with no roles if they have left the server."""
        key = (guild, author.id)
        if key not in self._known:
            self._known[key] = await self._ask(guild, author)
        return self._known[key]

    async def _ask(self, guild: int, author: discord.abc.User) -> Agent:
        try:
            member = await self._account.call(
                "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=str(guild), user_id=str(author.id)
            )
        except Gone as error:
            wait = self._account.disappearances.missing(f"{guild} {author.id}")
            if wait:
                raise Unavailable(wording.PERHAPS_GONE, retry_after=wait) from error
            return self._agents.from_ids(str(author.id), author.display_name, ())
        with usable_answer(wrote=False):
            roles, name = list(map(str, member["roles"])), str(member.get("nick") or author.display_name)
        return self._agents.from_ids(str(author.id), name, roles)
