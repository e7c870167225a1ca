"""What Discord offers while somebody types an option of a command: tickets, stores, snippets, times."""

from __future__ import annotations

import structlog
from discord import app_commands

from adapters.chats.discord.asking import Asking, Interaction, place_asked
from adapters.chats.discord.markup import cut_line
from bot.errors import RemoteError
from bot.model import Verb

_log = structlog.get_logger(__name__)

Choices = list[app_commands.Choice[str]]
_NAME = 100
_MOST = 25


async def tickets(commands: Asking, verb: Verb, interaction: Interaction, typed: str) -> Choices:
    """The tickets that a command can mean."""
    agent, place = commands.agent(interaction), place_asked(interaction)
    try:
        found = await commands.intake.choices(verb, typed, place, agent)
    except RemoteError as error:
        _log.info("discord completion failed", reason=error.user_message)
        return []
    return [app_commands.Choice(name=cut_line(each.title, _NAME), value=str(each.number)) for each in found[:_MOST]]


async def stores(commands: Asking, interaction: Interaction, typed: str) -> Choices:
    """The stores that the person may see."""
    agent, place = commands.agent(interaction), place_asked(interaction)
    try:
        known = await commands.intake.stores(place, agent)
    except RemoteError as error:
        _log.info("discord completion failed", reason=error.user_message)
        return []
    found = [name for name in known if typed.casefold() in name.casefold()]
    return [app_commands.Choice(name=name[:_NAME], value=name) for name in found[:_MOST]]


async def snippets(commands: Asking, interaction: Interaction, typed: str) -> Choices:
    """The saved answers, each with its beginning."""
    agent, place = commands.agent(interaction), place_asked(interaction)
    try:
        found = await commands.intake.snippets(typed, place, agent)
    except RemoteError as error:
        _log.info("discord completion failed", reason=error.user_message)
        return []
    return [
        app_commands.Choice(name=cut_line(f"{each.name} · {each.beginning}", _NAME), value=each.name)
        for each in found[:_MOST]
    ]


async def times(commands: Asking, _interaction: Interaction, typed: str) -> Choices:
    """Times until which a ticket can be snoozed, each with the moment that it means; the same for everybody."""
    found = await commands.intake.times(typed)
    return [app_commands.Choice(name=cut_line(each.title, _NAME), value=each.words) for each in found[:_MOST]]
