"""An account or a file of which a platform says nothing usable keeps no thread from being read for ever."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from aiohttp import web

from adapters.chats import unanswered
from bot.sandbox.loopback_server import HttpFault
from tests.support.stage.stage import Stage
from tests.support.waiting import until


class AboutOne(HttpFault):
    """Whoever asks for this person gets an answer without them, each time."""

    def __init__(self, path: str, **query: str) -> None:
        super().__init__(kind="replace", status=200, body=json.dumps({"ok": True}), times=1_000_000)
        self.asked, self.query = path, query

    def fits(self, request: web.Request) -> bool:
        asks = re.search(self.asked, request.path) is not None
        return asks and all(request.query.get(name) == value for name, value in self.query.items())


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    """What takes minutes in life."""
    with patch.object(unanswered, "GIVEN_UP_AFTER", 1.0):
        yield


@pytest.mark.scenario({"sellgate": "slack"})
async def test_somebody_whom_slack_cannot_describe_silences_nobody(stage: Stage) -> None:
    """What they write goes to nobody; what an agent writes after them in the same thread is sent."""
    slack, channel = stage.world.slack, stage.shop.slack
    ticket = await stage.arrives("Odd")
    eve = slack.add_user("Eve")
    slack.invite(channel, eve)
    slack.http_server.faults.append(AboutOne("users.info$", user=eve.id))
    await slack.say(eve, channel, "I am odd", thread_ts=ticket.slack.card.ts)
    said = await ticket.bob_says("On its way")
    await ticket.has_sent("On its way")
    await ticket.marked(said, "✅")
    await stage.at_rest()
    assert ticket.sent == ["On its way"]


@pytest.mark.scenario({"sellgate": "slack"})
async def test_a_thread_that_slack_does_not_show_hides_no_other(stage: Stage) -> None:
    """What was written in the others while the bot was away is sent."""
    slack = stage.world.slack
    ticket, odd = await stage.arrives("Fine"), await stage.arrives("Odd")
    slack.http_server.faults.append(AboutOne("conversations.replies$", ts=odd.slack.card.ts))
    await stage.bridge.stop()
    await odd.bob_says("Not to be read")
    await ticket.bob_says("On its way")
    await stage.bridge.start(ready=False)
    await ticket.has_sent("On its way")
    slack.http_server.faults.clear()
    await odd.has_sent("Not to be read")


@pytest.mark.scenario({"sellgate": "slack", "sellapp": "slack"})
@pytest.mark.parametrize("odd", ["sellgate", "sellapp"])
async def test_a_channel_of_which_slack_does_not_say_who_is_in_it_hides_no_other(stage: Stage, odd: str) -> None:
    """What was written in another store's channel while the bot was away is sent."""
    tickets = {vendor: await stage.arrives(f"At {vendor}", vendor=vendor) for vendor in ("sellgate", "sellapp")}
    fine = tickets["sellapp" if odd == "sellgate" else "sellgate"]
    http_server = stage.world.slack.http_server
    await stage.bridge.stop()
    http_server.faults.append(AboutOne("conversations.members$", channel=tickets[odd].shop.slack.id))
    for ticket in tickets.values():
        await ticket.bob_says("On its way")
    await stage.bridge.start(ready=False)
    await fine.has_sent("On its way")
    assert tickets[odd].sent == []
    http_server.faults.clear()
    await tickets[odd].has_sent("On its way")


@pytest.mark.scenario({"sellgate": "slack"})
async def test_while_slack_describes_nobody_what_agents_write_waits(stage: Stage) -> None:
    """However long that lasts: nobody is taken for somebody without rights."""
    slack = stage.world.slack
    ticket = await stage.arrives("Outage")
    outage = AboutOne("users.info$")
    slack.http_server.faults.append(outage)
    said = await ticket.bob_says("On its way")
    asked = 1_000_000 - 5
    await until(lambda: outage.times < asked, "it was asked again and again")
    assert ticket.sent == []
    slack.http_server.faults.remove(outage)
    await ticket.has_sent("On its way")
    await ticket.marked(said, "✅")


@pytest.mark.scenario({"sellgate": "text"})
async def test_somebody_whom_discord_cannot_describe_silences_nobody(stage: Stage) -> None:
    """Read later, their message says nothing of who they are; what Ann wrote after them is sent."""
    discord = stage.world.discord
    ticket = await stage.arrives("Odd")
    eve, thread = discord.add_member("Eve"), ticket.discord.thread.id
    discord.http_server.faults.append(AboutOne(rf"/members/{eve.id}$"))
    await stage.bridge.stop()
    await discord.say(eve, thread, "I am odd")
    said = await ticket.ann_says("On its way")
    await stage.bridge.start(ready=False)
    await ticket.has_sent("On its way")
    await ticket.marked(said, "✅")
    await stage.bridge.ready()
    await stage.at_rest()
    assert ticket.sent == ["On its way"]
