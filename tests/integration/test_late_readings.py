"""A ticket is read, and before that is recorded, a reply arrives: nobody is told that its customer still waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.model import (
    ChannelId,
    ChatMessageId,
    Conversation,
    Hours,
    Mark,
    Place,
    Promises,
    Standing,
    Status,
    Store,
    TicketId,
    Verb,
)
from bot.wording import notices
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.memory.vendor import MemoryVendor
from tests.support.rest import nothing_on_its_way
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

_A_DAY = 86_400.0
_PROMISED = timedelta(hours=1)


@dataclass
class SlowVendor(MemoryVendor):
    """Its answer about a ticket is on its way until `answers` is set; `on_its_way` counts them."""

    now: Callable[[], datetime] = field(default=now)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    on_its_way: int = 0

    async def ticket(self, ticket: TicketId) -> Conversation:
        seen = await super().ticket(ticket)
        self.on_its_way += 1
        await self.answers.wait()
        self.on_its_way -= 1
        return seen


@asynccontextmanager
async def a_reading_on_its_way(path: Path, *, names: bool) -> AsyncIterator[tuple[Bridge, SlowVendor]]:
    """A ticket waits for us, and a sweep has read it and not recorded it; no other sweep comes by itself."""
    promises = Promises(hours=Hours(zone=ZoneInfo("UTC")), first_answer=_PROMISED, next_answer=_PROMISED)
    channels = tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK))
    store = Store(
        name=MAIN, label="Main", vendor_label="Memory", channels=channels, poll_seconds=_A_DAY, promises=promises
    )
    vendor = SlowVendor(names_replies=names)
    vendor.answers.set()
    async with running(path, vendor=vendor, store=store) as bridge:
        await bridge.ticket_arrives()
        await nothing_on_its_way(bridge.rows)
        vendor.answers.clear()
        vendor.customer_writes("t1", "Anybody?")
        bridge.app.nudge(MAIN)
        await until(lambda: vendor.on_its_way)
        yield bridge, vendor


async def replies(bridge: Bridge) -> None:
    await bridge.says(bridge.discord, "m1", "On its way.")
    await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
    await nothing_on_its_way(bridge.rows)


async def is_recorded(bridge: Bridge, vendor: SlowVendor) -> None:
    """The reading arrives."""
    vendor.answers.set()
    await until(lambda: "Anybody?" in bridge.slack.texts(bridge.thread(bridge.slack)))
    await nothing_on_its_way(bridge.rows)


def standings(bridge: Bridge) -> list[Standing]:
    """What the cards in both chats say now."""
    return [chat.cards[bridge.thread(chat)][-1].standing for chat in (bridge.discord, bridge.slack)]


async def waiting(bridge: Bridge) -> str:
    return (await bridge.asks(bridge.discord, Verb.TICKETS)).text


@pytest.mark.parametrize("names", [True, False])
async def test_whoever_was_answered_does_not_wait_again(tmp_path: Path, names: bool) -> None:
    """Neither on the cards, nor in the list, nor in what is promised, hours before the next sweep."""
    async with a_reading_on_its_way(tmp_path / "db", names=names) as (bridge, vendor):
        await replies(bridge)
        shown = len(bridge.discord.cards[bridge.thread(bridge.discord)])
        await is_recorded(bridge, vendor)
        assert standings(bridge) == [Standing.CUSTOMER] * 2
        cards = bridge.discord.cards[bridge.thread(bridge.discord)][shown:]
        assert {card.standing for card in cards} <= {Standing.CUSTOMER}
        assert "No ticket" in await waiting(bridge)
        await asyncio.sleep(2 * _PROMISED.total_seconds())
        assert not [text for text in bridge.discord.texts(bridge.thread(bridge.discord)) if "answer" in text]


@pytest.mark.parametrize("names", [True, False])
async def test_the_next_sweep_reads_it_again(tmp_path: Path, names: bool) -> None:
    """Once, and then everything is known."""
    async with a_reading_on_its_way(tmp_path / "db", names=names) as (bridge, vendor):
        await replies(bridge)
        await is_recorded(bridge, vendor)
        read = vendor.calls.count("ticket")
        await bridge.at_rest()
        assert vendor.calls.count("ticket") == read + 1
        assert standings(bridge) == [Standing.CUSTOMER] * 2


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("is_late", [True, False])
async def test_who_writes_after_the_reply_waits(tmp_path: Path, names: bool, is_late: bool) -> None:
    """Whether the reading is recorded before that or after it."""
    async with a_reading_on_its_way(tmp_path / "db", names=names) as (bridge, vendor):
        await replies(bridge)
        if not is_late:
            await is_recorded(bridge, vendor)
        await asyncio.sleep(60)
        vendor.customer_writes("t1", "It does not work.")
        if is_late:
            await is_recorded(bridge, vendor)
        await bridge.at_rest()
        assert standings(bridge) == [Standing.NEXT_ANSWER] * 2
        assert "1 ticket waits for us" in await waiting(bridge)


async def test_a_ticket_that_was_closed_meanwhile_stays_closed(tmp_path: Path) -> None:
    """And what the customer wrote before that is shown."""
    async with a_reading_on_its_way(tmp_path / "db", names=True) as (bridge, vendor):
        await bridge.asks(bridge.discord, Verb.CLOSE)
        await nothing_on_its_way(bridge.rows)
        await is_recorded(bridge, vendor)
        assert standings(bridge) == [Standing.CLOSED] * 2
        await bridge.at_rest()
        assert standings(bridge) == [Standing.CLOSED] * 2
        assert vendor.tickets[TicketId("t1")].status is Status.CLOSED


async def test_a_ticket_that_is_gone_meanwhile_stays_gone(tmp_path: Path) -> None:
    """
    The search for a reply hangs while the store says twice, seconds apart, that the ticket is gone.

    What was asked before is old: it proves where the reply is, and no more.
    """
    channels = tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK))
    store = Store(name=MAIN, label="Main", vendor_label="Memory", channels=channels, poll_seconds=2)
    vendor = SlowVendor(names_replies=False)
    vendor.answers.set()
    async with running(tmp_path / "db", vendor=vendor, store=store) as bridge:
        await bridge.ticket_arrives()
        await nothing_on_its_way(bridge.rows)
        vendor.answers.clear()
        vendor.lose.add("reply")
        await bridge.says(bridge.discord, "m1", "On its way.")
        await until(lambda: vendor.on_its_way)
        del vendor.tickets[TicketId("t1")]
        await until(lambda: standings(bridge) == [Standing.CLOSED] * 2)
        vendor.answers.set()
        await until(lambda: bridge.discord.marks.get(ChatMessageId("m1")) is Mark.DELIVERED)
        await asyncio.sleep(60)
        assert standings(bridge) == [Standing.CLOSED] * 2
        said = bridge.slack.texts(bridge.thread(bridge.slack))
        assert said.count(notices.ticket_gone("Memory")) == 1
        assert not [text for text in said if "Reopened" in text]
