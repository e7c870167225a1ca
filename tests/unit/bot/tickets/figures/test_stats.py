"""The figures of `/stats`, counted from what is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from bot.db.connection import Transaction
from bot.db.rows import to_ms
from bot.model import Colleague, Person, PersonId, StoreName
from bot.tickets.figures import work_done
from bot.tickets.figures.stats import AgentFigures, Figures, Medians, Report, figures, report
from bot.tickets.figures.tables import LONGEST, chat_table, table
from bot.tickets.figures.times import Times
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


def alone(*found: Figures) -> Report:
    if len(found) == 1:
        return Report(stores=found, total=replace(found[0], store=StoreName("")))
    return Report(
        stores=found, total=Figures(store=StoreName(""), open=0, closed=0, waiting_for_us=0, new=(), medians=())
    )


async def counted(path: Path, *, days: int = 7, now: datetime = NOW) -> Figures:
    return await read(path, figures, MAIN, days, now)


async def test_an_empty_store_has_zeros_and_dashes(tmp_path: Path) -> None:
    """Nothing recorded yet is shown as nothing, not as an error and not as a median of zero."""
    await write(tmp_path / "db", lambda tx: tx.run("add_store", name=MAIN))
    found = await counted(tmp_path / "db")
    assert (found.open, found.closed, found.waiting_for_us) == (0, 0, 0)
    assert found.medians == tuple(Medians(days=d, first_response=None, time_to_close=None) for d in (None, 30, 7))
    assert "first answer         0           –           –" in table(alone(found))


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
        snoozed=2,
        days=2,
        new=(("2026-11-19", 2), ("2026-11-20", 4)),
        closed_by_day=(("2026-11-19", 0), ("2026-11-20", 3)),
        medians=(),
        first_answer=Times(amount=12, median=754.0, p90=11_100.0, median_open=40.0, p90_open=754.0),
        next_answer=Times(amount=3, median=40.0, p90=187_200.0),
        waiting=(3, 0, 1, 0, 1),
        agents=(
            AgentFigures(
                agent="discord:1",
                name="Ann",
                first_answer=Times(amount=12, median=754.0),
                next_answer=Times(amount=2, median=40.0),
                time_to_close=Times(amount=3),
            ),
            AgentFigures(agent="", name="", first_answer=Times(), next_answer=Times(amount=1), time_to_close=Times()),
        ),
    )
    assert table(alone(shown)).splitlines() == [
        "main",
        "  open 12 · closed 340 · waiting for us 5 · snoozed 2",
        "  waiting under 1 h: 3 · 4 to 24 h: 1 · over 3 days: 1",
        "  2 days          number      median     9 of 10",
        "  first answer        12      12 min  3 h 05 min",
        "    in open hours               40 s      12 min",
        "  next answer          3        40 s     2 d 4 h",
        "  time to close        0           –           –",
        "  by day (UTC)         new closed",
        "    2026-11-19           2      0 ██████████",
        "    2026-11-20           4      3 ████████████████████",
        "  agent            answers first answer next answer closed",
        "  Ann                   14       12 min        40 s      3",
        "  at the vendor          1            –           –      0",
    ]
    without = replace(shown, agents=())
    assert table(alone(without)).splitlines() == table(alone(shown)).splitlines()[:-3]
    both = table(alone(without, without))
    assert both.startswith(f"{table(alone(without))}\n\n{table(alone(without))}\n\nall stores")


def test_the_json_has_the_same_names() -> None:
    """Programs read what the dataclass calls it."""
    shown = Figures(store=MAIN, open=1, closed=2, waiting_for_us=1, new=(("2026-11-20", 1),), medians=())
    found = shown.as_json()
    before = ("store", "open", "closed", "waiting_for_us", "new", "medians")
    assert [found[name] for name in before] == ["main", 1, 2, 1, (("2026-11-20", 1),), ()]
    assert found["first_answer"] == {"amount": 0, "median": None, "p90": None, "median_open": None, "p90_open": None}
    added = {
        "days",
        "time_zone",
        "snoozed",
        "closed_by_day",
        "next_answer",
        "time_to_close",
        "times_of_each",
        "waiting",
    }
    assert set(found) == {*before, "first_answer", "agents", *added}


def figures_of(name: str, *, days: int, waiting: int = 0, agents: int = 0) -> Figures:
    new = tuple((f"2026-{day // 28 + 1:02}-{day % 28 + 1:02}", 9_999) for day in range(days))
    long = Times(amount=999_999, median=1e7, p90=1e7, median_open=1e7, p90_open=1e7)
    return Figures(
        store=StoreName(name),
        open=99_999,
        closed=999_999,
        waiting_for_us=waiting,
        snoozed=9_999,
        new=new,
        closed_by_day=new,
        medians=(),
        days=days,
        first_answer=long,
        next_answer=long,
        time_to_close=long,
        times_of_each=4,
        waiting=(9_999,) * 5,
        agents=tuple(
            AgentFigures(agent=f"slack:{n}", name="A" * 40, first_answer=long, next_answer=long, time_to_close=long)
            for n in range(agents)
        ),
    )


@pytest.mark.parametrize("agents", [0, 1, 60])
@pytest.mark.parametrize("days", [1, 7, 20, 21, 30, 365])
@pytest.mark.parametrize("stores", [0, 1, 2, 3, 5, 12, 13, 50, 1000])
def test_a_table_for_a_chat_is_whole(stores: int, days: int, agents: int) -> None:
    """Whatever is asked for, no store and no day is cut in two, and nothing is left out without a word."""
    asked = tuple(
        figures_of(f"store_with_a_very_long_name_{number}", days=days, waiting=9_999) for number in range(stores)
    )
    total = figures_of("", days=days, waiting=9_999, agents=agents)
    shown = chat_table(Report(stores=asked, total=total))
    assert len(shown) <= LONGEST
    lines = shown.splitlines()
    if 1 <= stores <= 2:
        rows = [line for line in lines if line.startswith("    2026")]
        assert sum(int(row.split()[1]) for row in rows) == stores * days * 9_999
        assert sum(int(row.split()[2]) for row in rows) == stores * days * 9_999
    else:
        assert lines[min(stores, 12) + 1].split()[:3] == ["all", "stores", "99999"]
        assert (f"{stores - 12} more store" in lines[min(stores, 12) + 2]) == (stores > 12)
    if agents:
        assert any(line.startswith("A" * 14 + "…") for line in lines)
    assert lines[-1].startswith("and ") == (agents > 10 or lines[-1].startswith("and "))
    if agents == 60:
        named = sum(line.startswith("A" * 14 + "…") for line in lines)
        assert lines[-1] == f"and {60 - named} more agents: see shopbell stats"


@pytest.mark.parametrize(
    ("days", "head", "first", "last"),
    [
        (14, "by day (UTC)", ("2026-01-01", 9_999), ("2026-01-14", 9_999)),
        (28, "by 2 days (UTC)", ("2026-01-01", 19_998), ("2026-01-27", 19_998)),
        (30, "by 3 days (UTC)", ("2026-01-01", 29_997), ("2026-01-28", 29_997)),
        (29, "by 3 days (UTC)", ("2026-01-01", 19_998), ("2026-01-27", 29_997)),
    ],
)
def test_rows_of_several_days_are_named_so(days: int, head: str, first: tuple[str, int], last: tuple[str, int]) -> None:
    """Else the tickets of a week are read as those of a day; what is not whole stands first, not today."""
    shown = figures_of("main", days=days)
    lines = chat_table(Report(stores=(shown,), total=shown)).splitlines()
    rows = [line.split() for line in lines if line.startswith("    2026")]
    assert sum(line.split(")")[0] + ")" == f"  {head}" for line in lines) == 1
    assert [(row[0], int(row[1])) for row in (rows[0], rows[-1])] == [first, last]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/ComodRivadavia"])
def test_days_stand_below_their_headings(zone: str) -> None:
    """However long the time zone's name is."""
    asked = (replace(figures_of("main", days=3), time_zone=zone),)
    lines = chat_table(Report(stores=asked, total=asked[0])).splitlines()
    (head,) = [line for line in lines if f"({zone})" in line]
    (first, *_) = [line for line in lines if line.startswith("    2026")]
    new = head.index(" new") + len(" new")
    assert first[:new].split()[-1] == first.split()[1]
    assert first[new] == " "


