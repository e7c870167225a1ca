"""What agents wrote while nobody listened: found, sent in order, each once, and said in the channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sandbox.discord import DiscordMessage
from bot.sandbox.slack import SlackMessage
from tests.support.stage.clock import clock_of, later
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until


async def recovered(stage: Stage, in_discord: str, in_slack: str) -> None:
    """One line in each channel says what was found there."""
    await until(lambda: stage.announced(stage.shop, in_discord)[0] == 1, "Discord says so")
    await until(lambda: stage.announced(stage.shop, in_slack)[1] == 1, "Slack says so")
    await stage.bridge.drained()
    assert stage.announced(stage.shop, "Found") == (1, 1)


async def is_sent(ticket: Ticket, discord: list[str], slack: list[str]) -> None:
    """Everything has reached the customer, each once, each chat's in its own order."""
    await until(lambda: len(ticket.sent) >= len(discord) + len(slack), "all is sent")
    assert [text for text in ticket.sent if text in discord] == discord
    assert [text for text in ticket.sent if text in slack] == slack
    assert len(ticket.sent) == len(discord) + len(slack)


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_while_the_bot_was_down(stage: Stage) -> None:
    """In two tickets and both chats; a second restart finds nothing anew."""
    first, second = await stage.arrives("The first"), await stage.arrives("The second")
    await first.ann_says("Before")
    await first.has_sent("Before")
    await stage.bridge.stop()
    anns, bobs = [f"Ann {number}" for number in range(4)], [f"Bob {number}" for number in range(5)]
    for ann in anns:
        await first.ann_says(ann)
    for bob in bobs:
        await first.bob_says(bob)
    await second.ann_says("And here")
    await stage.bridge.start()
    await is_sent(second, ["And here"], [])
    await is_sent(first, ["Before", *anns], bobs)
    await recovered(stage, "Found 5 missed messages", "Found 5 missed messages")
    await stage.bridge.restart()
    await stage.bridge.drained()
    assert stage.announced(stage.shop, "Found") == (1, 1)
    assert len(first.sent) == 10


@pytest.mark.scenario({"sellgate": "forum triage"})
async def test_while_discords_session_was_lost(stage: Stage) -> None:
    """A session that cannot be resumed has lost its events; what is written live afterwards does not overtake them."""
    ticket = await stage.arrives("Lost session")
    discord = stage.world.discord
    discord.settings.away = True
    await discord.gateway.cut(resumable=False, abrupt=True)
    missed = [f"Ann {number}" for number in range(5)]
    for text in missed:
        await ticket.ann_says(text)
    discord.settings.away = False
    await until(lambda: discord.gateway.connected == 1, "it is back")
    last = await ticket.ann_says("Ann again")
    await ticket.marked(last, "✅")
    await is_sent(ticket, [*missed, "Ann again"], [])
    await stage.bridge.drained()
    assert stage.announced(stage.shop, "Connected to Discord again. Found")[0] == 1


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_while_slacks_tries_ran_out(stage: Stage) -> None:
    """Slack gives an event up after its last try; on the next connection it is read from the thread."""
    ticket = await stage.arrives("Given up")
    slack = stage.world.slack
    await stage.bridge.drained()
    assert await slack.settled()
    slack.sockets._limits = replace(slack.workspace.limits, retry_delays=(0.0, 0.0, 0.0))
    closed = slack.http_server.fail("refuse", path="apps.connections.open$", times=10_000)
    slack.sockets.cut()
    missed = [f"Bob {number}" for number in range(5)]
    for text in missed:
        await ticket.bob_says(text)
    assert await slack.settled()
    assert [lost["event"].get("text") for lost in slack.sockets.lost if "subtype" not in lost["event"]] == missed
    slack.http_server.faults.remove(closed)
    await is_sent(ticket, [], missed)
    await until(
        lambda: stage.announced(stage.shop, "Connected to Slack again. Found 5 missed messages")[1] == 1,
        "one line says so",
    )
    await stage.bridge.drained()


def asking(ticket: Ticket) -> tuple[list[DiscordMessage], list[SlackMessage]]:
    """The questions whether to send what is old, in each chat."""
    discord = [m for m in ticket.discord.messages() if any("Send it now?" in str(e) for e in m.embeds)]
    slack = [m for m in ticket.slack.messages() if m.bot_id and "Send it now?" in m.rendered]
    return discord, slack


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_what_is_older_than_an_hour_is_not_sent_unasked(stage: Stage) -> None:
    """Send sends it and Discard does not, by real buttons, in both chats; what is younger has gone without asking."""
    clock = clock_of(stage)
    ticket = await stage.arrives("Old news")
    world = stage.world
    await stage.bridge.stop()
    kept: list[DiscordMessage | SlackMessage] = [await ticket.ann_says("Ann, send"), await ticket.bob_says("Bob, send")]
    left: list[DiscordMessage | SlackMessage] = [
        await ticket.ann_says("Ann, discard"),
        await ticket.bob_says("Bob, discard"),
    ]
    with later(clock, timedelta(hours=2)):
        await stage.bridge.start()
        await until(lambda: [len(found) for found in asking(ticket)] == [2, 2], "each is asked about")
        assert ticket.sent == []
        in_discord, in_slack = asking(ticket)
        answered = await world.discord.press(world.ann, in_discord[1], "Discard")
        assert answered.content == "Discarded. The customer will not get it."
        await world.discord.press(world.ann, in_discord[0], "Send")
        await ticket.marked(kept[0], "✅")
        outcome = await world.slack.press(world.bob, in_slack[1], "Discard", answers=1)
        assert "Discarded" in outcome.text
        await world.slack.press(world.bob, in_slack[0], "Send")
        await ticket.marked(kept[1], "✅")
        await stage.bridge.drained()
        assert ticket.sent == ["Ann, send", "Bob, send"]
        for message in left:
            await ticket.marked(message, "")
    with later(clock, timedelta(minutes=30)):
        await stage.bridge.stop()
        await ticket.ann_says("Young enough")
        await stage.bridge.start()
        await is_sent(ticket, ["Ann, send", "Young enough"], ["Bob, send"])
    await until(lambda: stage.announced(stage.shop, "Found 2 missed messages") == (1, 1), "said in the channels")
