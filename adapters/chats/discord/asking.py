"""By what slash commands, menus and buttons ask the core, and where they were used."""

from __future__ import annotations

from typing import Any, Protocol

import discord

from adapters.chats.discord.reading import place_of
from bot.model import Agent, Ask, Place
from bot.ports import Intake

Interaction = discord.Interaction[Any]


class Asking(Protocol):
    """By what the core is asked; see `commands.Commands`."""

    @property
    def intake(self) -> Intake: ...

    def agent(self, interaction: Interaction) -> Agent:
        """Who asks."""
        ...

    async def answer(self, interaction: Interaction, ask: Ask) -> None:
        """Acknowledge, ask the core, show its answer."""
        ...

    async def open(self, interaction: Interaction, ask: Ask) -> None:
        """Show the form that is asked for, or the answer why there is none."""
        ...


def place_asked(interaction: Interaction) -> Place:
    """Where somebody asks: the thread that they are in, else the channel."""
    channel = interaction.channel
    if isinstance(channel, discord.Thread):
        return place_of(channel.parent_id, channel.id)
    return place_of(interaction.channel_id or 0)
