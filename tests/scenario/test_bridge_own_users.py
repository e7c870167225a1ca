"""Replies as their author's own at Next Commerce, with a user who is there, one who is not, and a customer."""

from __future__ import annotations

import pytest

from bot.clock import SystemClock
from bot.ops.doctor import examine
from tests.support.stage.stage import Stage
from tests.support.waiting import until

SEATS = pytest.mark.scenario({"nextcommerce": "text slack"}, started=False)


async def begins(stage: Stage, user: int) -> list[str]:
    """The bot starts with Ann as this user; returns what `check` finds wrong."""
    world = stage.world
    stage.bridge.settings["AGENTS__ANN"] = f"discord:{world.ann.id},slack:{world.bob.id},nextcommerce:{user}"
    await stage.bridge.start()
    assert stage.bridge.loaded is not None
    assert stage.bridge.outside is not None
    found = [each async for each in examine(stage.bridge.loaded, stage.bridge.outside, SystemClock())]
    return [f"{each.subject}: {each.text} {each.remedy}" for each in found if not each.ok]


def zoe(stage: Stage) -> int:
    """A colleague in the store's dashboard, by her number."""
    store = stage.shop.store
    store.staff_replies(store.customer_writes("Old", "Hello", email=stage.world.jane), "Hi", email="zoe@shop.example")
    return int(stage.shop.vendor.person_number("zoe@shop.example"))


@SEATS
async def test_a_users_replies_are_theirs_from_both_chats(stage: Stage) -> None:
    """Ann has one number there, whichever chat she writes in."""
    assert await begins(stage, zoe(stage)) == []
    ticket = await stage.arrives("Own")
    await ticket.ann_says("From Discord")
    await ticket.has_sent("From Discord")
    await ticket.bob_says("From Slack")
    await ticket.has_sent("From Discord", "From Slack")
    assert {each.email for each in ticket.now.messages if each.by_api} == {"zoe@shop.example"}


@SEATS
async def test_a_user_who_is_not_there_is_told_of(stage: Stage) -> None:
    """By `check` before anybody writes, and by the reply that fails, with the setting to correct."""
    name = f"AGENTS__ANN at store {stage.shop.name}"
    assert await begins(stage, 17) == [
        f"{name}: Next Commerce has no user 17. Correct nextcommerce:17 in it, or take it out."
    ]
    ticket = await stage.arrives("Nobody's")
    written = await ticket.ann_says("From Ann")
    await ticket.marked(written, "❌")
    told = "Ask whoever runs shopbell to correct nextcommerce:17 in the settings of a person (AGENTS__…)."
    await until(lambda: ticket.discord.count(told) == 1, "the thread names the setting")


@SEATS
async def test_a_customer_is_no_author(stage: Stage) -> None:
    """Else the reply would stand there as written by a customer."""
    zoe(stage)
    (found,) = await begins(stage, int(stage.shop.vendor.person_number(stage.world.jane)))
    assert "is a customer at Next Commerce" in found


@SEATS
async def test_a_store_that_does_not_answer_about_users(stage: Stage) -> None:
    """A finding says what was answered, and nothing of the user."""
    number = zoe(stage)
    stage.shop.vendor.http_server.fail("refuse", path="/users/", status=500, times=10**6)
    (found,) = await begins(stage, number)
    assert found.endswith("Next Commerce has a problem of its own (500). Try again in a minute.")
