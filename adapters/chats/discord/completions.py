"""What Discord offers while somebody types an option of a command: tickets, stores, snippets, times."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from discord import app_commands

from adapters.chats import shared_wording
from adapters.chats.discord.asking import Asking, Interaction, place_asked
from adapters.chats.discord.markup import cut_line
from bot.errors import RemoteError
from bot.model import Verb
from bot.ports import MOST_CHOICES

_log = structlog.get_logger(__name__)

Choices = list[app_commands.Choice[str]]
_NAME = 100
_MOST = 25
_MORE = "…"
"""What comes back if somebody chooses the line that says that there is more; nothing is called that."""


async def tickets(commands: Asking, verb: Verb, interaction: Interaction, typed: str) -> Choices:
    """The tickets that a command can mean."""
    agent, place = commands.agent(interaction), place_asked(interaction)
    try:
        found = await commands.intake.choices(verb, typed, place, agent)
    except RemoteError as error:
        _log.info("discord completion failed", reason=error.user_message)
        return []
    return _offered([(each.title, str(each.number)) for each in found])


async def stores(commands: Asking, interaction: Interaction, typed: str) -> Choices:
    """The stores that the person may see."""
    agent, place = commands.agent(interaction), place_asked(interaction)
    try:
        known = await commands.intake.stores(place, agent)
    except RemoteError as error:
        _log.info("discord completion failed", reason=error.user_message)
        return []
    return _offered([(name, name) for name in known if typed.casefold() in name.casefold()])


async def snippets(commands: Asking, interaction: Interaction, typed: str) -> Choices:
    """The saved answers, each with its beginning."""
    agent, place = commands.agent(interaction), place_asked(interaction)
    try:
        found = await commands.intake.snippets(typed, place, agent)
    except RemoteError as error:
        _log.info("discord completion failed", reason=error.user_message)
        return []
    return _offered([(f"{each.name} · {each.beginning}", each.name) for each in found])


async def times(commands: Asking, _interaction: Interaction, typed: str) -> Choices:
    """Times until which a ticket can be snoozed, each with the moment that it means; the same for everybody."""
    return _offered([(each.title, each.words) for each in await commands.intake.times(typed)])


def _offered(found: Sequence[tuple[str, str]]) -> Choices:
    """What is shown and what comes back. Where not all have room, the last one says how many are left out."""
    shown = list(found[:_MOST])
    if len(found) > _MOST:
        says = shared_wording.MANY_MORE if len(found) >= MOST_CHOICES else shared_wording.MORE
        shown[-1] = (says.format(amount=len(found) - _MOST + 1), _MORE)
    return [app_commands.Choice(name=cut_line(name, _NAME), value=value) for name, value in shown]
