"""
What a command changes in the database while the bridge rests is noticed soon.

Here the changes are made behind the bridge's back, in simulated time; `scenario/test_bridge_outside.py` does it with
two processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from bot.cli import outbox, snippets
from bot.errors import Rejected, Unavailable
from bot.model import ChatMessageId, Mark, TicketNumber, Verb
from bot.tickets import erasure
from tests.support.memory.bridge import Bridge, running
from tests.support.simulation.loop import LoopDatabase, now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

T = TypeVar("T")

SOON = 15.0
"""Seconds after which a change of another process is seen, as `bot/outbound/dispatcher.py` says."""
_A_DAY = 86_400.0
_HOURS = 4 * 3_600.0


@asynccontextmanager
async def resting(folder: Path) -> AsyncIterator[Bridge]:
    """A bridge with a ticket, whose next sweep comes in a day: nothing of its own wakes it."""
    async with running(folder / "shopbell.db", poll_seconds=_A_DAY) as bridge:
        await bridge.ticket_arrives()
        await bridge.drained()
        yield bridge


def command(bridge: Bridge, change: Callable[..., T], *values: object) -> T:
    """Make the change as another process does: nobody in the bridge hears of it."""
    assert isinstance(bridge.database, LoopDatabase)
    return bridge.database.look(lambda tx: change(tx, now(), *values))


async def is_soon(condition: Callable[[], bool]) -> None:
    """It becomes true within those seconds, and nobody does anything for it."""
    began = asyncio.get_running_loop().time()
    await until(condition)
    assert asyncio.get_running_loop().time() - began <= SOON + 1


def mark(bridge: Bridge, message: str) -> Mark | None:
    return bridge.discord.marks.get(ChatMessageId(message))


def titles(bridge: Bridge) -> set[str]:
    """What the cards in both chats say now."""
    return {chat.cards[bridge.thread(chat)][-1].title for chat in (bridge.discord, bridge.slack)}


async def test_outbox_retry(tmp_path: Path) -> None:
    """The reply reaches the customer, once."""
    async with resting(tmp_path) as bridge:
        bridge.vendor.fail["reply"] = [Rejected("It is too rude.")]
        await bridge.says(bridge.discord, "m1", "Here you are.")
        await until(lambda: mark(bridge, "m1") is Mark.FAILED)
        (failed,) = [row["id"] for row in await bridge.rows("unfinished_deliveries") if row["state"] == "failed"]
        await asyncio.sleep(_HOURS)
        assert command(bridge, outbox._retry, failed)
        await is_soon(lambda: mark(bridge, "m1") is Mark.DELIVERED)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["Here you are."]


async def test_outbox_drop(tmp_path: Path) -> None:
    """What stood behind the delivery leaves at once, though the delivery would have waited for hours."""
    async with resting(tmp_path) as bridge:
        bridge.vendor.fail["reply"] = [Unavailable("It is away.", retry_after=_HOURS)]
        await bridge.says(bridge.discord, "m1", "First.")
        await until(lambda: not bridge.vendor.fail["reply"])
        await bridge.says(bridge.discord, "m2", "Second.")
        await asyncio.sleep(600)
        assert bridge.vendor.texts("t1") == []
        first, *_ = [row["id"] for row in await bridge.rows("unfinished_deliveries") if row["kind"] == "reply"]
        assert command(bridge, outbox._drop_and_report, first)
        await is_soon(lambda: mark(bridge, "m2") is Mark.DELIVERED)
        await asyncio.sleep(_HOURS)
        await bridge.at_rest()
        assert bridge.vendor.texts("t1") == ["Second."]


async def test_forget(tmp_path: Path) -> None:
    """The customer's words leave both chats."""
    async with resting(tmp_path) as bridge:
        await asyncio.sleep(_HOURS)
        assert titles(bridge) == {"#1001 · Jane · Key not working"}
        command(bridge, lambda tx, at: erasure.forget(tx, [TicketNumber(1001)], at, in_chats=True))
        await is_soon(lambda: titles(bridge) == {"#1001 · erased"})


async def test_what_a_snippet_says_is_read_when_it_is_used(tmp_path: Path) -> None:
    """An imported answer is there at once."""
    async with resting(tmp_path) as bridge:
        for name in ("refund", "thanks"):
            command(bridge, snippets._import, {name: "Here you are."})
            listed = await bridge.asks(bridge.discord, Verb.SNIPPETS)
            assert name in [button.words for button in listed.buttons]
