"""A vendor that fails in every way it can: nothing is lost or said twice, and people are told what they must know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from adapters.vendors.client import http
from bot.inbound.vendors import outage
from bot.sandbox.world import Shop
from tests.support.stage.stage import Stage
from tests.support.waiting import until

PAGE = "<html><h1>Bad gateway</h1></html>"
READING: Mapping[str, dict[str, Any]] = {
    "500": {"kind": "refuse", "status": 500, "body": '{"error": "boom"}'},
    "502 with a page": {"kind": "refuse", "status": 502, "body": PAGE},
    "503 with Retry-After": {"kind": "refuse", "status": 503, "headers": {"Retry-After": "1"}, "body": ""},
    "429 with Retry-After": {"kind": "refuse", "status": 429, "headers": {"Retry-After": "1"}, "body": "{}"},
    "429 without": {"kind": "refuse", "status": 429, "body": ""},
    "dropped": {"kind": "drop"},
    "cut in the middle": {"kind": "cut"},
    "a page": {"kind": "garbage"},
    "a truncated answer": {"kind": "garbage", "body": '{"data": [{"id": "tkt_'},
    "an empty answer": {"kind": "garbage", "body": ""},
    "something else": {"kind": "garbage", "body": "[[[]], 3]"},
}


@contextmanager
def soon_told() -> Iterator[None]:
    """Trouble is reported after a tenth of the time."""
    told = {trouble: seconds / 10 for trouble, seconds in outage.NOTIFY_AFTER.items()}
    with patch.dict(outage.NOTIFY_AFTER, told), patch.object(outage, "RESOLVED_AFTER", outage.RESOLVED_AFTER / 10):
        yield


def banners(stage: Stage, shop: Shop) -> list[tuple[int, int]]:
    """How often the store's channels read, in Discord and in Slack, of an outage, of a pause, and of an end."""
    return [stage.announced(shop, f"{sign} {shop.name.title()} ·") for sign in ("⚠️", "⏸️", "▶️")]


async def are_told(stage: Stage, shop: Shop, *, outages: int, ends: int) -> None:
    """Wait until both channels of a store read of so many outages and ends, and of nothing else."""
    wanted = [(outages, outages), (0, 0), (ends, ends)]
    await until(lambda: banners(stage, shop) == wanted, f"{outages} outages and {ends} ends are told")


async def is_asked(stage: Stage, times: int) -> None:
    """Wait until the first store was asked so often, in vain or not."""
    wire = stage.shop.vendor.http_server
    for _ in range(times):
        seen = len(wire.seen)
        stage.nudge()
        await until(lambda seen=seen: len(wire.seen) > seen, "it was asked again")  # type: ignore[misc]


async def test_reading_fails_and_works_again(stage: Stage) -> None:
    """Whatever the store's answers are for a while, what the customer wrote then is shown once, afterwards."""
    wire = stage.shop.vendor.http_server
    ticket = await stage.arrives("While reading")
    for name, fault in READING.items():
        wire.fail(method="GET", **fault)
        ticket.customer_says(f"Is anybody there after {name}?")
        await until(lambda: not wire.faults, f"{name} has happened")
        stage.nudge()
        await ticket.shown(f"Is anybody there after {name}?")
    await stage.at_rest()
    assert ticket.discord.count("Is anybody there") == ticket.slack.count("Is anybody there") == len(READING)


WRITING: Mapping[str, dict[str, Any]] = {
    "500": {"kind": "refuse", "status": 500, "body": '{"error": "boom"}'},
    "502 with a page": {"kind": "refuse", "status": 502, "body": PAGE},
    "503": {"kind": "refuse", "status": 503, "body": ""},
    "429": {"kind": "refuse", "status": 429, "headers": {"Retry-After": "1"}, "body": ""},
    "429 without Retry-After": {"kind": "refuse", "status": 429, "body": ""},
    "cut before": {"kind": "drop"},
    "cut after": {"kind": "lose"},
    "cut in the answer": {"kind": "cut"},
    "garbage": {"kind": "garbage"},
}


async def test_a_reply_fails_and_arrives_once(stage: Stage) -> None:
    """Whether or not the vendor took it, a reply is at the customer's once in the end, and is marked so."""
    ticket = await stage.arrives("While writing")
    for fault in WRITING.values():
        stage.shop.vendor.http_server.fail(method="POST", **fault)
        first, second = await ticket.ann_says("Thank you!"), await ticket.bob_says("Thank you!")
        await ticket.marked(first, "✅")
        await ticket.marked(second, "✅")
    await stage.at_rest()
    assert ticket.sent == ["Thank you!"] * 2 * len(WRITING)
    assert ticket.slack.count("Thank you!") == ticket.discord.count("Thank you!") == len(WRITING)


