"""Slack tells of one message in many ways and many times; to the customer it is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.stage.stage import Stage
from tests.support.waiting import until

_TIMES = 11


def _tells_of_mentions(stage: Stage) -> None:
    """Somebody has ticked one more event and one more scope at Slack than the manifest asks for."""
    events = stage.world.slack.workspace.events
    app = events._app
    events._app = replace(app, events=app.events | {"app_mention"}, scopes=app.scopes | {"app_mentions:read"})


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_one_message_reported_in_every_way_is_one(stage: Stage) -> None:
    """A reply that names the bot and goes to the channel as well comes eleven times, and as a mention: sent once."""
    slack = stage.world.slack
    _tells_of_mentions(stage)
    ticket = await stage.arrives("Often")
    assert await slack.settled()
    before = slack.sockets.delivered
    said = await ticket.bob_says("look here, @shopbell", broadcast=True, deliveries=_TIMES)
    assert said.subtype == "thread_broadcast"
    assert said.pinged == (slack.bot_user,)
    await until(lambda: ticket.sent, "it is sent")
    assert await slack.settled()
    # Besides: the mention, and the card whose thread has one reply more.
    assert slack.sockets.delivered - before >= _TIMES + 2
    await slack.repeat(said, times=_TIMES)
    assert await slack.settled()
    await ticket.marked(said, "✅")
    await stage.at_rest()
    assert len(ticket.sent) == 1
    assert "look here" in ticket.sent[0]
    assert ticket.discord.count("look here") == 1
