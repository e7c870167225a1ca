"""Stopping in order: nothing more is taken in, what has begun is ended, and the next start goes on from there."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.stage.stage import Stage
from tests.support.waiting import until

_ANSWERED_AFTER = 1.0


def _writes(stage: Stage) -> int:
    """How many requests have reached the vendor that may change something."""
    return sum(exchange.method != "GET" for exchange in stage.shop.vendor.http_server.seen)


async def _replies(stage: Stage) -> list[str]:
    """The states of the replies that are not done."""
    left = await stage.bridge.rows("unfinished_deliveries")
    return [str(row["state"]) for row in left if row["kind"] == "reply"]


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_what_is_in_flight_ends(stage: Stage) -> None:
    """A vendor and two chats that answer only after a second are waited for: nothing is left in doubt or repeated."""
    ticket = await stage.arrives("In flight")
    await stage.bridge.drained()
    world, before = stage.world, _writes(stage)
    faults = [
        stage.shop.vendor.http_server.fail("slow", method="POST", seconds=_ANSWERED_AFTER),
        world.slack.http_server.fail("slow", path="chat.postMessage", seconds=_ANSWERED_AFTER),
        world.discord.http_server.fail("slow", method="POST", path="/messages$", seconds=_ANSWERED_AFTER),
    ]
    ticket.customer_says("Still there?")
    await ticket.bob_says("On my way")
    await until(lambda: all(fault.times == 0 for fault in faults), "all three are asked")
    await stage.bridge.stop()
    assert ticket.sent == ["On my way"]
    left = await stage.bridge.rows("unfinished_deliveries")
    assert {str(row["state"]) for row in left} <= {"waiting"}
    assert await _replies(stage) == []
    await stage.bridge.start()
    await stage.at_rest()
    assert _writes(stage) == before + 1
    assert ticket.sent == ["On my way"]
    assert (ticket.slack.count("Still there?"), ticket.discord.count("Still there?")) == (1, 1)


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_what_is_said_while_it_stops_is_for_the_next_start(stage: Stage) -> None:
    """Once asked to stop it acknowledges nothing more, however long it takes; afterwards all of it is found, once."""
    ticket = await stage.arrives("Stopping")
    await stage.bridge.drained()
    slack = stage.world.slack
    fault = stage.shop.vendor.http_server.fail("slow", method="POST", seconds=2 * _ANSWERED_AFTER)
    await ticket.ann_says("Before")
    await until(lambda: fault.times == 0, "the vendor is asked")
    stopping = asyncio.create_task(stage.bridge.stop())
    try:
        await until(lambda: all(each.socket.closed for each in slack.sockets.connections), "Slack brings nothing more")
        await until(lambda: stage.world.discord.gateway.connected == 0, "nor does Discord")
        assert "begun" in await _replies(stage), "the vendor is still waited for"
        acknowledged = slack.sockets.delivered
        await ticket.bob_says("Bob meanwhile")
        await ticket.ann_says("Ann meanwhile")
        assert not stopping.done()
    finally:
        await stopping
    assert slack.sockets.delivered == acknowledged
    assert await _replies(stage) == []
    assert ticket.sent == ["Before"]
    await stage.bridge.start()
    await until(lambda: len(ticket.sent) == 3, "all is sent")
    await stage.at_rest()
    assert sorted(ticket.sent) == ["Ann meanwhile", "Before", "Bob meanwhile"]
    assert ticket.sent[0] == "Before"
