"""What Discord offers: the slash commands with their completion, and the message menus."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from adapters.chats import shared_wording
from adapters.chats.discord import completions, wording
from adapters.chats.discord.agents import named, only_named
from adapters.chats.discord.asking import Asking, Interaction, place_asked
from adapters.chats.discord.completions import Choices
from adapters.chats.discord.failures import remote_errors
from adapters.chats.discord.reading import is_from_person, said
from bot.model import OPENS_FORM, Ask, ChatMessageId, Door, Pointed, Verb

_DAYS = 365
_UNTIL = 60
_SHOWN_TO = discord.Permissions(send_messages_in_threads=True)
"""Discord offers the commands to whoever has this permission. Every agent has it where the tickets are."""

Offered = app_commands.Command[Any, ..., None] | app_commands.ContextMenu


def offered(commands: Asking) -> tuple[Offered, ...]:
    """All slash commands and message menus."""
    return (
        _close_command(commands),
        _ticket_command(commands, Verb.REOPEN, wording.REOPEN_COMMAND),
        _ticket_command(commands, Verb.TAKE, wording.TAKE_COMMAND),
        _ticket_command(commands, Verb.RELEASE, wording.RELEASE_COMMAND),
        _assign_command(commands),
        _snooze_command(commands),
        _note_command(commands),
        _ticket_command(commands, Verb.REPLY, wording.REPLY_COMMAND),
        _snippet_command(commands),
        _snippets_command(commands),
        _tickets_command(commands),
        _stats_command(commands),
        _find_command(commands),
        _ticket_command(commands, Verb.WHY, wording.WHY_COMMAND),
        _help_command(commands),
        _message_menu(commands, Verb.SEND, wording.SEND_COMMAND),
        _message_menu(commands, Verb.KEEP, wording.KEEP_COMMAND),
        _why_menu(commands),
    )


def _ticket_command(commands: Asking, verb: Verb, description: str) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=verb.value, description=description)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(ticket=wording.TICKET_OPTION)
    async def command(interaction: Interaction, ticket: str | None = None) -> None:
        ask = Ask(verb=verb, agent=commands.agent(interaction), place=place_asked(interaction), ticket=ticket)
        await (commands.open(interaction, ask) if verb in OPENS_FORM else commands.answer(interaction, ask))

    @command.autocomplete("ticket")
    async def complete(interaction: Interaction, typed: str) -> Choices:
        return await completions.tickets(commands, verb, interaction, typed)

    return command


def _close_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.CLOSE.value, description=wording.CLOSE_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(ticket=wording.TICKET_OPTION, reason=wording.REASON_OPTION)
    async def command(interaction: Interaction, ticket: str | None = None, reason: str = "") -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        await commands.answer(
            interaction, Ask(verb=Verb.CLOSE, agent=agent, place=place, ticket=ticket, words=reason.strip())
        )

    @command.autocomplete("ticket")
    async def complete(interaction: Interaction, typed: str) -> Choices:
        return await completions.tickets(commands, Verb.CLOSE, interaction, typed)

    return command


def _help_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.HELP.value, description=wording.HELP_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    async def command(interaction: Interaction) -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        await commands.answer(interaction, Ask(verb=Verb.HELP, agent=agent, place=place))

    return command


def _assign_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.ASSIGN.value, description=wording.ASSIGN_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(agent=wording.AGENT_OPTION, ticket=wording.TICKET_OPTION)
    async def command(interaction: Interaction, agent: discord.User, ticket: str | None = None) -> None:
        asker, place = commands.agent(interaction), place_asked(interaction)
        assignee = named(agent)
        await commands.answer(
            interaction, Ask(verb=Verb.ASSIGN, agent=asker, place=place, ticket=ticket, assignee=assignee)
        )

    @command.autocomplete("ticket")
    async def complete(interaction: Interaction, typed: str) -> Choices:
        return await completions.tickets(commands, Verb.ASSIGN, interaction, typed)

    return command


def _note_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.NOTE.value, description=wording.NOTE_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(text=wording.NOTE_OPTION, ticket=wording.TICKET_OPTION)
    async def command(interaction: Interaction, text: str | None = None, ticket: str | None = None) -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        ask = Ask(verb=Verb.NOTE, agent=agent, place=place, ticket=ticket, words=text or "")
        await (commands.answer(interaction, ask) if text else commands.open(interaction, ask))

    @command.autocomplete("ticket")
    async def complete(interaction: Interaction, typed: str) -> Choices:
        return await completions.tickets(commands, Verb.NOTE, interaction, typed)

    return command


def _snippet_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.SNIPPET.value, description=wording.SNIPPET_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(name=wording.SNIPPET_OPTION, ticket=wording.TICKET_OPTION)
    async def command(interaction: Interaction, name: str, ticket: str | None = None) -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        await commands.open(interaction, Ask(verb=Verb.SNIPPET, agent=agent, place=place, ticket=ticket, words=name))

    @command.autocomplete("name")
    async def complete_name(interaction: Interaction, typed: str) -> Choices:
        return await completions.snippets(commands, interaction, typed)

    @command.autocomplete("ticket")
    async def complete_ticket(interaction: Interaction, typed: str) -> Choices:
        return await completions.tickets(commands, Verb.SNIPPET, interaction, typed)

    return command


def _snippets_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.SNIPPETS.value, description=wording.SNIPPETS_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    async def command(interaction: Interaction) -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        await commands.answer(interaction, Ask(verb=Verb.SNIPPETS, agent=agent, place=place))

    return command


def _snooze_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.SNOOZE.value, description=wording.SNOOZE_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(until=wording.UNTIL_OPTION, ticket=wording.TICKET_OPTION)
    async def command(
        interaction: Interaction, until: app_commands.Range[str, 0, _UNTIL] = "", ticket: str | None = None
    ) -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        await commands.answer(interaction, Ask(verb=Verb.SNOOZE, agent=agent, place=place, ticket=ticket, words=until))

    @command.autocomplete("until")
    async def complete_until(interaction: Interaction, typed: str) -> Choices:
        return await completions.times(commands, interaction, typed)

    @command.autocomplete("ticket")
    async def complete_ticket(interaction: Interaction, typed: str) -> Choices:
        return await completions.tickets(commands, Verb.SNOOZE, interaction, typed)

    return command


def _tickets_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.TICKETS.value, description=wording.TICKETS_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(which=wording.WHICH_OPTION, store=wording.STORE_OPTION)
    @app_commands.choices(which=[app_commands.Choice(name=name, value=name) for name in wording.LISTS])
    async def command(interaction: Interaction, which: str = "", store: str = "") -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        words = f"{which or wording.LISTS[0]} {store}"
        await commands.answer(interaction, Ask(verb=Verb.TICKETS, agent=agent, place=place, words=words))

    @command.autocomplete("store")
    async def complete(interaction: Interaction, typed: str) -> Choices:
        return await completions.stores(commands, interaction, typed)

    return command


def _stats_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.STATS.value, description=wording.STATS_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(store=wording.STORE_OPTION, days=wording.DAYS_OPTION)
    async def command(
        interaction: Interaction, store: str | None = None, days: app_commands.Range[int, 1, _DAYS] | None = None
    ) -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        await commands.answer(interaction, Ask(verb=Verb.STATS, agent=agent, place=place, store=store, days=days))

    @command.autocomplete("store")
    async def complete(interaction: Interaction, typed: str) -> Choices:
        return await completions.stores(commands, interaction, typed)

    return command


def _find_command(commands: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.FIND.value, description=wording.FIND_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(words=wording.WORDS_OPTION)
    async def command(interaction: Interaction, words: str) -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        await commands.answer(interaction, Ask(verb=Verb.FIND, agent=agent, place=place, words=words))

    return command


def _why_menu(commands: Asking) -> app_commands.ContextMenu:
    @app_commands.context_menu(name=wording.WHY_MENU)
    @app_commands.default_permissions(_SHOWN_TO)
    async def menu(interaction: Interaction, message: discord.Message) -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        pointed = Pointed(message=ChatMessageId(str(message.id)), by_person=is_from_person(message))
        await commands.answer(
            interaction, Ask(verb=Verb.WHY, agent=agent, place=place, pointed=pointed, door=Door.MENU)
        )

    return menu


def _message_menu(commands: Asking, verb: Verb, name: str) -> app_commands.ContextMenu:
    @app_commands.context_menu(name=name)
    @app_commands.default_permissions(_SHOWN_TO)
    async def menu(interaction: Interaction, message: discord.Message) -> None:
        if not is_from_person(message):
            with remote_errors(wrote=True):
                await interaction.response.send_message(shared_wording.NOT_FROM_PERSON, ephemeral=True)
            return
        agent, place = commands.agent(interaction), place_asked(interaction)
        # Discord does not give the roles of the message's author here, and whoever sends it answers for it.
        content = said(message, place, only_named(message.author))
        await commands.answer(interaction, Ask(verb=verb, agent=agent, place=place, message=content, door=Door.MENU))

    return menu