def test_of_many_stores_those_with_most_waiting_come_first() -> None:
    """What has to be done is not what is left out."""
    asked = tuple(figures_of(f"s{number}", days=7, waiting=number) for number in range(30))
    shown = chat_table(Report(stores=asked, total=figures_of("", days=7)))
    assert [line.split()[0] for line in shown.splitlines()[1:4]] == ["s29", "s28", "s27"]


async def test_closed_tickets_are_counted_by_day_until_they_are_opened_again(tmp_path: Path) -> None:
    """The last closing counts: opened again it is none, and closed again it is one of that day."""

    def close(tx: Transaction, days: int | None) -> None:
        closed_at = None if days is None else to_ms(NOW - timedelta(days=days))
        status = "open" if days is None else "closed"
        tx._connection.execute("UPDATE tickets SET status = ?, closed_at = ?", (status, closed_at))

    await write(tmp_path / "db", lambda tx: add(tx, created=NOW - timedelta(days=3)))
    shown = []
    for days in (2, None, 1):
        await write(tmp_path / "db", close, days)
        found = await counted(tmp_path / "db", days=3)
        shown.append(([amount for _, amount in found.closed_by_day], found.closed, found.time_to_close.median))
    assert shown == [([1, 0, 0], 1, 86_400.0), ([0, 0, 0], 0, None), ([0, 1, 0], 1, 2 * 86_400.0)]


