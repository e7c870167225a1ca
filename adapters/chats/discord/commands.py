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
from adapters.chats.discord.buttons import TEMPLATE, pressed
from adapters.chats.discord.client import Client, Connection
from adapters.chats.discord.failures import understood
from adapters.chats.discord.markup import block, cut_escaped, cut_line, units
from adapters.chats.discord.reading import Agents, by_person, place_of, said
from bot.errors import RemoteError
from bot.model import Agent, Answer, Ask, Place, Verb
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_CONTENT = 2000
_TEXT = 1200
"""How much of an answer its text may take where a table follows."""
_CHOICE_NAME = 100
_CHOICES = 25
_DAYS = 365
_FINISH_SECONDS = 3.0

Interaction = discord.Interaction[Any]


class Asking:
    """
    Brings what agents ask to the core and shows the answer to the asker alone.

    Everything is acknowledged first: Discord waits three seconds for that and a quarter of an hour for the answer.
    What could not be acknowledged is not done, for the agent reads that it was not.
    """

    def __init__(self, agents: Agents) -> None:
        self.agents = agents
        self._intake: Intake | None = None
        self._under_way: set[asyncio.Task[Any]] = set()

    def serve(self, intake: Intake) -> None:
        """From now on, ask this one."""
        self._intake = intake

    @property
    def intake(self) -> Intake:
        if self._intake is None:
            raise RuntimeError("no interaction can come in before the chat runs")
        return self._intake

    def agent(self, interaction: Interaction) -> Agent:
        return self.agents.agent(interaction.user)

    async def answer(self, interaction: Interaction, ask: Ask) -> None:
        """Acknowledge, ask the core, show its answer."""
        task = asyncio.current_task()
        if task is not None:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        try:
            with understood(wrote=True):
                await interaction.response.defer(ephemeral=True, thinking=True)
        except RemoteError as error:
            _log.info("discord request came too late", verb=ask.verb, reason=error.told)
            return
        try:
            answer = await self.intake.ask(ask)
        except Exception:
            await _show(interaction, wording.BROKEN)
            raise
        await _show(interaction, answer_text(answer))

    async def finish(self) -> None:
        """Let what is under way come to its end, not for long."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_FINISH_SECONDS)
        left = list(self._under_way)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _show(interaction: Interaction, text: str) -> None:
    try:
        with understood(wrote=True):
            await interaction.edit_original_response(content=text)
    except RemoteError as error:
        _log.info("discord answer not shown", reason=error.told)


def answer_text(answer: Answer) -> str:
    """An answer within one message: its text, then its table, whole lines left out at the end if need be."""
    if answer.table is None:
        return cut_escaped(answer.text, _CONTENT)
    text = cut_escaped(answer.text, _TEXT)
    head = f"{text}\n" if text else ""
    return head + block(answer.table, _CONTENT - units(head))


def place_asked(interaction: Interaction) -> Place:
    """Where somebody asks: the thread they stand in, else the channel."""
    channel = interaction.channel
    if isinstance(channel, discord.Thread):
        return place_of(channel.parent_id, channel.id)
    return place_of(interaction.channel_id or 0)


def install(client: Client, asking: Asking) -> None:
    """Make a new client answer commands and presses."""
    tree = app_commands.CommandTree(client)
    tree.add_command(_about_a_ticket(asking, Verb.CLOSE, wording.CLOSE_COMMAND))
    tree.add_command(_about_a_ticket(asking, Verb.REOPEN, wording.REOPEN_COMMAND))
    tree.add_command(_stats(asking))
    tree.add_command(_send(asking))
    client.commands = [command.to_dict(tree) for command in tree.get_commands()]
    client.add_dynamic_items(_press(asking))


def _about_a_ticket(asking: Asking, verb: Verb, description: str) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=verb.value, description=description)
    @app_commands.describe(ticket=wording.TICKET_OPTION)
    async def command(interaction: Interaction, ticket: str | None = None) -> None:
        asked = Ask(verb=verb, agent=asking.agent(interaction), place=place_asked(interaction), ticket=ticket)
        await asking.answer(interaction, asked)

    @command.autocomplete("ticket")
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        agent, place = asking.agent(interaction), place_asked(interaction)
        return [
            app_commands.Choice(name=cut_line(choice.title, _CHOICE_NAME), value=str(choice.number))
            for choice in (await asking.intake.choices(verb, typed, place, agent))[:_CHOICES]
        ]

    return command


def _stats(asking: Asking) -> app_commands.Command[Any, ..., None]:
    @app_commands.command(name=Verb.STATS.value, description=wording.STATS_COMMAND)
    @app_commands.describe(store=wording.STORE_OPTION, days=wording.DAYS_OPTION)
    async def command(
        interaction: Interaction, store: str | None = None, days: app_commands.Range[int, 1, _DAYS] | None = None
    ) -> None:
        agent, place = asking.agent(interaction), place_asked(interaction)
        await asking.answer(interaction, Ask(verb=Verb.STATS, agent=agent, place=place, store=store, days=days))

    @command.autocomplete("store")
    async def complete(_interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        stores = [name for name in await asking.intake.stores() if typed.casefold() in name.casefold()]
        return [app_commands.Choice(name=name[:_CHOICE_NAME], value=name) for name in stores[:_CHOICES]]

    return command


def _send(asking: Asking) -> app_commands.ContextMenu:
    @app_commands.context_menu(name=wording.SEND_COMMAND)
    async def menu(interaction: Interaction, message: discord.Message) -> None:
        if not by_person(message):
            with understood(wrote=True):
                await interaction.response.send_message(wording.NOT_A_PERSON, ephemeral=True)
            return
        agent, place = asking.agent(interaction), place_asked(interaction)
        # Discord does not tell the roles of the message's author here: whoever sends it answers for it.
        author = asking.agents.vouched(message.author, agent)
        await asking.answer(
            interaction, Ask(verb=Verb.SEND, agent=agent, place=place, message=said(message, place, author))
        )

    return menu


def _press(asking: Asking) -> type[ui.DynamicItem[ui.Button[Any]]]:
    class Press(ui.DynamicItem[ui.Button[Any]], template=TEMPLATE):
        """One of our buttons, on whatever message and from however long ago."""

        def __init__(self, button: ui.Button[Any], found: re.Match[str]) -> None:
            super().__init__(button)
            self.found = found

        @classmethod
        async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], match: re.Match[str]) -> Press:
            if not isinstance(item, ui.Button):
                raise TypeError("only buttons carry our ids")
            return cls(item, match)

        async def callback(self, interaction: Interaction) -> None:
            verb, ticket, delivery = pressed(self.found)
            await asking.answer(
                interaction,
                Ask(
                    verb=verb,
                    agent=asking.agent(interaction),
                    place=place_asked(interaction),
                    ticket=None if ticket is None else str(ticket),
                    delivery=delivery,
                ),
            )

    return Press


async def publish(connection: Connection, guild: int) -> bool:
    """
    Make a server offer our commands, if it does not offer exactly them already; returns whether that was needed.

    Discord takes 200 new commands a day and server, so they are compared first with what the server has.
    """
    client = await connection.client()
    path = "/applications/{application_id}/guilds/{guild_id}/commands"
    application, server = str(client.application_id), str(guild)
    there = await connection.call("GET", path, application_id=application, guild_id=server)
    if _essence(there) == _essence(client.commands):
        return False
    offered = [_offered(command) for command in client.commands]
    await connection.call("PUT", path, json=offered, application_id=application, guild_id=server)
    return True


def _offered(command: dict[str, Any]) -> dict[str, Any]:
    """A command without what only commands for all servers can say."""
    unknown = ("dm_permission", "contexts", "integration_types")
    return {name: value for name, value in command.items() if name not in unknown}


def _essence(commands: Iterable[dict[str, Any]]) -> list[Any]:
    """What makes a command what it is, without ids, versions and what Discord adds or leaves out when it is empty."""
    option = ("type", "name", "description", "required", "autocomplete", "min_value", "max_value")
    return sorted(
        (
            command.get("type", 1),
            command["name"],
            command.get("description") or "",
            [[part.get(key) or None for key in option] for part in command.get("options") or ()],
        )
        for command in commands
    )
