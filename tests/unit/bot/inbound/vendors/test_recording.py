"""What a sweep records: tickets that nobody sees together, and each of them although another one has a defect."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.db.connection import Database, Row, Transaction
from bot.errors import DatabaseError, Unavailable
from bot.inbound.vendors import recording
from bot.inbound.vendors.believed_when_repeated import APART
from bot.inbound.vendors.recording import TOGETHER
from bot.inbound.vendors.sweep import Sweep
from bot.model import Absent, Change, Conversation, Status, Store, TicketId
from bot.ports import KnownTickets
from bot.tickets.from_vendors import sync
from bot.tickets.from_vendors.snapshot import TicketSnapshot
from tests.support.clocks import ManualClock
from tests.support.database import STORE
from tests.support.memory.vendor import START, MemoryVendor

T1 = TicketId("t1")
QUIET = replace(STORE, backfill_open=False, backfill_days=None)
"""A store whose past gets no threads."""


async def nothing_between() -> None:
    """No webhook names a ticket meanwhile."""


@dataclass
class Paged(MemoryVendor):
    """Lists its tickets in pages of ten, and fails behind those that `until` allows."""

    until: int | None = None
    meanwhile: Callable[[], None] = lambda: None

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent]:
        self.calls.append("changes")
        tickets = sorted(self.tickets.values(), key=lambda ticket: ticket.id)
        for first in range(0, len(tickets), 10):
            if self.until is not None and first >= self.until:
                raise Unavailable("It is away.")
            page = [Change(ticket=ticket, fingerprint=f"{ticket.status}") for ticket in tickets[first : first + 10]]
            fingerprints = await known.fingerprints([change.ticket.id for change in page])
            for change in page:
                if fingerprints.get(change.ticket.id) != change.fingerprint:
                    yield change
            self.meanwhile()


@dataclass
class Place:
    """A store, its database, and the sweeps of one process."""

    vendor: Paged
    database: Database
    clock: ManualClock
    sweep: Sweep

    def again(self, store: Store = QUIET) -> None:
        """Another process begins."""
        self.sweep = Sweep(store, self.vendor, self.database, self.clock, lambda: None, Random(1), nothing_between)

    async def rows(self) -> list[Row]:
        return await self.database.read(
            lambda tx: list(tx._connection.execute("SELECT * FROM tickets ORDER BY number"))
        )

    async def recorded(self) -> set[str]:
        return {row["vendor_id"] for row in await self.rows()}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    clock, vendor = ManualClock(START), Paged()
    database = await Database.open(tmp_path / "db")
    await database.write(lambda tx: tx.run("add_installation", key_prefix="abc123"))
    await database.write(lambda tx: tx.run("add_store", name=STORE.name))
    sweep = Sweep(QUIET, vendor, database, clock, lambda: None, Random(1), nothing_between)
    made = Place(vendor, database, clock, sweep)
    yield made
    await database.aclose()


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """How often each statement is carried out, and how many transactions write."""
    counts: dict[str, int] = {}
    execute, write = Transaction._execute, Database.write

    def count(transaction: Transaction, statement: str, values: dict[str, Any]) -> Any:
        counts[statement] = counts.get(statement, 0) + 1
        return execute(transaction, statement, values)

    async def count_write(database: Database, *args: Any, **kwargs: Any) -> Any:
        counts["writes"] = counts.get("writes", 0) + 1
        return await write(database, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "_execute", count)
        patch.setattr(Database, "write", count_write)
        yield counts


def opened(vendor: Paged, amount: int) -> set[str]:
    names = {f"t{number:03}" for number in range(amount)}
    for name in sorted(names):
        vendor.customer_writes(name, "Where is my key?")
    return names


async def test_tickets_that_nobody_sees_are_recorded_together(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """First contact costs one transaction for each 25 of them, and not one reading of a single ticket."""
    names = opened(place.vendor, 4 * TOGETHER)
    with counted(monkeypatch) as counts:
        await place.sweep.run()
    assert await place.recorded() == names
    assert counts["writes"] == 4 + 1  # and one for the end of the sweep
    assert place.vendor.calls == ["changes"]


async def test_what_came_before_a_failure_is_kept(place: Place) -> None:
    """A sweep that ends in the middle of a list has recorded all that it was shown."""
    names = sorted(opened(place.vendor, 47))
    place.vendor.until = 40
    with pytest.raises(Unavailable):
        await place.sweep.run()
    assert await place.recorded() == set(names[:40])


@pytest.mark.parametrize("amount", [7, TOGETHER, TOGETHER + 7])
async def test_a_defect_is_that_of_one_ticket(place: Place, monkeypatch: pytest.MonkeyPatch, amount: int) -> None:
    """The others are recorded; the one counts as unreadable, and is recorded once that works."""
    names = opened(place.vendor, amount)

    def fails(tx: Transaction, store: Store, snapshot: TicketSnapshot, *more: Any) -> Any:
        if snapshot.ticket.id == "t003":
            raise RuntimeError("nobody has thought of this one")
        return sync.record(tx, store, snapshot, *more)

    with monkeypatch.context() as patch:
        patch.setattr(recording, "record", fails)
        await place.sweep.run()
        assert await place.recorded() == names - {"t003"}
        assert place.sweep.unreadable == {"t003"}
    place.clock.advance(60)
    await place.sweep.run()
    assert await place.recorded() == names
    assert place.sweep.unreadable == set()


async def test_a_ticket_with_very_many_messages_is_recorded_from_its_oldest_ones_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In several transactions, so that others have their turn in between; what ends it half-way is made up for."""
    monkeypatch.setattr("bot.inbound.vendors.recording.MANY_MESSAGES", 3)
    monkeypatch.setattr("bot.tickets.from_vendors.portions.MANY_MESSAGES", 3)
    place.again(STORE)
    texts = [f"line {number}" for number in range(8)]
    for text in texts:
        place.vendor.customer_writes("t1", text)
    written = 0

    def fails_at_last(*values: Any) -> Any:
        nonlocal written
        written += 1
        if written == 3:
            raise sqlite3.OperationalError("the disk is full")
        return sync.record(*values)

    async def said() -> list[str]:
        rows = await place.database.read(lambda tx: list(tx._connection.execute("SELECT text FROM messages")))
        return [row["text"] for row in rows]

    with monkeypatch.context() as patch:
        patch.setattr(recording, "record", fails_at_last)
        with pytest.raises(DatabaseError):
            await place.sweep.run()
    assert await said() == texts[:6]
    place.again(STORE)
    await place.sweep.run()
    assert await said() == texts