async def test_a_ticket_opened_nobody_knows_when_is_not_new(tmp_path: Path) -> None:
    """At first contact a store would else have all of its past today."""

    def fill(tx: Transaction) -> None:
        add(tx, created=NOW, closed_after=timedelta(0))
        tx.run("set_opening_unknown", number=1001)

    await write(tmp_path / "db", fill)
    found = await counted(tmp_path / "db", days=1)
    assert (found.new, found.time_to_close.amount, found.closed) == ((("2026-11-20", 0),), 0, 1)


async def test_waiting_customers_are_counted_by_age(tmp_path: Path) -> None:
    """From when they began to wait; not those whose ticket is snoozed or waits for them."""

    def fill(tx: Transaction) -> None:
        for hours in (0, 1, 3, 4, 23, 24, 71, 72, 500):
            add(tx, created=NOW - timedelta(hours=hours), awaiting="us")
        add(tx, created=NOW, awaiting="us")
        tx._connection.execute("UPDATE tickets SET snoozed_until = 1 WHERE number = 1010")
        add(tx, created=NOW, awaiting="customer")

    await write(tmp_path / "db", fill)
    found = await counted(tmp_path / "db")
    assert (found.waiting, found.waiting_for_us, found.snoozed) == ((1, 2, 2, 2, 2), 9, 1)


async def test_one_person_in_both_chats_is_one_agent(tmp_path: Path) -> None:
    """By the settings; others are called what their chat calls them, and the vendor's own people stand last."""
    ann = Colleague(person=Person(id=PersonId("agent:ann"), name="Ann"), chats={"discord": "1", "slack": "U1"})

    def fill(tx: Transaction) -> None:
        for hours, agent in enumerate(("discord:1", "slack:U1", "slack:U2", None, None)):
            add(tx, created=NOW - timedelta(days=1))
            since = to_ms(NOW - timedelta(days=1))
            tx.run(
                "add_answer",
                store=MAIN,
                is_first=1,
                at=since + hours * 3_600_000,
                ticket=1001 + hours,
                since=since,
                agent=agent,
            )
        tx.run("set_agent", id="slack:U2", name="Bob")
        tx.run("set_agent", id="slack:U2", name="Bob B.")

    await write(tmp_path / "db", fill)
    found = await read(tmp_path / "db", lambda tx: report(tx, {MAIN: None}, 7, NOW, colleagues=[ann]))
    shown = [(each.name, each.answers, each.first_answer.median) for each in found.total.agents]
    assert shown == [("Ann", 2, 1800.0), ("Bob B.", 1, 7200.0), ("", 2, 12_600.0)]


async def test_of_very_many_answers_all_are_counted_and_some_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The amounts are exact, also each agent's and where none of theirs is measured; the table says what is not."""
    monkeypatch.setattr(work_done, "MOST", 10)

    def fill(tx: Transaction) -> None:
        for number in range(1, 12):
            add(tx, created=NOW - timedelta(days=6), closed_after=timedelta(hours=number))
            since = to_ms(NOW - timedelta(days=1))
            agent = None if number % 2 else f"slack:U{number // 4}"
            at = since + 1000 * (1000 + number)
            tx.run("add_answer", store=MAIN, is_first=0, at=at, ticket=1000 + number, since=since, agent=agent)
        # What a wrong clock makes negative is counted nowhere.
        tx.run("add_answer", store=MAIN, is_first=0, at=since - 1000, ticket=1002, since=since + 1, agent="slack:U1")

    await write(tmp_path / "db", fill)
    found = await read(tmp_path / "db", lambda tx: report(tx, {MAIN: None}, 7, NOW))
    shown = found.stores[0]
    assert (shown.times_of_each, shown.next_answer.amount, shown.time_to_close.amount) == (3, 11, 11)
    measured = [number for number in range(1001, 1012) if number % 3 == 0]
    assert shown.next_answer.median == median(measured)
    amounts = {each.agent: (each.next_answer.amount, each.time_to_close.amount) for each in found.total.agents}
    assert amounts == {"slack:U0": (1, 0), "slack:U1": (2, 0), "slack:U2": (2, 0), "": (6, 11)}
    assert "Times: of one ticket in 3, because there are so many." in table(found)


@pytest.mark.parametrize("amount", range(1, 6))
async def test_the_medians_for_programs_are_those_of_the_standard_library(tmp_path: Path, amount: int) -> None:
    """Whether there is one in the middle or two."""
    spans = [3, 11, 4, 8, 25][:amount]

    def fill(tx: Transaction) -> None:
        for span in spans:
            add(
                tx,
                created=NOW - timedelta(days=6),
                answered_after=timedelta(hours=span),
                closed_after=timedelta(days=span / 6),
            )

    await write(tmp_path / "db", fill)
    found = (await counted(tmp_path / "db")).medians[0]
    assert found.first_response == median(spans) * 3600
    assert found.time_to_close == pytest.approx(median(spans) * 14_400)
