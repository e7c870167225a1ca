"""What is written in a thread whose store the settings do not name any more, as after it was renamed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.errors import AuthFailed, Rejected
from bot.model import AgentId, ChannelId, Store, StoreName
from bot.outbound.retry import Schedule
from tests.support.memory.bridge import DISCORD, SLACK, default_vendor, running
from tests.support.memory.chat import MemoryChat
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


@pytest.mark.parametrize("may", [True, False])
@pytest.mark.parametrize("live", [True, False])
async def test_its_author_is_told_that_it_reaches_nobody(tmp_path: Path, may: bool, live: bool) -> None:
    """Once, however much they write, and also if it is read later; nothing of it is sent when the store is back."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives()
        if not may:
            bridge.discord.shut_out.add((AgentId("u1"), ChannelId("1")))
        with patch.dict(bridge.app._intake._rules.stores, clear=True):
            if live:
                await bridge.says(bridge.discord, "m1", "On its way.")
                await bridge.says(bridge.discord, "m2", "Have you got it?")
            else:
                bridge.discord.history = [bridge.said(bridge.discord, "m1", "On its way.")]
                bridge.app._intake.gap_possible(bridge.discord.name)
                await bridge.app._intake.connected(bridge.discord.name)
            await until(lambda: bridge.discord.told)
        await bridge.at_rest()
        ((agent, text),) = bridge.discord.told
        assert agent == "u1"
        assert "reaches no customer" in text
        assert bridge.vendor.texts("t1") == []


async def test_a_reply_that_waits_for_a_store_that_is_gone_is_told_of_once(tmp_path: Path) -> None:
    """In its thread, with the reason; it leaves when the store is back."""
    discord, slack, vendor = MemoryChat(name=DISCORD), MemoryChat(name=SLACK), default_vendor()
    async with running(tmp_path / "db", vendor=vendor, undo=60, discord=discord, slack=slack) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "On its way.")
    other = Store(name=StoreName("other"), label="Other", vendor_label="Other", channels=bridge.store.channels)
    async with running(tmp_path / "db", store=other, undo=60, discord=discord, slack=slack) as bridge:
        await asyncio.sleep(3600)
        waits = [text for text in bridge.discord.texts(bridge.thread(bridge.discord)) if text.startswith("⏳")]
        assert len(waits) == 1
        assert "The store main is no longer in shopbell's settings" in waits[0]
        assert not any("no longer in" in text for text in slack.texts(bridge.thread(slack)))
    async with running(tmp_path / "db", vendor=vendor, undo=60, discord=discord, slack=slack):
        await until(lambda: vendor.texts("t1") == ["On its way."])


@pytest.mark.parametrize("fails", [True, False])
async def test_what_comes_of_a_reply_from_a_chat_that_is_gone_stands_in_the_others(tmp_path: Path, fails: bool) -> None:
    """That it failed, or waits, is said where somebody can read it, with whose it is and where it was written."""
    discord, slack, vendor = MemoryChat(name=DISCORD), MemoryChat(name=SLACK), default_vendor()
    async with running(tmp_path / "db", vendor=vendor, undo=60, discord=discord, slack=slack) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "On its way.")
    vendor.fail["reply"] = [Rejected("It is too long.")] if fails else [AuthFailed("The key is refused.")] * 100
    async with running(
        tmp_path / "db", vendor=vendor, undo=60, without=DISCORD, schedule=Schedule(), discord=discord, slack=slack
    ) as bridge:
        reason = "It is too long." if fails else "The key is refused."
        thread = bridge.thread(slack)
        await until(lambda: any(reason in text for text in slack.texts(thread)), seconds=900)
        (said,) = [text for text in slack.texts(thread) if reason in text]
        assert said.startswith(f"About what {'Ann' if fails else 'somebody'} wrote in Discord:")
