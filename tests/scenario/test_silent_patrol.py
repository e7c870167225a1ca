"""Connections that are open and do not bring everything, while the bot itself has nothing to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from adapters.chats import patrol
from adapters.chats.discord import DiscordChat
from adapters.chats.patrol import Patrol, RecentMessages
from adapters.chats.slack.chat import SlackChat
from bot.model import ChatName
from bot.sandbox.loopback_server import LoopbackServer
from bot.sandbox.slack import SlackMessage
from tests.support.stage.stage import Stage
from tests.support.waiting import until


def patrols(stage: Stage) -> tuple[Patrol, Patrol]:
    """
    Discord's and Slack's, from now on looking six times as often, which is every three seconds here.

    That what we say ourselves does not come back is left out of account: it is the patrol's finding alone that counts.
    """
    assert stage.bridge.outside is not None
    discord = stage.bridge.outside.chats[ChatName("discord")]
    slack = stage.bridge.outside.chats[ChatName("slack")]
    assert isinstance(discord, DiscordChat)
    assert isinstance(slack, SlackChat)
    for each in (discord._patrol, slack._patrol):
        each._seconds = 30.0
        each._due = 0.0
    for echo in (discord._echo, slack._connection._echo):
        echo._seconds = echo._patience = 100_000.0
    return discord._patrol, slack._patrol


async def looks(amount: int, *them: Patrol) -> None:
    """Wait until each has looked so often from now on."""
    for each in them:
        for _ in range(amount):
            before = each.compared_at or datetime.min.replace(tzinfo=UTC)
            await until(lambda p=each, b=before: (p.compared_at or b) > b, "one more look")  # type: ignore[misc]


class Watched:
    """What a patrol reads by from now on; of each look, how the paths of its requests end."""

    def __init__(self, looking: Patrol, server: LoopbackServer) -> None:
        self._reader, self._server = looking._reader, server
        self.looks: list[tuple[str, ...]] = []
        looking._reader = self

    def id_at(self, moment: datetime) -> int:
        return self._reader.id_at(moment)

    async def read(self, after: int) -> RecentMessages:
        asked = len(self._server.seen)
        recent = await self._reader.read(after)
        self.looks.append(tuple(exchange.path.rsplit("/", 1)[-1] for exchange in self._server.seen[asked:]))
        return recent


@pytest.mark.takes(20)
@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_quiet_hour(stage: Stage) -> None:
    """Only agents write: what they wrote is found within four minutes, sent once, and the connection is a new one."""
    discord, slack = stage.world.discord, stage.world.slack
    ticket = await stage.arrives("Quiet")
    await stage.bridge.drained()
    identified, connection = discord.gateway.identified, slack.sockets.connections[0]
    discord.gateway.mute()
    slack.sockets.mute()
    in_discord, in_slack = await ticket.ann_says("From Ann"), await ticket.bob_says("From Bob")
    await until(lambda: len(ticket.sent) == 2, "both are sent")
    await ticket.marked(in_discord, "✅")
    await ticket.marked(in_slack, "✅")
    await until(lambda: discord.gateway.identified == identified + 1, "a new session")
    await until(lambda: slack.sockets.connections not in ([], [connection]), "a new connection")
    await stage.bridge.ready()
    again = await ticket.ann_says("Now you hear me"), await ticket.bob_says("Me too")
    await ticket.marked(again[0], "✅")
    await ticket.marked(again[1], "✅")
    await stage.bridge.drained()
    assert sorted(ticket.sent) == ["From Ann", "From Bob", "Me too", "Now you hear me"]
    remarks = [line.split(" 20")[0] for line in await stage.bridge.app.health.details()]
    assert remarks == [
        f"{chat}: {what}"
        for chat in ("discord", "slack")
        for what in (
            "last event",
            "threads last checked for missed messages",
            "missed messages last found",
        )
    ]


@pytest.mark.takes(20)
@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "forum slack"})
async def test_one_place_of_which_nothing_comes(stage: Stage) -> None:
    """Others are lively; a new connection is as silent there, and all that is written there arrives all the same."""
    discord, slack = stage.world.discord, stage.world.slack
    lively = await stage.arrives("Lively", vendor="sellapp")
    deaf = await stage.arrives("Deaf", "Is anybody there?", vendor="sellgate")
    await stage.bridge.drained()
    both = patrols(stage)
    discord.gateway.withheld.add(deaf.discord.thread.id)
    slack.workspace.events.withheld.add(deaf.shop.slack.id)
    identified = discord.gateway.identified
    for number in range(3):
        await deaf.ann_says(f"Ann {number}")
        await deaf.bob_says(f"Bob {number}")
        await lively.ann_says(f"Lively {number}")
        wanted = 2 * (number + 1)
        await until(lambda wanted=wanted: len(deaf.sent) == wanted, "it is sent")  # type: ignore[misc]
    await looks(1, *both)
    await stage.bridge.drained()
    assert [text for text in deaf.sent if "Ann" in text] == ["Ann 0", "Ann 1", "Ann 2"]
    assert [text for text in deaf.sent if "Bob" in text] == ["Bob 0", "Bob 1", "Bob 2"]
    await lively.has_sent("Lively 0", "Lively 1", "Lively 2")
    assert discord.gateway.identified == identified + 1


@pytest.mark.takes(15)
@pytest.mark.scenario({"sellgate": "text slack"})
async def test_what_comes_late_is_sent_once(stage: Stage) -> None:
    """The event comes after the message was found in its thread: nothing is sent twice, and no connection made anew."""
    slack = stage.world.slack
    ticket = await stage.arrives("Late")
    await stage.bridge.drained()
    _, slacks = patrols(stage)
    late: list[SlackMessage] = []
    slack.workspace.events.withheld.add(ticket.shop.slack.id)
    late.append(await ticket.bob_says("Better late"))
    await ticket.has_sent("Better late")
    late.append(await ticket.bob_says("than never"))
    await ticket.has_sent("Better late", "than never")
    connections = list(slack.sockets.connections)
    slack.workspace.events.withheld.clear()
    for message in late:
        await slack.repeat(message)
    assert await slack.settled()
    await looks(2, slacks)
    await stage.bridge.drained()
    await ticket.has_sent("Better late", "than never")
    assert slack.sockets.connections == connections


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_connections_that_a_power_cut_left_behind(stage: Stage) -> None:
    """Slack gives them their share of the events: of what an agent writes some comes in, and the rest is found."""
    slack = stage.world.slack
    ticket = await stage.arrives("Share")
    await stage.bridge.drained()
    assert await slack.settled()
    slack.sockets._limits = replace(slack.workspace.limits, ack_seconds=3.0, retry_delays=(0.0, 0.05))
    _, slacks = patrols(stage)
    slack.sockets.abandoned = 6
    for number in range(8):
        await ticket.bob_says(f"Bob {number}")
    assert await slack.settled()
    lost = [lost["event"].get("text") for lost in slack.sockets.lost if "subtype" not in lost["event"]]
    assert 0 < len(lost) < 8
    await until(lambda: len(ticket.sent) == 8, "all is sent")
    assert sorted(ticket.sent) == [f"Bob {number}" for number in range(8)]
    slack.sockets.abandoned = 0
    await looks(1, slacks)
    await stage.bridge.drained()


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_last_message_that_is_no_more(stage: Stage) -> None:
    """Discord's list goes on naming a deleted message as the last one; that proves nothing, and is not sent."""
    discord, slack = stage.world.discord, stage.world.slack
    ticket = await stage.arrives("Deleted")
    await stage.bridge.drained()
    both = patrols(stage)
    discord.gateway.withheld.add(ticket.discord.thread.id)
    slack.workspace.events.withheld.add(ticket.shop.slack.id)
    in_discord, in_slack = await ticket.ann_says("Never mind"), await ticket.bob_says("Nor this")
    await discord.delete(stage.world.ann, in_discord)
    await slack.delete(in_slack)
    identified, connections = discord.gateway.identified, list(slack.sockets.connections)
    assert ticket.discord.thread.last_message_id == in_discord.id
    await looks(2, *both)
    assert (ticket.sent, discord.gateway.identified, slack.sockets.connections) == ([], identified, connections)
    assert [each.overlooked_at for each in both] == [None, None]


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_thread_that_was_archived_since(stage: Stage) -> None:
    """What somebody wrote in it before is no longer in the list of active threads, and is found."""
    discord = stage.world.discord
    ticket = await stage.arrives("Archived")
    await stage.bridge.drained()
    discord.gateway.mute()
    await ticket.ann_says("Just before")
    await discord.set_thread(discord.owner, ticket.discord.thread.id, archived=True)
    patrols(stage)
    await ticket.has_sent("Just before")


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_what_quiet_looks_cost(stage: Stage) -> None:
    """Two requests for a Discord channel and one for a Slack channel, however many threads; no new connection."""
    discord, slack = stage.world.discord, stage.world.slack
    for number in range(3):
        await stage.arrives(f"Ticket {number}", f"Number {number}")
    await stage.bridge.drained()
    both = patrols(stage)
    for each in both:
        each._seconds = 6.0
    with patch.object(patrol, "_MARGIN", timedelta(0)):
        await looks(2, *both)
    identified, connections = discord.gateway.identified, list(slack.sockets.connections)
    in_discord, in_slack = Watched(both[0], discord.http_server), Watched(both[1], slack.http_server)
    await until(lambda: len(in_discord.looks) > 2 and len(in_slack.looks) > 2, "some looks")
    assert set(in_discord.looks) == {("active", "public")}
    assert set(in_slack.looks) == {("conversations.history",)}
    assert (discord.gateway.identified, slack.sockets.connections) == (identified, connections)


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_threads_beyond_the_first_page(stage: Stage) -> None:
    """Slack lists a channel's newest messages first; the thread of an older one is looked at, too."""
    ticket = await stage.arrives("Older")
    await stage.bridge.drained()
    _, slacks = patrols(stage)
    for number in range(230):
        await stage.world.slack.say(stage.world.bob, ticket.shop.slack, f"Chatter {number}")
    assert await stage.world.slack.settled()
    stage.world.slack.workspace.events.withheld.add(ticket.shop.slack.id)
    await ticket.bob_says("Down here")
    await until(lambda: ticket.sent == ["Down here"], "it is sent")
    assert slacks.overlooked_at is not None
    assert slacks.overlooked_at > datetime.now(UTC) - timedelta(minutes=1)
