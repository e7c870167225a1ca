"""Figures that a process of its own counts."""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from bot.db.connection import Database, Transaction
from bot.db.rows import to_ms
from bot.model import Colleague, Hours, Person, PersonId, StoreName
from bot.tickets.figures import process
from bot.tickets.figures.process import Counting, Question
from bot.tickets.figures.stats import report
from tests.support.waiting import until

MAIN = StoreName("main")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ANN = Colleague(person=Person(id=PersonId("agent:ann"), name="Ann"), chats={"discord": "1"})
OPENED = Hours(zone=BERLIN, week=((((9 * 60, 18 * 60),),) * 5 + ((), ())))


def fill(tx: Transaction) -> None:
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=MAIN)
    at = to_ms(NOW - timedelta(days=1))
    tx._connection.execute(
        "INSERT INTO tickets (store, vendor_id, subject, status, facts, created_at, fingerprint)"
        " VALUES ('main', '1', 'Key', 'open', '[]', ?, 'x')",
        (at,),
    )
    tx.run("add_answer", store=MAIN, is_first=1, at=at + 9000, ticket=1001, since=at, agent="discord:1")


@pytest.fixture
async def question(tmp_path: Path) -> Question:
    """About a file with one answer."""
    database = await Database.open(tmp_path / "db")
    await database.write(fill)
    await database.aclose()
    hours = {MAIN: OPENED, StoreName("other"): None}
    return Question(database=tmp_path / "db", hours=hours, days=30, now=NOW, zone=BERLIN, colleagues=(ANN,))


async def test_the_figures_are_the_same(question: Question) -> None:
    """With open hours, days of the time zone and people's names."""
    found = await Counting()(question)
    database = await Database.open_to_read(question.database)
    try:
        here = await database.read(report, question.hours, 30, NOW, BERLIN, question.colleagues)
    finally:
        await database.aclose()
    assert found == here
    assert [(each.name, each.first_answer.amount) for each in here.total.agents] == [("Ann", 1)]


async def test_what_cannot_be_counted_is_logged(question: Question) -> None:
    """A missing file, and no time: there is no answer, and the log says why."""
    with capture_logs() as logs:
        assert await Counting()(replace(question, database=question.database.with_name("none"))) is None
        assert await Counting(seconds=0)(question) is None
    assert [log["event"] for log in logs] == ["figures not counted"] * 2
    assert "There is no database at" in logs[0]["reason"]
    assert logs[1]["reason"] == "it took longer than 0 seconds"


async def test_a_process_that_counts_for_too_long_is_ended(question: Question, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would go on beside the bridge, and with it each one that is asked for after it."""
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def never_ends(*_: str, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(sys.executable, "-c", "import time; time.sleep(1000)", **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", never_ends)
    counting = asyncio.create_task(Counting()(question))
    await until(lambda: started, "it counts")
    counting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await counting
    assert [each.returncode for each in started] == [-signal.SIGKILL]


def test_the_program_answers_one_question(question: Question, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads it, counts behind everything else on the machine, and writes the figures and nothing besides."""
    written = io.BytesIO()
    nicer: list[int] = []
    monkeypatch.setattr(os, "nice", nicer.append)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pickle.dumps(question))))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written))
    process.main()
    found = pickle.loads(written.getvalue())
    assert [each.name for each in found.total.agents] == ["Ann"]
    assert nicer[0] > 0
