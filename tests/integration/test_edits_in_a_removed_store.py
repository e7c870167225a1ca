"""A store that the settings do not name while a reply to it waits: who cannot write there any more edits nothing."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from bot.model import AgentId, ChannelId, State
from tests.support.memory.bridge import MAIN, running
from tests.support.rest import all_finished
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


@pytest.mark.parametrize("may", [True, False])
async def test_an_edit_while_the_store_is_away_needs_the_channel(tmp_path: Path, may: bool) -> None:
    """The reply waits until the store is back; it goes as it was edited, or not at all."""
    async with running(tmp_path / "db", undo=30) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "as it was")
        if not may:
            bridge.discord.shut_out.add((AgentId("u1"), ChannelId("1")))
        rules = bridge.app._intake._rules
        with patch.dict(rules.stores, clear=True):
            await bridge.edits(bridge.discord, "m1", "as it is")
        assert MAIN in rules.stores
        if may:
            await until(lambda: bridge.vendor.texts("t1") == ["as it is"], seconds=120)
        await all_finished(bridge.rows, State.FAILED)  # what the other chat was to be told in between
        assert bridge.vendor.texts("t1") == (["as it is"] if may else [])
