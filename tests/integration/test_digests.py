"""The day in a line: what each channel is told, once a day, and when nothing is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bot.errors import Unavailable
from bot.model import Agent, AgentId, TicketNumber, Verb
from tests.support.memory.bridge import Bridge, running
from tests.support.simulation.loop import SimulatedClock

pytestmark = pytest.mark.simulated

HOUR = 3_600.0
BOB = Agent(id=AgentId("u2"), name="Bob", is_full_member=True)


@asynccontextmanager
async def telling(path: Path, before: Bridge | None = None, at: time = time(13)) -> AsyncIterator[Bridge]:
    """A bridge that tells the day at 13:00, an hour after the beginning; or the next process after `before`."""
    again: dict[str, Any] = {}
    if before is not None:
        again = {"vendor": before.vendor, "discord": before.discord, "slack": before.slack}
    async with running(path / "db", poll_seconds=600, digest_at=at, **again) as bridge:
        yield bridge


def told(bridge: Bridge) -> list[list[str]]:
    """What was said in each channel itself."""
    return [chat.texts("1") for chat in (bridge.discord, bridge.slack)]


@pytest.mark.takes(3)
async def test_what_a_channel_is_told(tmp_path: Path) -> None:
    """How many wait, the oldest with its thread there, who has them, what was recovered and lost; then a day later."""
    async with telling(tmp_path) as bridge:
        bridge.vendor.fail["reply"] = [Unavailable("down")]
        for number in range(1, 5):
            bridge.vendor.customer_writes(f"t{number}", f"Hello {number}", name="Jane")
            await bridge.at_rest()
        await bridge.asks(bridge.discord, Verb.TAKE, ticket="1003", agent=BOB)
        await bridge.asks(bridge.discord, Verb.SNOOZE, ticket="1004", words="3d")
        await bridge.says(bridge.discord, "m1", "An answer.")
        await bridge.at_rest()
        assert told(bridge) == [[], []]
        await asyncio.sleep(HOUR + 60)
        (said,), (in_slack,) = told(bridge)
        beginning = "☀️ 2 tickets wait for us; the oldest is #1002, for "
        assert said.startswith(beginning)
        assert in_slack.startswith(beginning)
        assert " Bob has 1 and nobody has 1. Recovered since yesterday: 1. Lost: 0. The oldest: https://" in said
        threads = {chat.cards[each][-1].number: each for chat in (bridge.discord,) for each in chat.threads()}
        assert said.endswith(f"https://discord.example/{threads[TicketNumber(1002)]}")
        await asyncio.sleep(23 * HOUR)
        assert [len(each) for each in told(bridge)] == [1, 1]
        await asyncio.sleep(HOUR)
        assert [len(each) for each in told(bridge)] == [2, 2]
        assert "Recovered since yesterday: 0." in told(bridge)[0][1]


@pytest.mark.takes(5)
async def test_nothing_is_said_where_nothing_waits(tmp_path: Path) -> None:
    """Neither without tickets nor when all are answered."""
    async with telling(tmp_path) as bridge:
        await bridge.ticket_arrives()
        await bridge.says(bridge.discord, "m1", "An answer.")
        await asyncio.sleep(50 * HOUR)
        assert told(bridge) == [[], []]


@pytest.mark.parametrize(("hours", "lines"), [(0.5, 1), (2.0, 1), (6.0, 0)])
async def test_a_day_is_told_once_over_restarts(tmp_path: Path, hours: float, lines: int) -> None:
    """Also if shopbell was not running at that time, but not many hours later."""
    async with telling(tmp_path) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
    await asyncio.sleep(hours * HOUR)
    for _ in range(2):
        async with telling(tmp_path, bridge) as bridge:
            await asyncio.sleep(HOUR)
            assert [len(each) for each in told(bridge)] == [lines, lines]


async def test_a_day_waits_for_its_link(tmp_path: Path) -> None:
    """A start after that time: a chat knows the addresses of its threads once it is reached; the other waits not."""
    async with telling(tmp_path) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
    await asyncio.sleep(2 * HOUR)
    with patch.object(bridge.discord, "address", lambda _place: ""):
        async with telling(tmp_path, bridge) as bridge:
            await asyncio.sleep(300)
            assert [len(each) for each in told(bridge)] == [0, 1]
    async with telling(tmp_path, bridge) as bridge:
        await asyncio.sleep(HOUR)
        assert ["The oldest: https://" in each for chat in told(bridge) for each in chat] == [True, True]


async def test_a_day_that_ends_late_is_told_after_midnight(tmp_path: Path) -> None:
    """If shopbell was not running in the last hour of the day; and the next one at its time."""
    async with telling(tmp_path, at=time(23, 30)) as bridge:
        await bridge.ticket_arrives()
        await bridge.at_rest()
    await asyncio.sleep(13 * HOUR)
    for _ in range(2):
        async with telling(tmp_path, bridge, at=time(23, 30)) as bridge:
            await asyncio.sleep(HOUR)
            assert [len(each) for each in told(bridge)] == [1, 1]
    async with telling(tmp_path, bridge, at=time(23, 30)) as bridge:
        await asyncio.sleep(24 * HOUR)
        assert [len(each) for each in told(bridge)] == [2, 2]


async def test_a_clock_that_goes_back_tells_no_day_again(tmp_path: Path) -> None:
    """It may go back behind the time, and behind midnight."""
    async with telling(tmp_path) as bridge:
        await bridge.ticket_arrives()
        clock = bridge.app._clock
        assert isinstance(clock, SimulatedClock)
        await asyncio.sleep(2 * HOUR)
        for hours in (-3, -20):
            clock.skew = hours * HOUR
            await asyncio.sleep(3 * HOUR)
        clock.skew = 0
        await asyncio.sleep(HOUR)
        assert [len(each) for each in told(bridge)] == [1, 1]


@pytest.mark.parametrize("days", [1, 3])
async def test_a_clock_that_was_ahead_uses_up_no_day(tmp_path: Path, days: int) -> None:
    """Once it is put right, this day is told and each that comes, also the one that it had seemed to be."""
    async with telling(tmp_path) as bridge:
        await bridge.ticket_arrives()
        clock = bridge.app._clock
        assert isinstance(clock, SimulatedClock)
        clock.skew = 24 * HOUR * days
        await asyncio.sleep(2 * HOUR)
        before = [len(each) for each in told(bridge)]
        clock.skew = 0
        await asyncio.sleep(24 * HOUR * days)
        assert [len(each) - amount for each, amount in zip(told(bridge), before, strict=True)] == [days + 1] * 2
