"""This machine's clock is set back: what the database has for the future comes back with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from structlog.testing import capture_logs

from bot.db.connection import Database, Transaction
from bot.db.rows import from_ms, to_ms
from bot.model import ChannelId, ChatName, Place, StoreName
from bot.outbound.clock_rollback import ClockRollback
from bot.tickets import announcements
from tests.support.clocks import ManualClock
from tests.support.memory.vendor import START

CHANNEL = Place(chat=ChatName("discord"), channel=ChannelId("1"))
MAIN = StoreName("main")


def fill(tx: Transaction, now: datetime, *pauses: timedelta) -> None:
    """Deliveries that wait so long, a store that was swept and is in trouble, a backup that took over."""
    for pause in pauses:
        line = announcements.announce(tx, CHANNEL, "Hello", now)
        tx.run("set_due", id=line, due=to_ms(now + pause))
    tx.run("add_store", name=MAIN)
    tx.run("set_store_asked", name=MAIN, now=to_ms(now))
    tx.run("set_store_swept", name=MAIN, now=to_ms(now), full=True)
    tx.run("set_store_active", name=MAIN, at=to_ms(now))
    tx.run("set_store_incident", name=MAIN, incident="down", now=to_ms(now))
    tx.run("add_installation", key_prefix="a")
    tx.run("mark_as_backup")
    tx.run("mark_as_restored", now=to_ms(now))


def waits(tx: Transaction, now: datetime) -> list[timedelta]:
    return [from_ms(row["due_at"]) - now for row in tx.all("unfinished_deliveries")]


def moments(tx: Transaction) -> set[int]:
    """Every other moment that `fill` wrote down."""
    (store,), restored = tx.all("stores"), tx.one("restored_at")
    assert restored is not None
    created = {row["created_at"] for row in tx.all("unfinished_deliveries")}
    names = ("swept_at", "fully_swept_at", "active_at", "incident_since", "asked_since")
    return {*(store[name] for name in names), restored["restored_at"], *created}


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def test_while_it_runs_it_is_noticed_and_reported_once(tmp_path: Path) -> None:
    """Each pause stays as long as it was; since when something is so is not in the future."""
    database, clock = await Database.open(tmp_path / "db"), ManualClock(START)
    set_back = ClockRollback(database, clock)
    await database.write(fill, clock.now(), 5 * MINUTE, HOUR)
    with capture_logs() as logs:
        clock.advance(5)
        await set_back.check()
        clock.advance(5)
        clock.time -= DAY
        await set_back.check()
        await set_back.check()
    assert [entry["seconds"] for entry in logs] == [86_400]
    passed = timedelta(seconds=10)
    assert await database.read(waits, clock.now()) == [5 * MINUTE - passed, HOUR - passed]
    assert await database.read(moments) == {to_ms(clock.now())}
    await database.aclose()


async def test_what_is_moved_by_little_or_forward_stays(tmp_path: Path) -> None:
    """A machine that slept, and one whose clock is kept right, have not been set back."""
    database, clock = await Database.open(tmp_path / "db"), ManualClock(START)
    set_back = ClockRollback(database, clock)
    await database.write(fill, clock.now(), HOUR)
    with capture_logs() as logs:
        for moved in (timedelta(seconds=30), -HOUR / 2):
            clock.advance(5)
            clock.time -= moved
            await set_back.check()
    assert logs == []
    assert await database.read(waits, START) == [HOUR]
    await database.aclose()


async def test_at_start_by_the_last_moment_in_the_file(tmp_path: Path) -> None:
    """Nothing waits for longer than it would have; and never for longer than a pause can be."""
    database, clock = await Database.open(tmp_path / "db"), ManualClock(START)
    await database.write(fill, clock.now(), 5 * MINUTE, HOUR, 30 * DAY)
    clock.advance(600)
    clock.time -= 3 * DAY
    with capture_logs() as logs:
        await ClockRollback(database, clock).check_at_start()
        await ClockRollback(database, clock).check_at_start()
    assert len(logs) == 1
    assert await database.read(waits, clock.now()) == [5 * MINUTE, HOUR, timedelta()]
    assert await database.read(moments) == {to_ms(clock.now())}
    await database.aclose()
