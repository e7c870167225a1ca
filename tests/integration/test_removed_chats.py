"""Tickets that have a thread in a chat that was taken out of the settings: what goes wrong is told where it is read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.errors import Forbidden, Gone, RemoteError
from tests.support.memory.bridge import DISCORD, SLACK, default_vendor, running
from tests.support.memory.chat import MemoryChat

pytestmark = pytest.mark.simulated


@pytest.mark.parametrize("error", [Forbidden("Give the bot the right."), Gone("The channel is gone.")])
async def test_what_is_wrong_with_a_channel_is_told_in_one_that_is_served(tmp_path: Path, error: RemoteError) -> None:
    """The chat's own channel, though the ticket has a thread elsewhere; it is told once."""
    discord, slack, vendor = MemoryChat(name=DISCORD), MemoryChat(name=SLACK), default_vendor()
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack) as bridge:
        await bridge.ticket_arrives()
    method = "post" if isinstance(error, Forbidden) else "open_thread"
    async with running(tmp_path / "db", vendor=vendor, discord=discord, slack=slack, without=SLACK) as bridge:
        discord.fail[method] = [error]
        if method == "open_thread":
            discord.gone.add(bridge.thread(discord))
            await bridge.app._intake.place_deleted(bridge.place(discord))
        vendor.customer_writes("t1", "More")
        await asyncio.sleep(20)
        told = [text for text in discord.texts("1") if error.user_message in text]
        assert len(told) == 1
