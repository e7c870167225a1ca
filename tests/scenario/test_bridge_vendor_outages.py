"""A vendor that fails in every way it can: nothing is lost or said twice, and people are told what they must know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import httpx

from adapters.vendors import http
from tests.stage import Stage, scenario, until

PAGE = "<html><h1>Bad gateway</h1></html>"
READING: Mapping[str, dict[str, Any]] = {
    "500": {"kind": "refuse", "status": 500, "body": '{"error": "boom"}'},
    "502 with a page": {"kind": "refuse", "status": 502, "body": PAGE},
    "503 with Retry-After": {"kind": "refuse", "status": 503, "headers": {"Retry-After": "1"}, "body": ""},
    "429 with Retry-After": {"kind": "refuse", "status": 429, "headers": {"Retry-After": "1"}, "body": "{}"},
    "429 without": {"kind": "refuse", "status": 429, "body": ""},
    "cut": {"kind": "drop"},
    "a page": {"kind": "garbage"},
    "a truncated answer": {"kind": "garbage", "body": '{"data": [{"id": "tkt_'},
    "an empty answer": {"kind": "garbage", "body": ""},
    "something else": {"kind": "garbage", "body": "[[[]], 3]"},
}


@scenario()
async def test_reading_fails_and_works_again(stage: Stage) -> None:
    """Whatever the store's answers are for a while, what the customer wrote then is shown once, afterwards."""
    wire = stage.shop.vendor.wire
    ticket = await stage.arrives("While reading")
    for name, fault in READING.items():
        wire.fail(method="GET", **fault)
        ticket.customer_says(f"Is anybody there after {name}?")
        await until(f"{name} has happened", lambda: not wire.faults)
        stage.nudge()
        await ticket.shown(f"Is anybody there after {name}?")
    await stage.sweeps(2)
    assert ticket.discord.count("Is anybody there") == ticket.slack.count("Is anybody there") == len(READING)


WRITING: Mapping[str, dict[str, Any]] = {
    "500": {"kind": "refuse", "status": 500, "body": '{"error": "boom"}'},
    "502 with a page": {"kind": "refuse", "status": 502, "body": PAGE},
    "503": {"kind": "refuse", "status": 503, "body": ""},
    "429": {"kind": "refuse", "status": 429, "headers": {"Retry-After": "1"}, "body": ""},
    "cut before": {"kind": "drop"},
    "cut after": {"kind": "lose"},
    "garbage": {"kind": "garbage"},
}


@scenario()
async def test_a_reply_fails_and_arrives_once(stage: Stage) -> None:
    """Whether or not the vendor took it, a reply is at the customer's once in the end, and is marked so."""
    ticket = await stage.arrives("While writing")
    for fault in WRITING.values():
        stage.shop.vendor.wire.fail(method="POST", **fault)
        first, second = await ticket.ann_says("Thank you!"), await ticket.bob_says("Thank you!")
        await ticket.marked(first, "✅")
        await ticket.marked(second, "✅")
    await stage.bridge.drained()
    await stage.sweeps(2)
    assert ticket.sent == ["Thank you!"] * 2 * len(WRITING)
    assert ticket.slack.count("Thank you!") == ticket.discord.count("Thank you!") == len(WRITING)


@scenario(started=False)
async def test_a_vendor_that_hangs_holds_up_only_itself(stage: Stage) -> None:
    """No answer is a lost answer after a while: what was written meanwhile arrives, and the chats go on."""
    with patch.object(http, "TIMEOUTS", httpx.Timeout(0.4)):
        await stage.bridge.start()
    ticket = await stage.arrives("Hanging")
    stage.shop.vendor.wire.fail("hang", times=2)
    said = await ticket.ann_says("anybody?")
    answered = await stage.world.discord.command(stage.world.ann, stage.world.support.id, "stats")
    assert "waiting for us" in answered.content
    await ticket.marked(said, "✅")
    assert ticket.sent == ["anybody?"]


