"""Promised answers: who is reminded when, once, and who is not; over restarts, downtime and changes of the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from bot.db.connection import Transaction
from bot.model import (
    Agent,
    AgentId,
    ChannelId,
    ChatName,
    Colleague,
    Hours,
    Mention,
    MentionKind,
    Person,
    PersonId,
    Place,
    Promises,
    Store,
    TicketId,
    Verb,
)
from bot.ops import reminders as reminders_module
from tests.support.memory.bridge import DISCORD, MAIN, SLACK, Bridge, running
from tests.support.simulation.loop import SimulatedClock

pytestmark = pytest.mark.simulated

ANN = Agent(id=AgentId("u1"), name="Ann", is_full_member=True)
BOB = Agent(id=AgentId("u2"), name="Bob", is_full_member=True)
COLLEAGUES = (Colleague(person=Person(id=PersonId("agent:ann"), name="Ann"), chats={"discord": "u1", "slack": "u9"}),)
ROLE = Mention(kind=MentionKind.GROUP, id="123456")
HOUR = 3_600.0
SOON, LATE = "⏳", "⚠️"


def store(first: float | None = 4, following: float | None = 8) -> Store:
    """A store that is always open and has promised to answer within so many hours."""
    promises = Promises(
        hours=Hours(zone=ZoneInfo("UTC")),
        first_answer=None if first is None else timedelta(hours=first),
        next_answer=None if following is None else timedelta(hours=following),
        remind=((ChatName("discord"), ROLE),),
    )
    channels = tuple(Place(chat=chat, channel=ChannelId("1")) for chat in (DISCORD, SLACK))
    return Store(name=MAIN, label="Main", vendor_label="Memory", channels=channels, poll_seconds=600, promises=promises)


@asynccontextmanager
async def promising(
    path: Path, before: Bridge | None = None, without: ChatName | None = None, **promises: float | None
) -> AsyncIterator[Bridge]:
    """A bridge with one ticket; or the next process after the one `before`."""
    again: dict[str, Any] = {}
    if before is not None:
        again = {"vendor": before.vendor, "discord": before.discord, "slack": before.slack, "without": without}
    async with running(path / "db", colleagues=COLLEAGUES, store=store(**promises), **again) as bridge:
        if before is None:
            await bridge.ticket_arrives()
        yield bridge


def told(bridge: Bridge) -> list[list[str]]:
    """The reminders in each thread, by their sign."""
    chats = (bridge.discord, bridge.slack)
    return [[t.split(" ")[0] for t in chat.texts(bridge.thread(chat)) if t[:2] in (SOON + " ", LATE)] for chat in chats]


def pinged(bridge: Bridge) -> list[list[str]]:
    """Whom the lines of each thread ping."""
    chats = (bridge.discord, bridge.slack)
    shown = [[each.post.ping for each in chat.shown[bridge.thread(chat)]] for chat in chats]
    return [[ping.id for ping in pings if ping is not None] for pings in shown]


async def test_a_reminder_at_three_quarters_and_when_it_is_broken(tmp_path: Path) -> None:
    """Each once, in both threads; where nobody has the ticket, the store's role is pinged in its chat."""
    async with promising(tmp_path) as bridge:
        await asyncio.sleep(3 * HOUR - 120)
        assert told(bridge) == [[], []]
        await asyncio.sleep(240)
        assert told(bridge) == [[SOON], [SOON]]
        await asyncio.sleep(HOUR)
        assert told(bridge) == [[SOON, LATE], [SOON, LATE]]
        await asyncio.sleep(6 * HOUR)
        assert told(bridge) == [[SOON, LATE], [SOON, LATE]]
        assert pinged(bridge) == [[ROLE.id, ROLE.id], []]
        lines = bridge.discord.texts(bridge.thread(bridge.discord))[1:]
        assert lines[0].startswith("⏳ This ticket needs its first answer by ")
        assert lines[1].startswith("⚠️ This ticket is late: its customer was promised a first answer by ")
        assert lines[1].endswith(" (UTC).")


async def test_who_has_the_ticket_is_pinged_in_their_chat(tmp_path: Path) -> None:
    """And not the role."""
    async with promising(tmp_path) as bridge:
        await bridge.asks(bridge.slack, Verb.TAKE, agent=BOB)
        await asyncio.sleep(5 * HOUR)
        assert (told(bridge), pinged(bridge)) == ([[SOON, LATE]] * 2, [[], [BOB.id, BOB.id]])


async def test_who_has_the_ticket_in_a_chat_that_is_gone_is_not_the_only_one_to_be_pinged(tmp_path: Path) -> None:
    """They would not read it: then it is as if nobody had the ticket."""
    async with promising(tmp_path) as bridge:
        await bridge.asks(bridge.slack, Verb.TAKE, agent=BOB)
    async with promising(tmp_path, bridge, without=SLACK):
        await asyncio.sleep(5 * HOUR)
        assert pinged(bridge) == [[ROLE.id, ROLE.id], []]


async def test_an_answer_keeps_the_promise_and_a_new_question_makes_a_new_one(tmp_path: Path) -> None:
    """From when the customer wrote again; more messages of theirs do not put it off."""
    async with promising(tmp_path) as bridge:
        await asyncio.sleep(HOUR)
        await bridge.says(bridge.discord, "m1", "An answer.")
        await asyncio.sleep(5 * HOUR)
        assert told(bridge) == [[], []]
        bridge.vendor.customer_writes("t1", "And now?", name="Jane")
        bridge.app.nudge(MAIN)
        await asyncio.sleep(3 * HOUR)
        bridge.vendor.customer_writes("t1", "Hello??", name="Jane")
        bridge.app.nudge(MAIN)
        await asyncio.sleep(3 * HOUR + 120)
        assert told(bridge) == [[SOON], [SOON]]
        assert "needs an answer by" in bridge.discord.texts(bridge.thread(bridge.discord))[-1]
        await bridge.says(bridge.discord, "m2", "Another answer.")
        await asyncio.sleep(3 * HOUR)
        assert told(bridge) == [[SOON], [SOON]]


