"""The figures of `/stats`, counted from what is recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.db.connection import Transaction
from bot.db.rows import to_ms
from bot.model import StoreName
from bot.tickets.figures.stats import Figures, Medians, chat_table, figures, table
from tests.support.database import read, write

MAIN = StoreName("main")
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def add(
    tx: Transaction,
    *,
    created: datetime,
    answered_after: timedelta | None = None,
    closed_after: timedelta | None = None,
    awaiting: str | None = None,
    gone: bool = False,
) -> None:
    """One ticket with its times."""
    tx.run("add_store", name=MAIN)
    vendor_id = str(tx._connection.execute("SELECT COUNT(*) FROM tickets").fetchone()[0])
    number = tx.add("insert_ticket", store=MAIN, vendor_id=vendor_id, status="open", created_at=to_ms(created))
    values = {
        "first_response_at": None if answered_after is None else to_ms(created + answered_after),
        "closed_at": None if closed_after is None else to_ms(created + closed_after),
        "status": "open" if closed_after is None else "closed",
        "awaiting": awaiting,
        "gone_at": to_ms(created) if gone else None,
    }
    setting = ", ".join(f"{name} = :{name}" for name in values)
    tx._connection.execute(f"UPDATE tickets SET {setting} WHERE number = :number", {**values, "number": number})


async def counted(path: Path, *, days: int = 7, now: datetime = NOW) -> Figures:
    return await read(path, figures, MAIN, days, now)


async def test_an_empty_store_has_zeros_and_dashes(tmp_path: Path) -> None:
    """Nothing recorded yet is shown as nothing, not as an error and not as a median of zero."""
    await write(tmp_path / "db", lambda tx: tx.run("add_store", name=MAIN))
    found = await counted(tmp_path / "db")
    assert (found.open, found.closed, found.waiting_for_us) == (0, 0, 0)
    assert found.medians == tuple(Medians(days=d, first_response=None, time_to_close=None) for d in (None, 30, 7))
    assert "first response             –           –           –" in table([found])


async def test_open_closed_and_waiting_are_counted(tmp_path: Path) -> None:
    """Waiting for us are open tickets whose turn is ours; a ticket that is gone at the vendor counts nowhere."""

    def fill(tx: Transaction) -> None:
        add(tx, created=NOW, awaiting="us")
        add(tx, created=NOW, awaiting="us")
        add(tx, created=NOW, awaiting="customer")
        add(tx, created=NOW, awaiting="us", closed_after=timedelta(hours=1))
        add(tx, created=NOW, awaiting="us", gone=True)

    await write(tmp_path / "db", fill)
    found = await counted(tmp_path / "db")
    assert (found.open, found.closed, found.waiting_for_us) == (3, 1, 2)


async def test_new_tickets_are_counted_by_day_in_utc(tmp_path: Path) -> None:
    """Today is last and begins at midnight UTC; a day without a ticket is a zero, an older day is left out."""

    def fill(tx: Transaction) -> None:
        midnight = NOW.replace(hour=0, minute=0)
        add(tx, created=midnight)
        add(tx, created=midnight - timedelta(milliseconds=1))
        add(tx, created=midnight - timedelta(days=2))
        add(tx, created=midnight - timedelta(days=2, milliseconds=1))

    await write(tmp_path / "db", fill)
    assert (await counted(tmp_path / "db", days=3)).new == (("2026-11-18", 1), ("2026-11-19", 1), ("2026-11-20", 1))
    assert (await counted(tmp_path / "db", days=1)).new == (("2026-11-20", 1),)
    tomorrow = await counted(tmp_path / "db", days=2, now=NOW + timedelta(days=1))
    assert tomorrow.new == (("2026-11-20", 1), ("2026-11-21", 0))


@pytest.mark.parametrize(
    ("minutes", "median"),
    [([10], 600.0), ([10, 30, 20], 1200.0), ([10, 20, 30, 100], 1500.0)],
)
async def test_the_first_response_is_a_median(tmp_path: Path, minutes: list[int], median: float) -> None:
    """The middle one, or the mean of the two in the middle, in seconds; unanswered tickets do not count."""

    def fill(tx: Transaction) -> None:
        for span in minutes:
            add(tx, created=NOW - timedelta(days=1), answered_after=timedelta(minutes=span))
        add(tx, created=NOW - timedelta(days=1))

    await write(tmp_path / "db", fill)
    assert [each.first_response for each in (await counted(tmp_path / "db")).medians] == [median] * 3


async def test_the_windows_look_back_so_many_days(tmp_path: Path) -> None:
    """First response: tickets created in the window. Time to close: tickets closed in it. All time: every one."""

    def fill(tx: Transaction) -> None:
        add(tx, created=NOW - timedelta(days=3), answered_after=timedelta(hours=1), closed_after=timedelta(days=1))
        add(tx, created=NOW - timedelta(days=20), answered_after=timedelta(hours=3), closed_after=timedelta(days=18))
        add(tx, created=NOW - timedelta(days=90), answered_after=timedelta(hours=5), closed_after=timedelta(days=2))

    await write(tmp_path / "db", fill)
    hour, day = 3600.0, 86_400.0
    assert (await counted(tmp_path / "db")).medians == (
        Medians(days=None, first_response=3 * hour, time_to_close=2 * day),
        Medians(days=30, first_response=2 * hour, time_to_close=9.5 * day),
        Medians(days=7, first_response=hour, time_to_close=9.5 * day),
    )


async def test_times_that_cannot_be_are_left_out(tmp_path: Path) -> None:
    """A vendor's clock that puts an answer before its question does not make a negative median."""
    await write(
        tmp_path / "db",
        lambda tx: add(tx, created=NOW, answered_after=timedelta(minutes=-5), closed_after=timedelta(minutes=-1)),
    )
    assert {(each.first_response, each.time_to_close) for each in (await counted(tmp_path / "db")).medians} == {
        (None, None)
    }


