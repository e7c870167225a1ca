"""Who may act in Discord where two servers share one installation: a role counts on its own server only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from bot.sandbox.discord import Member, PracticeDiscord
from bot.sandbox.discord.gateway import GatewayEvent
from bot.sandbox.discord.refusals import Json
from tests.support.stage.stage import Stage

OTHER, ROLE, LOBBY, STRANGER = (f"70000000000000000{number}" for number in range(4))
"""The other server, the role of its agents, a channel, and somebody there."""


@contextmanager
def people_ask_on_another_server(discord: PracticeDiscord, stranger: Member | None = None) -> Iterator[None]:
    """
    The bot is on a second server, too; whoever asks for something asks there, where they are an agent.

    Args:
        stranger: Who is on that server only; None: nobody.
    """
    here = str(discord.guild.state.guild_id)
    send, ready_here = discord.gateway.send, discord.gateway._ready
    lobby = {"id": LOBBY, "type": 0, "guild_id": OTHER, "name": "lobby", "position": 0, "permission_overwrites": []}

    def ready() -> tuple[Json, list[Json]]:
        told, guilds = ready_here()
        other = json.loads(json.dumps(guilds[0]).replace(here, OTHER)) | {"channels": [lobby], "threads": []}
        other["roles"].append(other["roles"][0] | {"id": ROLE, "name": "agents there"})
        return told | {"guilds": [*told["guilds"], {"id": OTHER, "unavailable": True}]}, [*guilds, other]

    def moved(event: GatewayEvent) -> None:
        if event.name == "INTERACTION_CREATE":
            data = json.loads(json.dumps(event.data).replace(here, OTHER)) | {"channel_id": LOBBY, "channel": lobby}
            named = data["data"].get("resolved", {}).get("members", {})
            for member in (data["member"], *named.values()):
                member["roles"] = [ROLE]
            if stranger is not None and data["member"]["user"]["id"] == str(stranger.id):
                data["member"]["user"]["id"] = STRANGER
            event = replace(event, data=data)
        send(event)

    with patch.object(discord.gateway, "_ready", ready), patch.object(discord.gateway, "send", moved):
        yield


@pytest.mark.scenario({"sellgate": "forum"}, started=False)
async def test_a_role_of_one_server_opens_no_ticket_of_another(stage: Stage) -> None:
    """Who is an agent there and only a member here sees nothing of a ticket here; an agent of both may act on it."""
    discord = stage.world.discord
    here = discord.add_role("agents here")
    stage.bridge.settings |= {"DISCORD_AGENT_ROLES": f"{here.id},{ROLE}"}
    lobby = discord.add_text_channel("lobby").id
    member, agent = discord.add_member("Dora"), discord.add_member("Carl", here)
    with people_ask_on_another_server(discord):
        await stage.bridge.start()
        ticket = await stage.arrives("Only here", "secret words")
        number = ticket.number
        asked: dict[str, dict[str, Any]] = {
            "tickets": {},
            "find": {"words": "secret"},
            "stats": {},
            "snippets": {},
            "why": {"ticket": number},
            "note": {"ticket": number, "text": "a note"},
            "close": {"ticket": number},
        }
        for name, options in asked.items():
            answered = await discord.command(member, lobby, name, **options)
            assert answered.content.startswith(("Only the team's agents", f"There is no ticket #{number}.")), name
            assert answered.embeds == [], name
        assert await discord.complete(member, lobby, "close", "ticket", "") == []
        assert await discord.complete(member, lobby, "stats", "store", "") == []
        assigned = await discord.command(agent, lobby, "assign", agent=member, ticket=number)
        assert assigned.content.startswith("Dora cannot"), assigned.content
        assert not ticket.now.closed
        assert (await discord.command(agent, lobby, "close", ticket=number)).content == f"#{number} is closed."
        assert ticket.now.closed


@pytest.mark.scenario({"sellgate": "forum"}, started=False)
@pytest.mark.parametrize("named", [False, True], ids=["nobody named", "agents named"])
async def test_who_is_on_another_server_only_learns_of_no_ticket_here(stage: Stage, named: bool) -> None:
    """At the first question already: an error would tell that there is such a ticket, and keep them from their own."""
    discord = stage.world.discord
    stage.bridge.settings |= {"DISCORD_AGENT_ROLES": ROLE} if named else {}
    stranger, lobby = discord.add_member("Dora"), discord.add_text_channel("lobby").id
    with people_ask_on_another_server(discord, stranger):
        await stage.bridge.start()
        number = (await stage.arrives("Only here")).number
        answers = [(await discord.command(stranger, lobby, "take", ticket=each)).content for each in (number, "1999")]
        assert [each.split(" Give")[0] for each in answers] == [
            f"There is no ticket #{number}.",
            "There is no ticket #1999.",
        ]
        assert (await discord.command(stranger, lobby, "tickets")).content.startswith("Only the team's agents")
