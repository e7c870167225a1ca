"""Making a server offer exactly our commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapters.chats.discord.client import Account
from adapters.chats.discord.failures import usable_answer


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
