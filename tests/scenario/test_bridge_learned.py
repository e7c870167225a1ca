"""What SellSN does not document is learned once, and kept over restarts."""

from __future__ import annotations

import pytest

from bot.ops.doctor import examine
from tests.support.stage.stage import Stage
from tests.support.waiting import until


@pytest.mark.scenario({"sellsn": "text slack"})
async def test_a_customer_who_writes_after_a_restart_opens_a_closed_ticket(stage: Stage) -> None:
    """The number that closing has shown means closed also for the next process; `check` tells of it."""
    ticket = await stage.arrives("Closed before the restart")
    assert "not known yet which status numbers mean closed" in await told_by_check(stage)
    await stage.world.slack.press(stage.world.bob, ticket.slack.card, "Close")
    await until(lambda: ticket.now.closed and ticket.discord.thread.archived, "it is closed")
    await stage.bridge.drained()
    await stage.bridge.restart()
    assert "means closed: status" in await told_by_check(stage)
    ticket.shop.store.reopen(ticket.id)
    ticket.customer_says("It still does not work.")
    await ticket.shown("It still does not work.")
    await until(lambda: "Open" in ticket.slack.card.rendered, "the card says open")
    await until(lambda: not ticket.discord.thread.archived, "the thread is open")


async def told_by_check(stage: Stage) -> str:
    """What `check` says, in one text."""
    assert stage.bridge.loaded is not None
    found = [each async for each in examine(stage.bridge.loaded, stage.bridge.app._world, stage.bridge.app._clock)]
    return "\n".join(each.text for each in found)
