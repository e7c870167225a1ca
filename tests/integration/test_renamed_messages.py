"""A vendor that gives its messages other ids: they are the same messages, and nothing is shown or sent twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import Author, Message, MessageId, TicketId
from bot.tickets.from_vendors.portions import MANY_MESSAGES
from tests.support.memory.bridge import Bridge, running
from tests.support.memory.vendor import MemoryVendor
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

T1 = TicketId("t1")


def renames(vendor: MemoryVendor, called: Callable[[Message], str]) -> None:
    """From now on its messages have these ids."""
    vendor.said[T1] = [replace(message, id=MessageId(called(message))) for message in vendor.said[T1]]


def shown(bridge: Bridge) -> list[str]:
    return bridge.discord.texts(bridge.thread(bridge.discord))


@pytest.mark.parametrize("names_replies", [True, False])
async def test_other_ids_are_no_other_messages(tmp_path: Path, names_replies: bool) -> None:
    """Neither the customer's, nor a colleague's, nor ours; what is written then is shown once, and so is the same."""
    vendor = MemoryVendor(now=now, names_replies=names_replies)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "Here you are")
        await until(lambda: vendor.texts("t1"))
        vendor.colleague_writes("t1", "From the dashboard")
        await bridge.at_rest()
        before = shown(bridge)
        renames(vendor, lambda message: f"msg_{message.id}")
        vendor.customer_writes("t1", "Hello?")
        await until(lambda: len(shown(bridge)) > len(before), "the new one is shown")
        await bridge.at_rest()
        assert shown(bridge) == [*before, "Hello?"]
        assert bridge.slack.texts(bridge.thread(bridge.slack)).count("Here you are") == 1
        assert vendor.texts("t1") == ["Here you are", "From the dashboard"]


async def test_a_ticket_of_very_many_messages_gets_other_ids(tmp_path: Path) -> None:
    """Also where so many are recorded in portions."""
    vendor = MemoryVendor(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        for number in range(MANY_MESSAGES + 10):
            vendor.customer_writes("t1", f"line {number}")
        await until(bridge.discord.threads, "its thread")
        await bridge.at_rest()
        before = shown(bridge)
        renames(vendor, lambda message: f"msg_{message.id}")
        vendor.customer_writes("t1", "one more")
        await until(lambda: len(shown(bridge)) > len(before), "the new one is shown")
        await bridge.at_rest()
        assert shown(bridge)[-1].endswith("one more")
        assert sum("line 3" in text for text in shown(bridge)) == sum("line 3" in text for text in before)


async def test_what_is_written_after_all_was_deleted_is_new(tmp_path: Path) -> None:
    """A store that deletes a ticket's messages, and in which the same is written again: that is shown."""
    vendor = MemoryVendor(now=now)
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "Here you are")
        await until(lambda: vendor.texts("t1"))
        await bridge.at_rest()
        vendor.said[T1] = [
            Message(id=MessageId("9"), author=Author.STAFF, text="Here you are", written_at=now()),
            Message(id=MessageId("10"), author=Author.CUSTOMER, text="Hello?", written_at=now()),
            Message(id=MessageId("11"), author=Author.CUSTOMER, text="Anybody?", written_at=now()),
        ]
        await until(lambda: "Anybody?" in shown(bridge))
        await bridge.at_rest()
        assert shown(bridge) == ["Hello?", "Here you are", "Hello?", "Anybody?"]
