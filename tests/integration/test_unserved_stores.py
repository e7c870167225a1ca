"""What is written in a thread whose store the settings do not name any more, as after it was renamed."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from bot.model import AgentId, ChannelId
from tests.support.memory.bridge import running
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
