"""Commands, their completion, the message menu and the buttons: what agents ask for, and the answers they read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Any

import discord
import structlog
from discord import app_commands, ui

from adapters.chats.discord import wording
from adapters.chats.discord.agents import Agents, named, only_named
from adapters.chats.discord.buttons import TEMPLATE, pressed, view
from adapters.chats.discord.client import Account, Client
from adapters.chats.discord.failures import remote_errors, usable_answer
from adapters.chats.discord.markup import cut_line
from adapters.chats.discord.messages import answer_text
from adapters.chats.discord.reading import is_from_person, place_of, said
from bot.errors import RemoteError
from bot.model import Agent, Ask, Door, Place, Verb
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_CHOICE_NAME = 100
_CHOICES = 25
_DAYS = 365
_FINISH_SECONDS = 3.0
_SHOWN_TO = discord.Permissions(send_messages_in_threads=True)
"""Discord offers the commands to whoever has this permission. Every agent has it where the tickets are."""

Interaction = discord.Interaction[Any]


class Commands:
    """
    Passes what agents ask for to the core, and shows the answer to the asker alone.

    Everything is acknowledged first: Discord waits three seconds for that, and a quarter of an hour for the answer.
    What could not be acknowledged is not done, because the agent has read that it failed.
    """

    def __init__(self, agents: Agents) -> None:
        self.agents = agents
        self._intake: Intake | None = None
        self._running: set[asyncio.Task[Any]] = set()

    def serve(self, intake: Intake) -> None:
        """From now on, ask this intake."""
        self._intake = intake

    @property
    def intake(self) -> Intake:
        if self._intake is None:
            raise RuntimeError("an interaction came in before the chat runs")
        return self._intake

    def register(self, client: Client) -> None:
        """Make a new client answer commands and buttons."""
        tree = app_commands.CommandTree(client)
        tree.add_command(_ticket_command(self, Verb.CLOSE, wording.CLOSE_COMMAND))
        tree.add_command(_ticket_command(self, Verb.REOPEN, wording.REOPEN_COMMAND))
        tree.add_command(_ticket_command(self, Verb.TAKE, wording.TAKE_COMMAND))
        tree.add_command(_ticket_command(self, Verb.RELEASE, wording.RELEASE_COMMAND))
        tree.add_command(_assign_command(self))
        tree.add_command(_stats_command(self))
        tree.add_command(_send_menu(self))
        client.commands = [command.to_dict(tree) for command in tree.get_commands()]
        client.add_dynamic_items(_button_class(self))

    def agent(self, interaction: Interaction) -> Agent:
        return self.agents.asker(interaction)

    async def answer(self, interaction: Interaction, ask: Ask) -> None:
        """Acknowledge, ask the core, show its answer."""
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            with remote_errors(wrote=True), usable_answer(wrote=True):
                await interaction.response.defer(ephemeral=True, thinking=True)
        except RemoteError as error:
            _log.info("discord request not acknowledged in time", verb=ask.verb, reason=error.user_message)
            return
        try:
            answer = await self.intake.ask(ask)
        except Exception:
            await _show(interaction, wording.BROKEN)
            raise
        await _show(interaction, answer_text(answer), view(answer.buttons))

    async def finish(self) -> None:
        """Wait some seconds for requests that are being answered, then cancel them."""
        if self._running:
            await asyncio.wait(self._running, timeout=_FINISH_SECONDS)
        late = list(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def _show(interaction: Interaction, text: str, buttons: ui.View | None = None) -> None:
    try:
        with remote_errors(wrote=True), usable_answer(wrote=True):
            await interaction.edit_original_response(content=text, view=buttons)
    except RemoteError as error:
        _log.info("discord answer not shown", reason=error.user_message)


def place_asked(interaction: Interaction) -> Place:
    """Where somebody asks: the thread that they are in, else the channel."""
    channel = interaction.channel
    if isinstance(channel, discord.Thread):
        return place_of(channel.parent_id, channel.id)
    return place_of(interaction.channel_id or 0)


def _ticket_command(commands: Commands, verb: Verb, description: str) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=verb.value, description=description)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(ticket=wording.TICKET_OPTION)
    async def command(interaction: Interaction, ticket: str | None = None) -> None:
        ask = Ask(verb=verb, agent=commands.agent(interaction), place=place_asked(interaction), ticket=ticket)
        await commands.answer(interaction, ask)

    @command.autocomplete("ticket")
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await _tickets(commands, verb, interaction, typed)

    return command


def _assign_command(commands: Commands) -> app_commands.Command[Any, ..., None]:
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
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await _tickets(commands, Verb.ASSIGN, interaction, typed)

    return command


async def _tickets(
    commands: Commands, verb: Verb, interaction: Interaction, typed: str
) -> list[app_commands.Choice[str]]:
    """The tickets that are offered while somebody types."""
    agent, place = commands.agent(interaction), place_asked(interaction)
    try:
        choices = await commands.intake.choices(verb, typed, place, agent)
    except RemoteError as error:
        _log.info("discord completion failed", reason=error.user_message)
        return []
    return [
        app_commands.Choice(name=cut_line(choice.title, _CHOICE_NAME), value=str(choice.number))
        for choice in choices[:_CHOICES]
    ]


def _stats_command(commands: Commands) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.STATS.value, description=wording.STATS_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    @app_commands.describe(store=wording.STORE_OPTION, days=wording.DAYS_OPTION)
    async def command(
        interaction: Interaction, store: str | None = None, days: app_commands.Range[int, 1, _DAYS] | None = None
    ) -> None:
        agent, place = commands.agent(interaction), place_asked(interaction)
        await commands.answer(interaction, Ask(verb=Verb.STATS, agent=agent, place=place, store=store, days=days))

    @command.autocomplete("store")
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        agent, place = commands.agent(interaction), place_asked(interaction)
        try:
            known = await commands.intake.stores(place, agent)
        except RemoteError as error:
            _log.info("discord completion failed", reason=error.user_message)
            return []
        stores = [name for name in known if typed.casefold() in name.casefold()]
        return [app_commands.Choice(name=name[:_CHOICE_NAME], value=name) for name in stores[:_CHOICES]]

    return command


def _send_menu(commands: Commands) -> app_commands.ContextMenu:
    @app_commands.context_menu(name=wording.SEND_COMMAND)
    @app_commands.default_permissions(_SHOWN_TO)
    async def menu(interaction: Interaction, message: discord.Message) -> None:
        if not is_from_person(message):
            with remote_errors(wrote=True):
                await interaction.response.send_message(wording.NOT_FROM_PERSON, ephemeral=True)
            return
        agent, place = commands.agent(interaction), place_asked(interaction)
        # Discord does not give the roles of the message's author here, and whoever sends it answers for it.
        content = said(message, place, only_named(message.author))
        await commands.answer(
            interaction, Ask(verb=Verb.SEND, agent=agent, place=place, message=content, door=Door.MENU)
        )

    return menu


def _button_class(commands: Commands) -> type[ui.DynamicItem[ui.Button[Any]]]:
    class PressedButton(ui.DynamicItem[ui.Button[Any]], template=TEMPLATE):
        """One of our buttons, on any message, however old."""

        def __init__(self, button: ui.Button[Any], found: re.Match[str]) -> None:
            super().__init__(button)
            self.found = found

        @classmethod
        async def from_custom_id(
            cls, _interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
        ) -> PressedButton:
            if not isinstance(item, ui.Button):
                raise TypeError("only buttons have our ids")
            return cls(item, match)

        async def callback(self, interaction: Interaction) -> None:
            verb, ticket, delivery = pressed(self.found)
            await commands.answer(
                interaction,
                Ask(
                    verb=verb,
                    agent=commands.agent(interaction),
                    place=place_asked(interaction),
                    ticket=None if ticket is None else str(ticket),
                    delivery=delivery,
                    door=Door.BUTTON,
                ),
            )

    return PressedButton


async def publish(account: Account, guild: int) -> bool:
    """
    Make a server offer exactly our commands; returns whether anything had to be changed.

    Discord allows 200 new commands per day and server, so they are first compared with those that the server has.
    """
    client = await account.client()
    path = "/applications/{application_id}/guilds/{guild_id}/commands"
    application, server = str(client.application_id), str(guild)
    existing = await account.call("GET", path, application_id=application, guild_id=server)
    with usable_answer(wrote=False):
        is_same = _essence(existing) == _essence(client.commands)
    if is_same:
        return False
    offered = [_for_one_server(command) for command in client.commands]
    await account.call("PUT", path, json=offered, application_id=application, guild_id=server)
    return True


def _for_one_server(command: dict[str, Any]) -> dict[str, Any]:
    """A command without the fields that only commands for all servers may have."""
    unknown = ("dm_permission", "contexts", "integration_types")
    return {name: value for name, value in command.items() if name not in unknown}


def _essence(commands: Iterable[dict[str, Any]]) -> list[Any]:
    """What has to be equal for commands to be the same: no ids, versions or fields that Discord adds or leaves out."""
    option = ("type", "name", "description", "required", "autocomplete", "min_value", "max_value")
    return sorted(
        (
            command.get("type", 1),
            command["name"],
            command.get("description") or "",
            str(command.get("default_member_permissions") or ""),
            [[part.get(key) or None for key in option] for part in command.get("options") or ()],
        )
        for command in commands
    )
