"""What somebody writes in Slack while Slack cannot say who that is: found, in its order, and never buried."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.sandbox.slack import SlackMessage, User
from tests.support.stage.stage import Stage, Ticket
from tests.support.waiting import until


async def _cara(stage: Stage, ticket: Ticket) -> User:
    """An agent whom the bot has got to know, as it has not got to know Bob."""
    slack = stage.world.slack
    cara = slack.add_user("cara", real_name="Cara")
    slack.invite(ticket.shop.slack, cara)
    await _says(stage, ticket, cara, "Cara 0")
    await ticket.has_sent("Cara 0")
    await stage.bridge.drained()
    return cara


async def _says(stage: Stage, ticket: Ticket, who: User, text: str) -> SlackMessage:
    return await stage.world.slack.say(who, ticket.shop.slack, text, thread_ts=ticket.slack.card.ts)


def _tries_again_after(stage: Stage, *seconds: float) -> None:
    """Slack's pauses before it sends an event again, instead of minutes."""
    slack = stage.world.slack
    slack.sockets._limits = replace(slack.workspace.limits, retry_delays=seconds, ack_seconds=0.3)


def _asked(stage: Stage, method: str) -> int:
    return sum(exchange.path.endswith(method) for exchange in stage.world.slack.http_server.seen)


@pytest.mark.scenario({"sellgate": "text slack"}, COLLISION_GUARD="false")
async def test_what_slack_gave_up_is_not_buried_by_what_is_written_after_it(stage: Stage) -> None:
    """Slack sends Bob's message no more; Cara writes; both reach the customer, in that order, without a restart."""
    ticket = await stage.arrives("Buried")
    cara = await _cara(stage, ticket)
    _tries_again_after(stage, 0.0, 0.0, 0.0)
    fault = stage.world.slack.http_server.fail("refuse", path="users.info", status=503, times=10_000)
    await ticket.bob_says("Bob 1")
    await until(lambda: stage.world.slack.sockets.lost, "Slack gave it up")
    await _says(stage, ticket, cara, "Cara 2")
    stage.world.slack.http_server.faults.remove(fault)
    await until(lambda: len(ticket.sent) >= 3, "both are sent")
    await stage.at_rest()
    stage.faults.clear()  # bolt tells of each event that was not taken
    assert ticket.sent == ["Cara 0", "Bob 1", "Cara 2"]


@pytest.mark.scenario({"sellgate": "text slack"}, COLLISION_GUARD="false")
async def test_what_slack_gave_up_is_found_by_the_next_process(stage: Stage) -> None:
    """Slack cannot say who Bob is until the bot is stopped; the next one sends his message, and Cara's after it."""
    ticket = await stage.arrives("Buried and stopped")
    cara = await _cara(stage, ticket)
    _tries_again_after(stage, 0.0, 0.0, 0.0)
    fault = stage.world.slack.http_server.fail("refuse", path="users.info", status=503, times=10_000)
    await ticket.bob_says("Bob 1")
    await until(lambda: stage.world.slack.sockets.lost, "Slack gave it up")
    await _says(stage, ticket, cara, "Cara 2")
    assert await stage.world.slack.settled()
    await stage.bridge.stop()
    stage.world.slack.http_server.faults.remove(fault)
    stage.faults.clear()  # bolt tells of each event that was not taken
    assert ticket.sent == ["Cara 0"]
    await stage.bridge.start()
    await until(lambda: len(ticket.sent) >= 3, "both are sent")
    await stage.at_rest()
    assert ticket.sent == ["Cara 0", "Bob 1", "Cara 2"]


@pytest.mark.scenario({"sellgate": "text slack"}, COLLISION_GUARD="false")
async def test_what_slack_sends_again_keeps_its_place(stage: Stage) -> None:
    """It is refused once and comes again a second later; what Cara writes meanwhile does not overtake it."""
    ticket = await stage.arrives("Order")
    cara = await _cara(stage, ticket)
    _tries_again_after(stage, 1.0, 1.0, 1.0)
    fault = stage.world.slack.http_server.fail("refuse", path="users.info", status=503)
    await ticket.bob_says("Bob 1")
    await until(lambda: fault.times == 0, "it is refused")
    await _says(stage, ticket, cara, "Cara 2")
    await until(lambda: len(ticket.sent) >= 3, "both are sent")
    await stage.at_rest()
    stage.faults.clear()  # bolt tells of the event that was not taken
    assert ticket.sent == ["Cara 0", "Bob 1", "Cara 2"]


@pytest.mark.scenario({"sellgate": "text slack"}, COLLISION_GUARD="false")
async def test_a_slow_answer_about_somebody_changes_no_order(stage: Stage) -> None:
    """While Slack is being asked who Bob is, Cara writes and Bob deletes: what was written first is brought first."""
    ticket = await stage.arrives("Slow")
    cara = await _cara(stage, ticket)
    await _held_up(stage, ticket, "Bob 1")
    await _says(stage, ticket, cara, "Cara 2")
    await until(lambda: len(ticket.sent) >= 3, "both are sent")
    await stage.at_rest()
    assert ticket.sent == ["Cara 0", "Bob 1", "Cara 2"]


@pytest.mark.scenario({"sellgate": "text slack"}, UNDO_SECONDS="3")
async def test_what_is_deleted_while_slack_is_asked_is_not_sent(stage: Stage) -> None:
    """Bob deletes his message before the bot knows who he is: the deletion does not overtake what it deletes."""
    ticket = await stage.arrives("Deleted")
    said = await _held_up(stage, ticket, "Oops")
    await stage.world.slack.delete(said)
    assert await stage.world.slack.settled()
    await stage.at_rest()
    assert ticket.sent == []


async def _held_up(stage: Stage, ticket: Ticket, text: str) -> SlackMessage:
    """Bob writes; returns when Slack is being asked who he is, and takes half a second to say."""
    fault = stage.world.slack.http_server.fail("slow", path="users.info", seconds=0.5)
    said = await ticket.bob_says(text)
    await until(lambda: fault.times == 0, "Slack is asked")
    return said


@pytest.mark.scenario({"sellgate": "text slack"}, COLLISION_GUARD="false")
async def test_reading_what_was_put_off_is_not_tried_without_end(stage: Stage) -> None:
    """As long as nobody can be asked for, it is tried at growing intervals, however many events Slack gives up."""
    ticket = await stage.arrives("Patience")
    _tries_again_after(stage, 0.0, 0.0, 0.0)
    stage.world.slack.http_server.fail("refuse", path="users.info", status=503, times=10_000)
    before = _asked(stage, "conversations.replies")
    await asyncio.gather(*(ticket.bob_says(f"Bob {number}") for number in range(3)))
    await until(lambda: len(stage.world.slack.sockets.lost) == 3, "Slack gave them up")
    assert _asked(stage, "conversations.replies") - before < 20
    stage.faults.clear()  # bolt tells of each event that was not taken