@pytest.mark.scenario(started=False)
async def test_a_vendor_that_hangs_holds_up_only_itself(stage: Stage) -> None:
    """No answer is a lost answer after a while: what was written meanwhile arrives, and the chats go on."""
    with patch.object(http, "TIMEOUTS", httpx.Timeout(0.4)):
        await stage.bridge.start()
    ticket = await stage.arrives("Hanging")
    stage.shop.vendor.http_server.fail("hang", times=2)
    said = await ticket.ann_says("anybody?")
    answered = await stage.world.discord.command(stage.world.ann, stage.world.support.id, "stats")
    assert "waiting for us" in answered.content
    await ticket.marked(said, "✅")
    await stage.at_rest()
    assert ticket.sent == ["anybody?"]
    assert ticket.slack.count("anybody?") == 1


async def test_a_refused_reply_says_why_and_can_be_tried_again(stage: Stage) -> None:
    """What the vendor will not take is marked ❌, with its reason and a button that tries it once more."""
    discord, slack = stage.world.discord, stage.world.slack
    ticket = await stage.arrives("Refused")
    stage.shop.vendor.http_server.fail(
        "refuse", method="POST", status=422, body='{"error": "message is too rude"}', times=2
    )
    said = await ticket.ann_says("grrr")
    await ticket.marked(said, "❌")
    await until(lambda: ticket.discord.count("Your message did not reach the customer.") == 1, "it is told")
    written = await ticket.bob_says("grrr too")
    await ticket.marked(written, "❌")
    await until(lambda: ticket.slack.count("Your message did not reach the customer.") == 1, "it is told")
    assert [row["state"] for row in await stage.bridge.rows("unfinished_deliveries")].count("failed") == 2
    with_button = next(m for m in ticket.discord.messages() if m.components and m.id != ticket.discord.thread.id)
    answered = await discord.press(stage.world.ann, with_button, "Retry")
    assert answered.content == "Trying again now."
    await ticket.marked(said, "✅")
    await until(
        lambda: not next(m for m in ticket.discord.messages() if m.id == with_button.id).components,
        "what is decided has no button any more",
    )
    line = next(m for m in ticket.slack.messages() if any(button.label == "Retry" for button in m.buttons))
    outcome = await slack.press(stage.world.bob, line, "Retry", answers=1)
    assert "Trying again now." in outcome.text
    await ticket.marked(written, "✅")
    await stage.at_rest()
    assert ticket.sent == ["grrr", "grrr too"]


async def test_closing_fails_and_is_done_later(stage: Stage) -> None:
    """A command that the vendor does not take at once is answered in words, and carried out when it does."""
    ticket = await stage.arrives("Close later")
    fault = stage.shop.vendor.http_server.fail("refuse", method="PATCH", status=503, body="", times=10_000)
    answered = await stage.world.discord.command(stage.world.ann, ticket.discord.thread.id, "close")
    assert (
        answered.content == f"#{ticket.number} will be closed as soon as Sellgate confirms it. The thread will say so."
    )
    again = await stage.world.discord.command(stage.world.ann, ticket.discord.thread.id, "close")
    assert again.content == f"#{ticket.number} is already being closed."
    stage.shop.vendor.http_server.faults.remove(fault)
    await ticket.shown("Closed by Ann from Discord.")
    await stage.at_rest()
    assert ticket.now.closed
    assert ticket.discord.count("Closed") == ticket.slack.count("Closed by") == 1


@pytest.mark.scenario({"sellgate": "text slack", "lightspeed": "text slack"})
async def test_a_wrong_key_pauses_one_store_and_is_reported_once(stage: Stage) -> None:
    """The store's channels read once what to do, the others go on, nothing is lost, and it says when it works again."""
    ticket = await stage.arrives("Locked out", vendor="sellgate")
    other = await stage.arrives("Not locked out", vendor="lightspeed")
    shop = ticket.shop
    fault = shop.vendor.http_server.fail("refuse", status=401, body='{"error": "Invalid API key"}', times=10**6)
    ticket.customer_says("hello again?")
    with soon_told():
        await until(lambda: stage.announced(shop, "is paused") == (1, 1), "it is told")
        assert stage.announced(shop, f"put it into STORES__{shop.name.upper()}__API_KEY.") == (1, 1)
        waiting = await ticket.ann_says("I am here")
        await ticket.marked(waiting, "⏳")
        await other.bob_says("we are well")
        await other.has_sent("we are well")
        seen = len(shop.vendor.http_server.seen)
        await until(lambda: len(shop.vendor.http_server.seen) > seen + 3, "it was tried again")
        assert banners(stage, shop) == [(0, 0), (1, 1), (0, 0)]
        shop.vendor.http_server.faults.remove(fault)
        stage.nudge(shop)
        await ticket.shown("hello again?")
        await ticket.marked(waiting, "✅")
        await until(lambda: banners(stage, shop)[2] == (1, 1), "its end is told")
        await stage.sweeps(3, shop)
        await stage.bridge.drained()
    assert banners(stage, shop) == [(0, 0), (1, 1), (1, 1)]
    assert banners(stage, other.shop) == [(0, 0)] * 3
    assert ticket.sent == ["I am here"]


