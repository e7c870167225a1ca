"""What agents wrote while nobody listened: found, sent in order, each once, and said in the channel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from unittest.mock import patch

from bot.clock import SystemClock, TheirClock
from bot.sandbox.discord import Message as DiscordMessage
from bot.sandbox.slack import Message as SlackMessage
from tests.support.stage.stage import Stage, Ticket, scenario, until


def clock_of(stage: Stage) -> type[SystemClock]:
    """The kind of clock that this stage's bot has, now and when it is started again."""
    clock = stage.bridge.app._clock
    assert isinstance(clock, SystemClock)
    return type(clock)


@contextmanager
def ahead(clock: type[SystemClock], span: timedelta) -> Iterator[None]:
    """The bot's clock, of this kind, is so far ahead of everybody else's."""

    def now(its: SystemClock) -> datetime:
        return SystemClock.now(its) + span

    with patch.object(clock, "now", now):
        yield


@contextmanager
def later(clock: type[SystemClock], span: timedelta) -> Iterator[None]:
    """It is so much later, here and in the chats, so that what was written just now is so old."""
    told = TheirClock.now

    def there(its: TheirClock) -> datetime | None:
        moment = told(its)
        return None if moment is None else moment + span

    with ahead(clock, span), patch.object(TheirClock, "now", there):
        yield


async def recovered(stage: Stage, in_discord: str, in_slack: str) -> None:
    """One line in each channel says what was found there."""
    await until("Discord says so", lambda: stage.announced(stage.shop, in_discord)[0] == 1)
    await until("Slack says so", lambda: stage.announced(stage.shop, in_slack)[1] == 1)
    await stage.bridge.drained()
    assert stage.announced(stage.shop, "Found") == (1, 1)


async def is_sent(ticket: Ticket, discord: list[str], slack: list[str]) -> None:
    """Everything has reached the customer, each once, each chat's in its own order."""
    await until("all is sent", lambda: len(ticket.sent) >= len(discord) + len(slack))
    assert [text for text in ticket.sent if text in discord] == discord
    assert [text for text in ticket.sent if text in slack] == slack
    assert len(ticket.sent) == len(discord) + len(slack)


@scenario({"sellgate": "text slack"})
async def test_while_the_bot_was_down(stage: Stage) -> None:
    """In two tickets and both chats; a second restart finds nothing anew."""
    first, second = await stage.arrives("The first"), await stage.arrives("The second")
    await first.ann_says("Before")
    await first.has_sent("Before")
    await stage.bridge.stop()
    for number in range(3):
        await first.ann_says(f"Ann {number}")
        await first.bob_says(f"Bob {number}")
    await second.ann_says("And here")
    await stage.bridge.start()
    await is_sent(second, ["And here"], [])
    await is_sent(first, ["Before", "Ann 0", "Ann 1", "Ann 2"], ["Bob 0", "Bob 1", "Bob 2"])
    await recovered(stage, "Found 4 messages", "Found 3 messages")
    await stage.bridge.restart()
    await stage.bridge.drained()
    assert stage.announced(stage.shop, "Found") == (1, 1)
    assert len(first.sent) == 7


@scenario({"sellgate": "forum triage"})
async def test_while_discords_session_was_lost(stage: Stage) -> None:
    """A session that cannot be resumed has lost its events; what is written live afterwards does not overtake them."""
    ticket = await stage.arrives("Lost session")
    discord = stage.world.discord
    discord.rules.away = True
    await discord.gateway.cut(resumable=False, abrupt=True)
    for number in range(3):
        await ticket.ann_says(f"Ann {number}")
    discord.rules.away = False
    await until("it is back", lambda: discord.gateway.connected == 1)
    last = await ticket.ann_says("Ann 3")
    await ticket.marked(last, "✅")
    await is_sent(ticket, ["Ann 0", "Ann 1", "Ann 2", "Ann 3"], [])
    await stage.bridge.drained()
    assert stage.announced(stage.shop, "Back in Discord. Found")[0] == 1


@scenario({"sellgate": "text slack"})
async def test_while_slacks_tries_ran_out(stage: Stage) -> None:
    """Slack gives an event up after its last try; on the next connection it is read from the thread."""
    ticket = await stage.arrives("Given up")
    slack = stage.world.slack
    await stage.bridge.drained()
    assert await slack.settled()
    slack.sockets._rules = replace(slack.workspace.rules, retry_delays=(0.0, 0.0, 0.0))
    closed = slack.wire.fail("refuse", path="apps.connections.open$", times=10_000)
    slack.sockets.cut()
    for number in range(3):
        await ticket.bob_says(f"Bob {number}")
    assert await slack.settled()
    assert [lost["event"].get("text") for lost in slack.sockets.lost if "subtype" not in lost["event"]] == [
        "Bob 0",
        "Bob 1",
        "Bob 2",
    ]
    slack.wire.faults.remove(closed)
    await is_sent(ticket, [], ["Bob 0", "Bob 1", "Bob 2"])
    await until("one line says so", lambda: stage.announced(stage.shop, "Back in Slack. Found 3 messages")[1] == 1)
    await stage.bridge.drained()


def asking(ticket: Ticket) -> tuple[list[DiscordMessage], list[SlackMessage]]:
    """The questions whether to send what is old, in each chat."""
    discord = [m for m in ticket.discord.messages() if any("Send it now?" in str(e) for e in m.embeds)]
    slack = [m for m in ticket.slack.messages() if m.bot_id and "Send it now?" in m.rendered]
    return discord, slack


@scenario({"sellgate": "text slack"})
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
        await until("each is asked about", lambda: [len(found) for found in asking(ticket)] == [2, 2])
        assert ticket.sent == []
        in_discord, in_slack = asking(ticket)
        answered = await world.discord.press(world.ann, in_discord[1], "Discard")
        assert answered.content == "Discarded. The customer does not get it."
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
    await until("said in the channels", lambda: stage.announced(stage.shop, "Found 2 messages") == (1, 1))