@scenario()
async def test_a_refused_reply_says_why_and_can_be_tried_again(stage: Stage) -> None:
    """What the vendor will not take is marked ❌, with its reason and a button that tries it once more."""
    discord, slack = stage.world.discord, stage.world.slack
    ticket = await stage.arrives("Refused")
    stage.shop.vendor.wire.fail("refuse", method="POST", status=422, body='{"error": "message is too rude"}', times=2)
    said = await ticket.ann_says("grrr")
    await ticket.marked(said, "❌")
    await until("it is told", lambda: ticket.discord.count("Your message did not reach the customer.") == 1)
    written = await ticket.bob_says("grrr too")
    await ticket.marked(written, "❌")
    await until("it is told", lambda: ticket.slack.count("Your message did not reach the customer.") == 1)
    assert len(await stage.bridge.rows("unfinished_deliveries")) == 2
    with_button = next(m for m in ticket.discord.messages() if m.components and m.id != ticket.discord.thread.id)
    answered = await discord.press(stage.world.ann, with_button, "Retry")
    assert answered.content == "Trying again now."
    await ticket.marked(said, "✅")
    again = await discord.press(stage.world.ann, with_button, "Retry")
    assert "nothing to try again" in again.content
    line = next(m for m in ticket.slack.messages() if any(button.label == "Retry" for button in m.buttons))
    outcome = await slack.press(stage.world.bob, line, "Retry", answers=1)
    assert "Trying again now." in outcome.text
    await ticket.marked(written, "✅")
    await stage.bridge.drained()
    assert ticket.sent == ["grrr", "grrr too"]


@scenario()
async def test_closing_fails_and_is_done_later(stage: Stage) -> None:
    """A command that the vendor does not take at once is answered in words, and carried out when it does."""
    ticket = await stage.arrives("Close later")
    fault = stage.shop.vendor.wire.fail("refuse", method="PATCH", status=503, body="", times=10_000)
    answered = await stage.world.discord.command(stage.world.ann, ticket.discord.thread.id, "close")
    assert answered.content == f"#{ticket.number} will be closed as soon as Sellgate takes it. The thread will say so."
    again = await stage.world.discord.command(stage.world.ann, ticket.discord.thread.id, "close")
    assert again.content == f"#{ticket.number} is being closed already."
    stage.shop.vendor.wire.faults.remove(fault)
    await ticket.shown("Closed by Ann from Discord.")
    assert ticket.now.closed


@scenario({"sellgate": "text slack", "lightspeed": "text slack"})
async def test_a_wrong_key_pauses_one_store_and_is_told_once(stage: Stage) -> None:
    """The store's channels read once what to do, the others go on, nothing is lost, and it says when it works again."""
    ticket = await stage.arrives("Locked out", vendor="sellgate")
    other = await stage.arrives("Not locked out", vendor="lightspeed")
    shop = ticket.shop
    fault = shop.vendor.wire.fail("refuse", status=401, body='{"error": "Invalid API key"}', times=10**6)
    ticket.customer_says("hello again?")
    await until("it is told", lambda: stage.announced(shop, "is paused") == (1, 1))
    assert stage.announced(shop, f"put it into STORES__{shop.name.upper()}__API_KEY.") == (1, 1)
    waiting = await ticket.ann_says("I am here")
    await ticket.marked(waiting, "⏳")
    await other.bob_says("we are well")
    await other.has_sent("we are well")
    seen = len(shop.vendor.wire.seen)
    await until("it was tried again", lambda: len(shop.vendor.wire.seen) > seen + 3)
    assert stage.announced(shop, "is paused") == (1, 1)
    shop.vendor.wire.faults.remove(fault)
    stage.nudge(shop)
    await ticket.shown("hello again?")
    await ticket.marked(waiting, "✅")
    await until("it is told", lambda: stage.announced(shop, "▶️") == (1, 1))
    await stage.sweeps(3, shop)
    await stage.bridge.drained()
    assert stage.announced(shop, "▶️") == (1, 1)
    assert ticket.sent == ["I am here"]


@scenario({"sellgate": "forum slack"}, started=False)
async def test_a_store_that_is_down_from_the_start(stage: Stage) -> None:
    """The bot starts all the same, says so in the store's channels after a while, and catches up when it is back."""
    ticket = await stage.writes("Down from the start")
    fault = stage.shop.vendor.wire.fail("refuse", status=503, body="", times=10**6)
    await stage.bridge.start()
    await until("it is told", lambda: stage.announced(stage.shop, "does not answer")[1] == 1, 20.0)
    stage.shop.vendor.wire.faults.remove(fault)
    stage.nudge()
    await ticket.shown("Hello?")
    await until("it is told", lambda: stage.announced(stage.shop, "▶️")[1] == 1)
