"""This machine's clock is wrong, through the real SDKs: what was said is found, and nothing waits for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.ops.doctor import examine
from tests.support.stage.clock import ahead, clock_of
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until

_AHEAD = timedelta(minutes=30)


@pytest.mark.scenario({"sellgate": "forum slack", "sellsn": "text slack"})
async def test_lost_answers_are_found_with_a_clock_that_is_ahead(stage: Stage) -> None:
    """Posts and threads, in a text channel, a forum and Slack: looked for after what was said before, by no clock."""
    for vendor in stage.world.shops:
        ticket = await stage.arrives("Ahead", vendor=vendor)
        with ahead(clock_of(stage), _AHEAD):
            await _loses_answers(stage, ticket)


async def _loses_answers(stage: Stage, ticket: Ticket) -> None:
    """Of a post in each chat, and of the opening of a thread in each."""
    world = stage.world
    world.slack.http_server.fail("lose", path="chat.postMessage")
    world.discord.http_server.fail("lose", method="POST", path="/messages$")
    ticket.customer_says("second")
    await until(lambda: ticket.slack.count("second") and ticket.discord.count("second"), "both show it")
    await stage.bridge.drained()
    world.slack.http_server.fail("lose", path="chat.postMessage")
    world.discord.http_server.fail("lose", method="POST", path="/threads$")
    other = await stage.writes("Another", vendor=ticket.shop.vendor.vendor)
    await until(lambda: other.slack.cards and other.discord.threads, "it has its threads")
    await stage.at_rest()
    assert [*world.slack.http_server.faults, *world.discord.http_server.faults] == [], (
        "every answer was lost that should be"
    )
    assert (ticket.slack.count("second"), ticket.discord.count("second")) == (1, 1)
    assert (len(other.slack.cards), len(other.discord.threads)) == (1, 1)


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_check_and_healthz_name_a_clock_that_is_wrong(stage: Stage) -> None:
    """Held against what either chat's answers say, each with the step that fixes it."""
    loaded, outside = stage.bridge.loaded, stage.bridge.outside
    assert loaded is not None
    assert outside is not None
    clock = clock_of(stage)
    with ahead(clock, timedelta(days=2, hours=5, minutes=30)):
        found = [finding async for finding in examine(loaded, outside, clock())]
        faults = [finding for finding in found if not finding.ok]
        assert [finding.subject for finding in faults] == ["clock", "clock"]
        assert all("NTP" in finding.remedy for finding in faults)
        for chat in ("Discord", "Slack"):
            said = f"This machine's clock is 2 d 5 h ahead of {chat}'s."
            assert [chat for finding in faults if finding.text == said] == [chat]
            assert any(line.startswith(said) for line in await stage.bridge.app.health.details())
