"""Replies that have to wait long, through the real SDKs: their threads say why, once, and what has to be done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest

from bot.outbound import late_replies
from bot.outbound.retry import Schedule
from tests.support.stage import bot as stage_bot
from tests.support.stage.stage import Stage
from tests.support.waiting import until

WAITS = "What was written here has not reached the customer yet."
UNSEEN = "It is not clear yet whether the customer has received what was written here."


@contextmanager
def impatient() -> Iterator[None]:
    """Whatever waits for half a second is late."""
    late = timedelta(seconds=0.5)
    with patch.object(late_replies, "LATE_AFTER", late), patch.object(late_replies, "_CHECK_SECONDS", 1.0):
        yield


@pytest.mark.scenario(started=False)
async def test_a_key_that_may_read_but_not_write(stage: Stage) -> None:
    """Both threads say once what to do, the channels nothing; a new key sends what waits, in each chat's order."""
    vendor = stage.shop.vendor
    with impatient():
        await stage.bridge.start()
        ticket = await stage.arrives("Read only key")
        fault = vendor.http_server.fail("refuse", method="POST", status=403, body='{"error": "forbidden"}', times=10**6)
        from_ann = [await ticket.ann_says("from Ann"), await ticket.ann_says("from Ann again")]
        from_bob = await ticket.bob_says("from Bob")
        for sight in (ticket.discord, ticket.slack):
            await until(lambda sight=sight: sight.count(WAITS) == 1, "it is told")  # type: ignore[misc]
            assert sight.count(f"put it into STORES__{stage.shop.name.upper()}__API_KEY.") == 1
        await ticket.marked(from_bob, "⏳")
        await stage.bridge.restart()
        posts = len([each for each in vendor.http_server.seen if each.method == "POST"])
        await until(
            lambda: len([each for each in vendor.http_server.seen if each.method == "POST"]) > posts + 8, "tried"
        )
        assert ticket.discord.count(WAITS) == ticket.slack.count(WAITS) == 1
        assert stage.announced(stage.shop, "credentials") == (0, 0)
    vendor.http_server.faults.remove(fault)
    for said in from_ann:
        await ticket.marked(said, "✅")
    await ticket.marked(from_bob, "✅")
    await stage.at_rest()
    assert [text for text in ticket.sent if text != "from Bob"] == ["from Ann", "from Ann again"]
    assert len(ticket.sent) == 3


@pytest.mark.scenario(started=False)
async def test_a_reply_in_doubt_whose_ticket_cannot_be_read(stage: Stage) -> None:
    """Its answer was lost and reading fails: reported, then given up in doubt, and what Bob wrote after it goes on."""
    wire = stage.shop.vendor.http_server
    schedule = Schedule(retries=(1.0, 2.0), reconcile_delays=(0.05, 0.1, 0.3), refused_delay=0.3)
    with impatient(), patch.object(stage_bot, "_QUICK", schedule):
        await stage.bridge.start()
        ticket = await stage.arrives("Unreadable")
        reading = wire.fail("refuse", method="GET", path=f"{ticket.id}$", status=500, body="", times=10**6)
        wire.fail("lose", method="POST")
        from_ann = await ticket.ann_says("from Ann")
        await ticket.marked(from_ann, "⏳")
        from_bob = await ticket.bob_says("from Bob")
        await until(lambda: ticket.discord.count(UNSEEN) == ticket.slack.count(WAITS) == 1, "it is told")
        await ticket.marked(from_ann, "❌")
        await ticket.marked(from_bob, "✅")
        await until(
            lambda: ticket.discord.count("“Retry” checks first and sends it only if it is missing.") == 1, "it is told"
        )
    wire.faults.remove(reading)
    await stage.sweeps(1)
    await ticket.marked(from_ann, "✅")
    await stage.at_rest()
    assert ticket.sent == ["from Ann", "from Bob"]
    assert ticket.discord.count(UNSEEN) == ticket.slack.count(WAITS) == 1
    assert ticket.slack.count("from Ann") == ticket.discord.count("from Bob") == 1
