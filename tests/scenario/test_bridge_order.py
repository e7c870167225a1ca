"""Replies of one ticket that are written in both chats reach the customer in the order in which they were written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.stage.stage import Stage
from tests.support.waiting import until


async def a_moment() -> None:
    """Until both chats tell another millisecond."""
    before = datetime.now(UTC)
    await until(lambda: datetime.now(UTC) - before > timedelta(milliseconds=5))


@pytest.mark.parametrize("late", ["discord", "slack"])
async def test_what_both_chats_missed_leaves_in_its_order(stage: Stage, late: str) -> None:
    """One chat takes longer to connect after the downtime; the other one's replies wait for it."""
    ticket = await stage.arrives("Both were away")
    await stage.bridge.drained()
    await stage.bridge.stop()
    for number in (1, 3, 5):
        await ticket.ann_says(f"{number} from Ann")
        await a_moment()
        await ticket.bob_says(f"{number + 1} from Bob")
        await a_moment()
    if late == "slack":
        stage.world.slack.http_server.fail("refuse", path="apps.connections.open", status=503, times=2)
    else:
        stage.world.discord.http_server.fail("refuse", path="/gateway/bot", status=503, times=2)
    await stage.bridge.start()
    await until(lambda: len(ticket.sent) == 6, "all are sent")
    await stage.at_rest()
    assert ticket.sent == [f"{number} from {'Ann' if number % 2 else 'Bob'}" for number in range(1, 7)]


async def test_a_chat_that_is_away_for_long_is_not_waited_for(stage: Stage) -> None:
    """After half a minute without a connection, what was written in the other chat is sent."""
    ticket = await stage.arrives("One is away")
    await stage.bridge.drained()
    away = stage.world.slack.http_server.fail("refuse", path="apps.connections.open", status=503, times=10**6)
    for catchup in stage.bridge.app._catchups.values():
        if catchup._chat.name == "slack":
            catchup.gap_possible()
            catchup._gap_since -= 25.0
    await ticket.ann_says("from Ann")
    await until(lambda: ticket.sent == ["from Ann"], "it is sent")
    stage.world.slack.http_server.faults.remove(away)
