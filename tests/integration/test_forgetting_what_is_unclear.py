"""Forgetting while it is unclear whether something is posted: with the chats, none of it stays there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.model import State
from bot.tickets import erasure
from tests.support.memory.bridge import MAIN, running
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated


@pytest.mark.parametrize("what", ["post", "open_thread"])
async def test_a_post_of_unknown_outcome_is_erased_too(tmp_path: Path, what: str) -> None:
    """Its answer was lost, the chat could not be searched, and the ticket was forgotten then."""
    async with running(tmp_path / "db") as bridge:
        if what == "post":
            await bridge.ticket_arrives("t1", "first words")
            await bridge.drained()
        bridge.discord.lose.add(what)
        bridge.discord.fail["find_post"] = [Unavailable("Not now.")] * 3
        bridge.discord.fail["find_thread"] = [Unavailable("Not now.")] * 3
        bridge.vendor.customer_writes("t1", "secret words")
        bridge.app.nudge(MAIN)
        await until(lambda: bridge.discord.lose == set())
        tickets = await bridge.database.read(erasure.find_tickets, "jane@example.com")
        assert tickets
        await bridge.database.write(erasure.forget, tickets, now(), in_chats=True)
        bridge.app.outbox.wake()
        await bridge.drained()
        shown = repr([bridge.discord.texts(thread) for thread in bridge.discord.threads()])
        assert "secret words" not in shown
        names = [bridge.discord.names[thread] for thread in bridge.discord.threads()]
        assert [name for name in names if "Jane" in name] == []


async def test_a_post_that_was_given_up_in_doubt_is_erased_too(tmp_path: Path) -> None:
    """A defect of ours ended it after it was posted; then the ticket was forgotten with the chats."""
    async with running(tmp_path / "db") as bridge:
        await bridge.ticket_arrives("t1", "first words")
        await bridge.drained()
        bridge.discord.lose.add("post")
        bridge.discord.fail["find_post"] = [ZeroDivisionError()]  # type: ignore[list-item]
        bridge.vendor.customer_writes("t1", "secret words")
        bridge.app.nudge(MAIN)
        await until(lambda: bridge.discord.fail["find_post"] == [])
        await bridge.at_rest(State.FAILED)
        assert "secret words" in repr([bridge.discord.texts(thread) for thread in bridge.discord.threads()])
        tickets = await bridge.database.read(erasure.find_tickets, "JANE@example.com")
        erased = await bridge.database.write(erasure.forget, tickets, now(), in_chats=True)
        assert erased.doubtful == 1
        bridge.app.outbox.wake()
        await bridge.drained()
        assert "secret words" not in repr([bridge.discord.texts(thread) for thread in bridge.discord.threads()])
