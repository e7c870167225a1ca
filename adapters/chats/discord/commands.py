"""Answering what agents ask for: acknowledge, ask the core, show its answer to the asker alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import discord
import structlog

from adapters.chats import shared_wording
from adapters.chats.discord import forms, wording
from adapters.chats.discord.agents import Agents
from adapters.chats.discord.asking import Interaction, place_asked
from adapters.chats.discord.buttons import pressed_in, view
from adapters.chats.discord.client import Client
from adapters.chats.discord.failures import remote_errors, usable_answer
from adapters.chats.discord.messages import answer_embeds, answer_text, kept_parts, picture_file
from adapters.chats.discord.outdated import Tree
from adapters.chats.discord.slash_commands import offered
from bot.errors import RemoteError
from bot.model import OPENS_FORM, Agent, Answer, Ask, Door, written_in
from bot.ports import Intake

_log = structlog.get_logger(__name__)

_FINISH_SECONDS = 3.0


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
        tree = Tree(client, self._outdated)
        for command in offered(self):
            tree.add_command(command)
        client.commands = [command.to_dict(tree) for command in tree.get_commands()]

        @client.event
        async def on_interaction(interaction: Interaction) -> None:
            if interaction.type is discord.InteractionType.modal_submit:
                await self._submitted(interaction)
            elif interaction.type is discord.InteractionType.component:
                await self._pressed(interaction)

    def agent(self, interaction: Interaction) -> Agent:
        """Who asks."""
        return self.agents.asker(interaction)

    async def answer(self, interaction: Interaction, ask: Ask) -> None:
        """Acknowledge, ask the core, show its answer; and what was entered, if something is wrong with that."""
        self._keep_running()
        try:
            with remote_errors(wrote=True), usable_answer(wrote=True):
                await interaction.response.defer(ephemeral=True, thinking=True)
        except RemoteError as error:
            _log.info("discord request not acknowledged in time", verb=ask.verb, reason=error.user_message)
            return
        try:
            answer = await self.intake.ask(ask)
        except Exception:
            await _show(interaction, Answer(text=shared_wording.BROKEN))
            await _show_kept(interaction, ask.typed)
            raise
        await _show(interaction, answer)
        await _show_kept(interaction, written_in(ask.entered, answer.fault) if answer.fault else answer.kept)

    async def open(self, interaction: Interaction, ask: Ask) -> None:
        """
        Show the form that is asked for, or the answer why there is none.

        Discord takes a form only as the first answer, so nothing is acknowledged before.
        """
        self._keep_running()
        try:
            form = await self.intake.form(ask)
        except Exception:
            await _say(interaction, Answer(text=shared_wording.BROKEN))
            raise
        if isinstance(form, Answer):
            await _say(interaction, form)
            return
        try:
            with remote_errors(wrote=True), usable_answer(wrote=True):
                await interaction.response.send_modal(forms.modal(form))
        except RemoteError as error:
            _log.info("discord form not opened", verb=ask.verb, reason=error.user_message)

    async def _pressed(self, interaction: Interaction) -> None:
        """Somebody has pressed a button of any message of ours, however old."""
        button = pressed_in(interaction.data or {})
        if button is None:
            self._keep_running()
            await _say(interaction, Answer(text=shared_wording.BUTTON_OUTDATED))
            return
        ask = Ask(
            verb=button.verb,
            agent=self.agent(interaction),
            place=place_asked(interaction),
            ticket=None if button.ticket is None else str(button.ticket),
            delivery=button.delivery,
            words=button.words,
            page=button.page or 0,
            door=Door.BUTTON,
        )
        await (self.open(interaction, ask) if button.verb in OPENS_FORM else self.answer(interaction, ask))

    async def _submitted(self, interaction: Interaction) -> None:
        data: Mapping[str, Any] = interaction.data or {}
        found = forms.submitted(data)
        if found is None:
            self._keep_running()
            await _say(interaction, Answer(text=wording.FORM_OUTDATED))
            await _show_kept(interaction, forms.typed(data))
            return
        asked = found.asked
        ask = Ask(
            verb=asked.verb,
            agent=self.agent(interaction),
            place=place_asked(interaction),
            ticket=None if asked.ticket is None else str(asked.ticket),
            words=asked.words,
            entered=found.entered,
            door=Door.FORM,
        )
        await self.answer(interaction, ask)

    async def _outdated(self, interaction: Interaction) -> None:
        """Somebody has used a command that this version does not offer, or is completing one."""
        self._keep_running()
        if interaction.type is not discord.InteractionType.autocomplete:
            await _say(interaction, Answer(text=wording.COMMAND_OUTDATED))
            return
        try:
            with remote_errors(wrote=True), usable_answer(wrote=True):
                await interaction.response.autocomplete([])
        except RemoteError as error:
            _log.info("discord answer not shown", reason=error.user_message)

    def _keep_running(self) -> None:
        """A request that is being answered is waited for when the bridge stops."""
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait some seconds for requests that are being answered, then cancel them."""
        if self._running:
            await asyncio.wait(self._running, timeout=_FINISH_SECONDS)
        late = list(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def _say(interaction: Interaction, answer: Answer) -> None:
    """The first answer, to the asker alone."""
    buttons = view(answer.buttons) or discord.utils.MISSING
    try:
        with remote_errors(wrote=True), usable_answer(wrote=True):
            await interaction.response.send_message(answer_text(answer), view=buttons, ephemeral=True)
    except RemoteError as error:
        _log.info("discord answer not shown", reason=error.user_message)


async def _show_kept(interaction: Interaction, text: str) -> None:
    """Show a text whole, such as what was entered in a form: the form is gone."""
    for part in kept_parts(text) if text.strip() else ():
        try:
            with remote_errors(wrote=True), usable_answer(wrote=True):
                await interaction.followup.send(part, ephemeral=True)
        except RemoteError as error:
            _log.info("discord answer not shown", reason=error.user_message)


async def _show(interaction: Interaction, answer: Answer) -> None:
    """The answer at once, then its picture as a file. If Discord does not take that, the answer stays without it."""
    try:
        with remote_errors(wrote=True), usable_answer(wrote=True):
            await interaction.edit_original_response(
                content=answer_text(answer),
                embeds=[discord.Embed.from_dict(embed) for embed in answer_embeds(answer)],
                view=view(answer.buttons),
            )
        picture = None if answer.picture is None else await answer.picture()
        if picture is not None:
            with remote_errors(wrote=True), usable_answer(wrote=True):
                await interaction.edit_original_response(attachments=[picture_file(picture)])
    except RemoteError as error:
        _log.info("discord answer not shown", reason=error.user_message, has_picture=answer.picture is not None)
