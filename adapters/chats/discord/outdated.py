"""
Commands that are not as this version offers them: a program of Discord's shows those of an older one for some time.

discord.py passes them to the tree of commands as errors, and Discord shows that the application did not respond. So
whoever used one reads what to do next. Buttons and forms of another version are known by their ids; see `commands`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from discord import app_commands

from adapters.chats.discord.asking import Interaction
from adapters.chats.discord.client import Client

_OUTDATED = (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch, app_commands.TransformerError)


class Tree(app_commands.CommandTree[Client]):
    """
    The commands of a client.

    Args:
        tell: Answers whoever used a command that there is not, or not with these options; or completes one.
    """

    def __init__(self, client: Client, tell: Callable[[Interaction], Awaitable[None]]) -> None:
        super().__init__(client)
        self._tell = tell

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        if isinstance(error, _OUTDATED):
            await self._tell(interaction)
        else:
            await super().on_error(interaction, error)