@pytest.mark.scenario({"sellgate": "text slack"}, started=False)
async def test_a_store_that_is_down_from_the_start(stage: Stage) -> None:
    """The bot starts all the same, says so once in the store's channels, and once that it works, and catches up."""
    shop, wire = stage.shop, stage.shop.vendor.http_server
    ticket = await stage.writes("Down from the start")
    fault = wire.fail("refuse", status=503, body="", times=10**6)
    with soon_told():
        await stage.bridge.start()
        await are_told(stage, shop, outages=1, ends=0)
        await is_asked(stage, 5)
        await stage.bridge.drained()
        assert banners(stage, shop) == [(1, 1), (0, 0), (0, 0)]
        wire.faults.remove(fault)
        stage.nudge()
        await ticket.shown("Hello?")
        await are_told(stage, shop, outages=1, ends=1)
        await stage.at_rest()
    assert banners(stage, shop) == [(1, 1), (0, 0), (1, 1)]


@pytest.mark.scenario({"sellgate": "text slack", "sellapp": "text slack"})
async def test_two_outages_of_two_stores(stage: Stage) -> None:
    """Each store's outage is one banner in each chat and one at its end, however many messages wait, and again."""
    tickets = [await stage.arrives(f"At {vendor}", vendor=vendor) for vendor in stage.seats]
    with soon_told(), patch.object(outage, "RESOLVED_AGAIN_AFTER", 0.0):
        for time in (1, 2):
            faults = [t.shop.vendor.http_server.fail("refuse", status=502, body=PAGE, times=10**6) for t in tickets]
            for ticket in tickets:
                for number in range(3):
                    ticket.customer_says(f"outage {time} question {number}")
                await ticket.ann_says(f"outage {time} answer")
            for ticket in tickets:
                await are_told(stage, ticket.shop, outages=time, ends=time - 1)
            for ticket, fault in zip(tickets, faults, strict=True):
                ticket.shop.vendor.http_server.faults.remove(fault)
                stage.nudge(ticket.shop)
            for ticket in tickets:
                await ticket.shown(f"outage {time} question 2")
                await are_told(stage, ticket.shop, outages=time, ends=time)
        await stage.at_rest()
    for ticket in tickets:
        assert banners(stage, ticket.shop) == [(2, 2), (0, 0), (2, 2)]
        assert ticket.sent == ["outage 1 answer", "outage 2 answer"]


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_a_short_outage_is_not_reported(stage: Stage) -> None:
    """What is over in less than the time is no news, although the store was asked often meanwhile."""
    ticket, wire = await stage.arrives("Hiccup"), stage.shop.vendor.http_server
    with soon_told():
        fault = wire.fail("refuse", status=500, body="", times=10**6)
        ticket.customer_says("anybody?")
        await is_asked(stage, 4)  # a nudge waits for the longer, the more often the store failed
        wire.faults.remove(fault)
        stage.nudge()
        await ticket.shown("anybody?")
        await stage.at_rest()
    assert banners(stage, stage.shop) == [(0, 0)] * 3


@pytest.mark.scenario({"sellgate": "text slack"})
async def test_tickets_that_cannot_be_read_hold_up_no_other(stage: Stage) -> None:
    """Three answer 500 and 403 for ever: those behind them in the list are shown, and the store is in no trouble."""
    wire = stage.shop.vendor.http_server
    await stage.arrives("Well known")
    unread = [await stage.writes(f"Bad {number}") for number in range(3)]
    for bad, status in zip(unread, (500, 403, 500), strict=True):
        wire.fail("refuse", path=f"/{bad.id}$", method="GET", status=status, body="{}", times=10**6)
    for number in range(3):
        good = await stage.arrives(f"Good {number}", f"Good morning {number}")
        said = await good.ann_says("We see you.")
        await good.marked(said, "✅")
    rows = await stage.bridge.rows("stores")
    assert [(row["incident"], row["first_swept_at"] is None) for row in rows] == [(None, False)]
    assert banners(stage, stage.shop) == [(0, 0)] * 3
    wire.faults.clear()
    for bad in unread:
        await bad.shown("Hello?")