async def test_stores_do_not_mix(tmp_path: Path) -> None:
    """Another store's tickets are counted there only."""

    def fill(tx: Transaction) -> None:
        add(tx, created=NOW)
        tx.run("add_store", name="other")

    await write(tmp_path / "db", fill)
    assert (await read(tmp_path / "db", figures, StoreName("other"), 7, NOW)).open == 0


def test_the_table_reads_as_a_table() -> None:
    """Fixed columns, the busiest day with the longest bar, and a blank line between stores."""
    shown = Figures(
        store=MAIN,
        open=12,
        closed=340,
        waiting_for_us=5,
        new=(("2026-11-19", 2), ("2026-11-20", 4)),
        medians=(
            Medians(days=None, first_response=754.0, time_to_close=187_200.0),
            Medians(days=30, first_response=40.0, time_to_close=11_100.0),
            Medians(days=7, first_response=None, time_to_close=None),
        ),
    )
    assert table([shown]).splitlines() == [
        "main",
        "  open 12 · closed 340 · waiting for us 5",
        "  median              all time     30 days      7 days",
        "  first response        12 min        40 s           –",
        "  time to close        2 d 4 h  3 h 05 min           –",
        "  new per day (UTC)",
        "    2026-11-19    2 ██████████",
        "    2026-11-20    4 ████████████████████",
    ]
    assert table([shown, shown]) == f"{table([shown])}\n\n{table([shown])}"


def test_the_json_has_the_same_names() -> None:
    """Programs read what the dataclass calls it."""
    shown = Figures(store=MAIN, open=1, closed=2, waiting_for_us=1, new=(("2026-11-20", 1),), medians=())
    assert shown.as_json() == {
        "store": "main",
        "open": 1,
        "closed": 2,
        "waiting_for_us": 1,
        "new": (("2026-11-20", 1),),
        "medians": (),
    }


def figures_of(name: str, *, days: int, waiting: int = 0) -> Figures:
    medians = tuple(Medians(days=d, first_response=1e7, time_to_close=1e7) for d in (None, 30, 7))
    new = tuple((f"2026-01-{day:02}", 9_999) for day in range(1, days + 1))
    return Figures(store=StoreName(name), open=99_999, closed=999_999, waiting_for_us=waiting, new=new, medians=medians)


@pytest.mark.parametrize("days", [1, 7, 20, 21, 30, 365])
@pytest.mark.parametrize("stores", [1, 2, 3, 5, 20, 21, 50, 1000])
def test_a_table_for_a_chat_is_whole(stores: int, days: int) -> None:
    """Whatever is asked for, no store and no day is cut in two, and nothing is left out without a word."""
    asked = [figures_of(f"store_with_a_very_long_name_{number}", days=days) for number in range(stores)]
    shown = chat_table(asked)
    assert len(shown) <= 1_700
    lines = shown.splitlines()
    if stores <= 2:
        rows = [line for line in lines if line.startswith("    2026")]
        assert sum(int(row.split()[1]) for row in rows) == stores * days * 9_999
    else:
        assert len(lines) == 1 + min(stores, 20) + 1 + (stores > 20)
        assert lines[min(stores, 20) + 1].split()[:3] == ["all", "stores", str(stores * 99_999)]
        assert (f"{stores - 20} more store" in lines[-1]) == (stores > 20)


def test_of_many_stores_those_with_most_waiting_come_first() -> None:
    """What has to be done is not what is left out."""
    asked = [figures_of(f"s{number}", days=7, waiting=number) for number in range(30)]
    assert [line.split()[0] for line in chat_table(asked).splitlines()[1:4]] == ["s29", "s28", "s27"]
