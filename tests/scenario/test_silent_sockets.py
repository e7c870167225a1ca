"""Connections that are open but bring nothing: noticed, renewed, and what was said meanwhile is read."""

from __future__ import annotations

import asyncio

import pytest

from adapters.chats.discord import DiscordChat
from adapters.chats.echo import Echo
from adapters.chats.slack.chat import SlackChat
from bot.model import ChatName
from tests.support.stage.stage import Stage
from tests.support.waiting import until


def discord_of(stage: Stage) -> DiscordChat:
    assert stage.bridge.outside is not None
    chat = stage.bridge.outside.chats[ChatName("discord")]
    assert isinstance(chat, DiscordChat)
    return chat


def slack_of(stage: Stage) -> SlackChat:
    assert stage.bridge.outside is not None
    chat = stage.bridge.outside.chats[ChatName("slack")]
    assert isinstance(chat, SlackChat)
    return chat


def impatient(echo: Echo) -> None:
    """Let it wait for five seconds of the bot's clock, half a second here, from its next look on."""
    echo._seconds = echo._patience = 5.0


@pytest.mark.scenario({"sellgate": "text slack"}, started=False)
async def test_heartbeats_that_nobody_answers(stage: Stage) -> None:
    """Where the network has silently gone, the next heartbeats tell; what was written meanwhile is sent, once."""
    discord, slack = stage.world.discord, stage.world.slack
    discord.settings.heartbeat_seconds = 0.2
    await stage.bridge.start()
    ticket = await stage.arrives("Silence")
    client = await discord_of(stage)._account.client()
    client.ws._keep_alive.heartbeat_timeout = 0.5  # type: ignore[union-attr]
    slack_of(stage)._connection._heartbeat = 0.5
    await slack.sockets.refresh("refresh_requested")
    await stage.bridge.ready()
    before = discord.gateway.identified + discord.gateway.resumed
    discord.gateway.deafen()
    slack.sockets.deafen()
    await ticket.ann_says("Into the void")
    await ticket.bob_says("So do I")
    await until(lambda: discord.gateway.identified + discord.gateway.resumed > before, "a new gateway connection")
    await until(lambda: len(ticket.sent) == 2, "both are sent")
    await stage.bridge.ready()
    await stage.bridge.drained()
    assert sorted(ticket.sent) == ["Into the void", "So do I"]


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_heartbeats_that_are_answered_while_no_event_comes(stage: Stage) -> None:
    """Our own posts come back as events; where they do not, a new session is begun and reads what was said."""
    discord, slack = stage.world.discord, stage.world.slack
    ticket = await stage.arrives("Mute")
    impatient(discord_of(stage)._echo)
    impatient(slack_of(stage)._connection._echo)
    await stage.bridge.drained()
    identified, connections = discord.gateway.identified, list(slack.sockets.connections)
    discord.gateway.mute()
    slack.sockets.mute()
    await ticket.ann_says("Does anybody hear me?")
    await ticket.bob_says("Or me?")
    assert (await stage.bridge.app.health.problems()) == []
    ticket.customer_says("Anybody?")  # what is posted of it has to come back
    await until(lambda: len(ticket.sent) == 2, "both are sent")
    await stage.bridge.ready()
    await stage.bridge.drained()
    assert sorted(ticket.sent) == ["Does anybody hear me?", "Or me?"]
    assert discord.gateway.identified == identified + 1
    assert slack.sockets.connections[0] not in connections
    await ticket.shown("Anybody?")


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_connection_that_brings_events_is_left_alone(stage: Stage) -> None:
    """A lively conversation and a long silence of everybody are no reason for a new connection."""
    discord, slack = stage.world.discord, stage.world.slack
    impatient(discord_of(stage)._echo)
    impatient(slack_of(stage)._connection._echo)
    # Connections that begin with this patience.
    await discord.gateway.cut()
    first = slack.sockets.connections[0]
    await slack.sockets.refresh("warning")
    await until(lambda: slack.sockets.connections[0] is not first, "Slack's is a new one")
    await until(lambda: discord.gateway.resumed == 1, "Discord's is, too")
    await stage.bridge.ready()
    identified, connections = discord.gateway.identified, list(slack.sockets.connections)
    ticket = await stage.arrives("Lively")
    for number in range(4):
        ticket.customer_says(f"Word {number}")
        await ticket.shown(f"Word {number}")
    await stage.bridge.drained()
    quiet_until = asyncio.get_running_loop().time() + 2.0
    await until(lambda: asyncio.get_running_loop().time() > quiet_until, "four times the patience")
    assert (discord.gateway.identified, discord.gateway.resumed) == (identified, 1)
    assert slack.sockets.connections == connections


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_health_says_when_the_last_event_came(stage: Stage) -> None:
    """For each chat, also while its connection is lost; heartbeats are none, and what begins a connection is none."""
    health = stage.bridge.app.health
    assert [remark.split(" UTC")[0][:-20] for remark in await health.details()] == [
        "discord: last event never, last data",
        "slack: last event never, last data",
    ]
    await stage.arrives("Lively")
    await stage.bridge.drained()
    remarks = await health.details()
    assert [remark.split(" 20")[0] for remark in remarks] == [
        "discord: last event",
        "slack: last event",
    ]
    await stage.world.discord.leave()
    await until(lambda: not discord_of(stage).health().connected, "it is noticed")
    troubles = await health.problems()
    assert len(troubles) == 1
    assert troubles[0].startswith("discord is not connected: ")
    assert "(last event: 20" in troubles[0]
    stage.world.discord.come_back()
    await stage.bridge.ready()
    assert await health.problems() == []
