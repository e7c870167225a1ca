"""A vendor that lists a change and then shows a ticket without its messages: nothing is lost to that, or sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.model import Conversation, Message, TicketId, Verb
from tests.support.memory.bridge import MAIN, Bridge, running
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

Cut = Callable[[tuple[Message, ...]], tuple[Message, ...]]
CUTS = {
    "none at all": lambda messages: (),
    "only the first": lambda messages: messages[:1],
    "only the last": lambda messages: messages[-1:],
}


@dataclass
class ForgetfulVendor(MemoryVendor):
    """Shows only some of a ticket's messages, so many times; -1: always."""

    cut: Cut | None = None
    times: int = 0
    now: Callable[[], datetime] = field(default=now)

    async def ticket(self, ticket: TicketId) -> Conversation:
        seen = await super().ticket(ticket)
        if self.cut is None or not self.times:
            return seen
        self.times -= 1
        return replace(seen, messages=self.cut(seen.messages))


def both_show(bridge: Bridge, text: str) -> bool:
    return all(text in chat.texts(bridge.thread(chat)) for chat in (bridge.discord, bridge.slack))


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
async def test_what_a_customer_wrote_is_shown_after_a_reading_without_it(tmp_path: Path, cut: Cut) -> None:
    """The list shows the change only once; so an answer that cannot be all of it is asked for again."""
    vendor = ForgetfulVendor()
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives("t1", "My key is 1234")
        vendor.customer_writes("t1", "And one more thing")
        bridge.app.nudge(MAIN)
        await until(lambda: both_show(bridge, "And one more thing"))
        await bridge.at_rest()
        vendor.cut, vendor.times = cut, 1
        vendor.customer_writes("t1", "And the last thing")
        bridge.app.nudge(MAIN)
        await until(lambda: both_show(bridge, "And the last thing"), "it is shown")
        await bridge.at_rest()
        texts = bridge.discord.texts(bridge.thread(bridge.discord))
        assert texts == ["My key is 1234", "And one more thing", "And the last thing"]


async def test_a_new_ticket_without_a_message_is_read_again(tmp_path: Path) -> None:
    """Its thread is there at once, and what the customer wrote follows."""
    vendor = ForgetfulVendor(cut=CUTS["none at all"], times=1)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        vendor.customer_writes("t1", "My key is 1234")
        bridge.app.nudge(MAIN)
        await until(lambda: both_show(bridge, "My key is 1234"), "it is shown")
        assert len(bridge.discord.threads()) == 1


async def test_a_message_that_was_deleted_at_the_vendor_is_believed(tmp_path: Path) -> None:
    """When it was missing twice, some seconds apart: the ticket is not read for ever."""
    vendor = ForgetfulVendor()
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives("t1", "My key is 1234")
        vendor.customer_writes("t1", "And one more thing")
        bridge.app.nudge(MAIN)
        await until(lambda: both_show(bridge, "And one more thing"))
        await bridge.at_rest()
        vendor.cut, vendor.times = CUTS["only the last"], -1
        vendor.customer_writes("t1", "And the last thing")
        bridge.app.nudge(MAIN)
        await until(lambda: both_show(bridge, "And the last thing"))
        await asyncio.sleep(10)
        before = vendor.calls.count("ticket")
        await bridge.sweeps(5)
        assert vendor.calls.count("ticket") == before


@pytest.mark.parametrize("cut", [CUTS["none at all"], CUTS["only the last"]], ids=["none", "only the last"])
async def test_a_reading_without_what_it_had_before_proves_nothing(tmp_path: Path, cut: Cut) -> None:
    """A reply whose answer was lost is searched for; it is not sent again because an answer was empty or cut."""
    vendor = ForgetfulVendor()
    async with running(tmp_path / "db", vendor=vendor, poll_seconds=0.05) as bridge:
        await bridge.ticket_arrives("t1", "My key is 1234")
        vendor.customer_writes("t1", "And one more thing")
        bridge.app.nudge(MAIN)
        await until(lambda: both_show(bridge, "And one more thing"))
        await bridge.at_rest()
        vendor.lose.add("reply")
        vendor.cut = lambda messages: cut(tuple(m for m in messages if m.text != "Here is a new one"))
        vendor.times = 6
        await bridge.asks(bridge.discord, Verb.TAKE)
        await bridge.says(bridge.discord, "m1", "Here is a new one")
        await until(lambda: vendor.times == 0, "it is searched for")
        await bridge.at_rest()
        assert vendor.texts("t1") == ["Here is a new one"]
