"""What is counted when people really write, answer, close and reopen: in both chats and at the vendor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.drawing.chart import Chart
from bot.model import Status, TicketId, Verb
from bot.tickets.figures.stats import AgentFigures, Figures, figures, report
from tests.support.memory.bridge import ANN, MAIN, Bridge, default_vendor, running
from tests.support.simulation.loop import now
from tests.support.waiting import until

pytestmark = pytest.mark.simulated

HOUR = 3600.0
PICTURE = b"\x89PNG a picture"


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[Bridge]:
    """A bridge with one ticket, of which the customer has just written."""
    async with running(tmp_path / "db") as bridge:
        await bridge.sweeps(1)
        await bridge.ticket_arrives()
        yield bridge


async def counted(bridge: Bridge) -> Figures:
    return await bridge.database.read(figures, MAIN, 7, now())


async def by_agent(bridge: Bridge) -> list[AgentFigures]:
    return list((await bridge.database.read(report, {MAIN: None}, 7, now(), colleagues=[ANN])).total.agents)


async def sends(bridge: Bridge, message: str, text: str, chat: str = "discord") -> None:
    """An agent answers, and the vendor has it."""
    await bridge.says(bridge.discord if chat == "discord" else bridge.slack, message, text)
    await until(lambda: text in bridge.vendor.texts("t1"))
    await bridge.drained()


async def customer_says(bridge: Bridge, text: str) -> None:
    bridge.vendor.customer_writes("t1", text)
    await bridge.sweeps(1)
    await bridge.drained()


def near(seconds: float | None, hours: float) -> bool:
    """Within two minutes: a message is on its way for some seconds."""
    return seconds is not None and abs(seconds - hours * HOUR) < 120


async def test_a_first_answer_and_a_next_one(bridge: Bridge) -> None:
    """Each once, however often the store is looked through afterwards; with whose it is."""
    await asyncio.sleep(2 * HOUR)
    await sends(bridge, "m1", "The first")
    await sends(bridge, "m2", "One more word")
    await customer_says(bridge, "And now?")
    await customer_says(bridge, "Hello?")
    await asyncio.sleep(HOUR)
    await sends(bridge, "m3", "The second", "slack")
    await bridge.at_rest()
    found = await counted(bridge)
    assert (found.first_answer.amount, found.next_answer.amount) == (1, 1)
    assert near(found.first_answer.median, 2)
    assert near(found.next_answer.median, 1)
    (ann,) = await by_agent(bridge)
    assert (ann.name, ann.answers, ann.first_answer.amount) == ("Ann", 2, 1)


async def test_a_note_is_no_answer(bridge: Bridge) -> None:
    """Nor is what failed; the customer waits on."""
    await bridge.says(bridge.discord, "m1", "// for us")
    await bridge.drained()
    assert (await counted(bridge)).first_answer.amount == 0


async def test_what_a_colleague_answers_at_the_vendor_counts_there(bridge: Bridge) -> None:
    """By the vendor's times, as nobody's of a chat."""
    await asyncio.sleep(3 * HOUR)
    bridge.vendor.colleague_writes("t1", "From the dashboard")
    await bridge.sweeps(2)
    await bridge.drained()
    assert near((await counted(bridge)).first_answer.median, 3)
    assert [(each.agent, each.answers) for each in await by_agent(bridge)] == [("", 1)]


async def test_a_reply_whose_outcome_was_lost_is_found_and_counted_once(bridge: Bridge) -> None:
    """It belongs to who wrote it, also if a sweep finds it."""
    bridge.vendor.lose.add("reply")
    await bridge.says(bridge.discord, "m1", "Did it arrive?")
    await until(lambda: "Did it arrive?" in bridge.vendor.texts("t1"))
    bridge.vendor.lose.clear()
    await bridge.at_rest()
    assert (await counted(bridge)).first_answer.amount == 1
    assert [(each.name, each.answers) for each in await by_agent(bridge)] == [("Ann", 1)]


async def test_a_closing_belongs_to_who_asked_for_it(bridge: Bridge) -> None:
    """Opened again it is taken back, and closed again it counts again, from the opening on."""
    await asyncio.sleep(5 * HOUR)
    await bridge.asks(bridge.discord, Verb.CLOSE)
    await bridge.at_rest()
    found = await counted(bridge)
    assert (found.closed, found.time_to_close.amount, found.first_answer.amount) == (1, 1, 0)
    assert [(each.name, each.time_to_close.amount) for each in await by_agent(bridge)] == [("Ann", 1)]
    await bridge.asks(bridge.discord, Verb.REOPEN)
    await bridge.at_rest()
    found = await counted(bridge)
    assert (found.open, found.closed, found.time_to_close.amount) == (1, 0, 0)
    await asyncio.sleep(5 * HOUR)
    bridge.vendor.set("t1", Status.CLOSED)
    await bridge.sweeps(2)
    await bridge.drained()
    assert near((await counted(bridge)).time_to_close.median, 10)
    assert [(each.agent, each.time_to_close.amount) for each in await by_agent(bridge)] == [("", 1)]


async def test_closing_without_an_answer_ends_the_wait(bridge: Bridge) -> None:
    """A customer who writes again waits from then on, not from before it was closed."""
    await bridge.asks(bridge.discord, Verb.CLOSE)
    await bridge.drained()
    await asyncio.sleep(4 * HOUR)
    bridge.vendor.set("t1", Status.OPEN)
    await customer_says(bridge, "It does not work after all")
    await asyncio.sleep(2 * HOUR)
    await sends(bridge, "m1", "Here you are")
    await bridge.at_rest()
    found = await counted(bridge)
    assert near(found.first_answer.median, 2)


@pytest.mark.parametrize("is_first_contact", [True, False])
async def test_an_opening_that_nobody_tells(tmp_path: Path, is_first_contact: bool) -> None:
    """At first contact the ticket is left out, for it may be years old; a later one was opened when it was seen."""
    vendor = default_vendor()

    def arrives() -> None:
        vendor.customer_writes("t1", "Hello?")
        vendor.tickets[TicketId("t1")] = replace(vendor.tickets[TicketId("t1")], created_at=None)

    if is_first_contact:
        arrives()
    async with running(tmp_path / "db", vendor=vendor) as bridge:
        await bridge.sweeps(1)
        arrives()
        await bridge.sweeps(2)
        assert (await counted(bridge)).new[-1][1] == (0 if is_first_contact else 1)


async def test_the_picture_goes_with_the_answer(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its words; without a drawing, and with one that fails, the answer is the same without it."""
    without = await bridge.asks(bridge.slack, Verb.STATS)
    assert without.picture is None
    asked: list[Chart] = []
    requests = bridge.app._intake._commands._anywhere[Verb.STATS].__self__  # type: ignore[attr-defined]

    async def draw(chart: Chart) -> bytes | None:
        asked.append(chart)
        return PICTURE if len(asked) == 1 else None

    monkeypatch.setattr(requests, "_draw", draw)
    drawn, failed = await bridge.asks(bridge.slack, Verb.STATS), await bridge.asks(bridge.slack, Verb.STATS)
    assert drawn.picture is not None
    assert failed.picture is not None
    assert asked == [], "whoever asks does not wait for it"
    picture = await drawn.picture()
    assert picture is not None
    assert picture.content == PICTURE
    assert picture.alternative.startswith(
        "Charts of main · 7 days: 1 new ticket and 0 closed; 1 is open, and 1 waits for us."
    )
    assert (await failed.picture(), failed.table) == (None, drawn.table)
    assert asked[0].by_day.values[-1] == (1, 0)
    assert [bars.title for bars in asked[0].bars] == ["Waiting for us now, by age"]