@pytest.mark.parametrize("how", ["snoozed", "closed", "gone", "no promise", "forgotten"])
async def test_nobody_is_reminded_of_what_does_not_wait(tmp_path: Path, how: str) -> None:
    """Whoever snoozed a ticket knows; after that a promise that was broken long before pings nobody."""
    async with promising(tmp_path, first=None if how == "no promise" else 4) as bridge:
        if how == "snoozed":
            await bridge.asks(bridge.discord, Verb.SNOOZE, words="12h")
        elif how == "closed":
            await bridge.asks(bridge.discord, Verb.CLOSE)
        elif how != "no promise":

            def ends(tx: Transaction) -> None:
                column = "gone_at" if how == "gone" else "forgotten"
                tx._connection.execute(f"UPDATE tickets SET {column} = 1")

            await bridge.database.write(ends)
            bridge.vendor.fail["changes"] = []
        await asyncio.sleep(6 * HOUR)
        assert told(bridge) == [[], []]
        if how == "snoozed":
            await asyncio.sleep(7 * HOUR)
            assert (told(bridge), pinged(bridge)) == ([[LATE], [LATE]], [[ANN.id], []])


@pytest.mark.parametrize(
    ("hours", "said", "pings"),
    [
        (3.5, [SOON], [ROLE.id]),
        (4.5, [LATE], [ROLE.id]),
        (7.0, [LATE], []),
        (40.0, [], []),
    ],
)
async def test_what_was_due_during_downtime(tmp_path: Path, hours: float, said: list[str], pings: list[str]) -> None:
    """Told late only once, pinging nobody after an hour, and after a day only recorded."""
    async with promising(tmp_path) as bridge:
        await bridge.at_rest()
    await asyncio.sleep(hours * HOUR)
    async with promising(tmp_path, bridge) as bridge:
        await asyncio.sleep(300)
        assert (told(bridge), pinged(bridge)) == ([said, said], [pings, []])
    async with promising(tmp_path, bridge) as bridge:
        await asyncio.sleep(300)
        assert told(bridge) == [said, said]
        rows = await bridge.database.read(
            lambda tx: [dict(row) for row in tx.all("tickets_to_remind_of", stores='["main"]')]
        )
        assert [row["reminded"] for row in rows] == (["soon"] if said == [SOON] else [])


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_changed_clock_tells_nothing_twice(tmp_path: Path, hours: int) -> None:
    """Wherever it goes between the reminders."""
    async with promising(tmp_path) as bridge:
        clock = bridge.app._clock
        assert isinstance(clock, SimulatedClock)
        await asyncio.sleep(3 * HOUR + 120)
        clock.skew = hours * HOUR
        await asyncio.sleep(600)
        clock.skew = 0
        await asyncio.sleep(4 * HOUR)
        assert told(bridge) == [[SOON, LATE], [SOON, LATE]]


async def test_a_clock_that_was_days_ahead_hides_no_reminder(tmp_path: Path) -> None:
    """For a while every promise seemed broken so long ago that nobody was told; then each is told of in its time."""
    async with promising(tmp_path) as bridge:
        clock = bridge.app._clock
        assert isinstance(clock, SimulatedClock)
        await asyncio.sleep(HOUR)
        clock.skew = 48 * HOUR
        await asyncio.sleep(600)
        assert told(bridge) == [[], []]
        clock.skew = 0
        await asyncio.sleep(4 * HOUR)
        assert told(bridge) == [[SOON, LATE], [SOON, LATE]]


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
async def test_a_customer_who_wrote_in_the_year_1_silences_nobody(tmp_path: Path, moment: datetime) -> None:
    """A vendor writes such a time where it knows none: the bridge goes on, and others are reminded of."""
    async with promising(tmp_path) as bridge:
        bridge.vendor.customer_writes("t2", "When did I write this?")
        absurd = bridge.vendor.said[TicketId("t2")]
        absurd[:] = [replace(message, written_at=moment) for message in absurd]
        await asyncio.sleep(5 * HOUR)
        await bridge.ticket_arrives("t3", "And now?")
        assert any(line.startswith(LATE) for lines in told(bridge) for line in lines)


async def test_a_defect_in_a_reminder_ends_only_that(tmp_path: Path) -> None:
    """Tickets go on to arrive, and a minute later reminders begin anew."""
    async with promising(tmp_path) as bridge:
        with patch.object(reminders_module, "reminders", side_effect=ZeroDivisionError), capture_logs() as logged:
            await asyncio.sleep(5 * HOUR)
            await bridge.ticket_arrives("t3", "Is anybody there?")
        assert {"unexpected exception"} <= {each["event"] for each in logged}
        await asyncio.sleep(120)
        assert any(line.startswith(LATE) for lines in told(bridge) for line in lines)


@pytest.mark.takes(4)
async def test_very_many_broken_promises(tmp_path: Path) -> None:
    """More than one transaction takes: each is told once."""
    async with promising(tmp_path) as bridge:
        for number in range(2, 131):
            bridge.vendor.customer_writes(f"t{number}", f"Hello {number}", name="Jane")
        await bridge.at_rest()
        await asyncio.sleep(5 * HOUR)
        await bridge.at_rest()
        for thread in bridge.discord.threads():
            assert [text[:1] for text in bridge.discord.texts(thread)[1:]] == [SOON[:1], LATE[:1]]