async def test_what_is_changed_here_is_compared_anew(place: Place) -> None:
    """As when a ticket's status was changed from a chat: its list is the same, and it is read again all the same."""
    opened(place.vendor, 12)
    for _ in range(3):
        await place.sweep.run()
    await place.database.write(lambda tx: tx._connection.execute("UPDATE tickets SET fingerprint = NULL"))
    await place.sweep.run()
    assert {row["fingerprint"] for row in await place.rows()} == {"open"}


async def test_another_process_may_have_changed_something(place: Place, tmp_path: Path) -> None:
    """A command writes beside the bridge: the next sweep sees that."""
    opened(place.vendor, 12)
    for _ in range(3):
        await place.sweep.run()
    command = await Database.open_to_change(tmp_path / "db")
    await command.write(lambda tx: tx._connection.execute("UPDATE tickets SET fingerprint = NULL WHERE number % 2"))
    await command.aclose()
    await place.sweep.run()
    assert {row["fingerprint"] for row in await place.rows()} == {"open"}


async def test_what_changed_during_a_sweep_is_seen_by_the_next(place: Place) -> None:
    """A fingerprint that is taken back behind the sweep's back is compared once more, however soon that is."""
    opened(place.vendor, 12)
    for _ in range(2):
        await place.sweep.run()

    def taken_back() -> None:
        with closing(sqlite3.connect(place.database.path)) as connection:
            connection.execute("UPDATE tickets SET fingerprint = NULL")
            connection.commit()

    place.vendor.meanwhile = taken_back
    await place.sweep.run()
    place.vendor.meanwhile = lambda: None
    assert None in {row["fingerprint"] for row in await place.rows()}
    await place.sweep.run()
    assert {row["fingerprint"] for row in await place.rows()} == {"open"}


async def test_an_idle_sweep_writes_nothing_and_asks_the_database_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its beginning and at its end. When it ended is written once a minute."""
    opened(place.vendor, 12)
    for _ in range(2):
        await place.sweep.run()
    with counted(monkeypatch) as counts:
        for _ in range(3):
            place.clock.advance(10)
            await place.sweep.run()
    assert counts == {"store": 6, "vendor_ids_to_read_again": 3}
    place.clock.advance(40)
    with counted(monkeypatch) as counts:
        await place.sweep.run()
    assert counts["writes"] == counts["set_store_swept"] == 1


async def test_a_clock_that_was_set_back_does_not_stop_the_writing(place: Place) -> None:
    """A time in the future says nothing of when the last sweep ended."""
    opened(place.vendor, 1)
    await place.sweep.run()
    place.clock.advance(-86_400)
    await place.sweep.run()
    row = await place.database.read(lambda tx: tx.one("store", name=STORE.name))
    assert row is not None
    assert row["swept_at"] == int((START.timestamp() - 86_400) * 1000)


@dataclass
class Shifting(Paged):
    """Lists its one ticket on two pages, and between them its customer writes and it is closed."""

    async def changes(self, known: KnownTickets) -> AsyncIterator[Change | Absent]:
        (ticket,) = self.tickets
        for status in (Status.OPEN, Status.CLOSED):
            self.set(ticket, status)
            await known.fingerprints([ticket])
            yield Change(ticket=self.tickets[ticket], fingerprint=f"shifted {status}")
            self.customer_writes(ticket, "And this?")


async def test_a_ticket_that_comes_twice_is_read_twice(place: Place) -> None:
    """It gets threads when it is seen first: then its last words are read although it is closed by now."""
    opened(place.vendor, 1)
    for _ in range(2):
        await place.sweep.run()
    place.sweep._vendor = Shifting(tickets=place.vendor.tickets, said=place.vendor.said)
    await place.sweep.run()
    assert place.sweep._vendor.calls == ["ticket", "ticket"]
    (ticket,) = await place.rows()
    assert (ticket["status"], ticket["followed"]) == ("closed", True)


async def test_a_late_answer_without_messages_is_no_second_look(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what was true when it was asked for, just after the first. So the ticket is read once more."""
    place.again(STORE)
    vendor, takes = place.vendor, 0.0
    for text in ("Hello?", "Are you there?"):
        vendor.customer_writes("t1", text)
    read = vendor.ticket

    async def slowly(ticket: TicketId) -> Conversation:
        answer = await read(ticket)
        place.clock.advance(takes)
        return answer

    monkeypatch.setattr(vendor, "ticket", slowly)
    await place.sweep.run()
    vendor.tickets[T1] = replace(vendor.tickets[T1], status=Status.CLOSED)
    vendor.said[T1].pop()
    vendor.calls.clear()
    for takes in (0.0, APART + 1, 0.0, 0.0):  # noqa: B007 - `slowly` reads it
        await place.sweep.run()
    assert vendor.calls.count("ticket") == 3
