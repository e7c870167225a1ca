"""Incidents in a real database: who is told, once, and what of it is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.db.connection import Transaction
from bot.db.rows import delivery_row
from bot.model import LinePayload, TicketId
from bot.tickets.from_vendors.incidents import StoreIncident, store_failing, ticket_readable, tickets_unreadable
from bot.tickets.from_vendors.sync import record
from tests.support.database import NOON, STORE, snapshot, write


def begin(tx: Transaction) -> None:
    tx.run("add_installation", key_prefix="abc123")
    tx.run("add_store", name=STORE.name)


def lines(tx: Transaction) -> list[str]:
    rows = [delivery_row(row) for row in tx.all("unfinished_deliveries") if row["kind"] == "line"]
    return [row.payload_as(LinePayload).text.split(". ")[0] for row in rows]


async def test_nobody_waits_for_a_ticket_without_threads(tmp_path: Path) -> None:
    """That it cannot be read is reported to nobody; that a new one cannot is, as it has no thread yet."""

    def work(tx: Transaction) -> list[str]:
        begin(tx)
        record(tx, STORE, replace(snapshot("old"), follow=False), NOON)
        for _ in range(2):
            tickets_unreadable(tx, STORE, [(TicketId("old"), "old", "500."), (TicketId("new"), "new", "500.")], NOON)
        return lines(tx)

    assert await write(tmp_path / "db", work) == ["⚠️ A ticket of Main · Sellgate cannot be read: new"]


async def test_a_ticket_with_threads_that_cannot_be_read_is_reported_there_once(tmp_path: Path) -> None:
    """Until it could be read again."""

    def work(tx: Transaction) -> list[str]:
        begin(tx)
        record(tx, STORE, snapshot("t1"), NOON)
        for _ in range(2):
            tickets_unreadable(tx, STORE, [(TicketId("t1"), "t1", "It answers 500.")], NOON)
        ticket_readable(tx, STORE.name, TicketId("t1"))
        tickets_unreadable(tx, STORE, [(TicketId("t1"), "t1", "It answers 500.")], NOON)
        return lines(tx)

    told = "⚠️ shopbell cannot read this ticket at Sellgate right now"
    assert await write(tmp_path / "db", work) == [told, told]


async def test_that_a_person_is_needed_replaces_what_was_not_posted_yet(tmp_path: Path) -> None:
    """Nobody has to read that a store is down once it is known that its key is refused."""

    def work(tx: Transaction) -> list[str]:
        begin(tx)
        store_failing(tx, STORE, StoreIncident.DOWN, "It answers 500.", NOON, notify=True)
        for _ in range(2):
            store_failing(tx, STORE, StoreIncident.PAUSED, "Its key is wrong.", NOON, notify=True)
        return lines(tx)

    assert await write(tmp_path / "db", work) == ["⏸️ Main · Sellgate is paused"]


async def test_a_notice_that_could_not_be_posted_is_tried_again_while_the_incident_lasts(tmp_path: Path) -> None:
    """One that nobody has tried yet keeps its time: it comes next anyway."""

    def work(tx: Transaction) -> list[int]:
        begin(tx)
        later = NOON + timedelta(hours=1)
        store_failing(tx, STORE, StoreIncident.DOWN, "It answers 500.", NOON, notify=True)
        due = []
        for tried in (False, True):
            (notice,) = tx.all("unfinished_deliveries")
            if tried:
                tx.run("begin_delivery", id=notice["id"], now=0)
                tx.run(
                    "postpone_delivery",
                    id=notice["id"],
                    now=0,
                    due=2 * 10**12,
                    not_before=None,
                    error="Away.",
                    uncounted=0,
                )
            store_failing(tx, STORE, StoreIncident.DOWN, "It answers 500.", later, notify=True)
            (notice,) = tx.all("unfinished_deliveries")
            due.append(notice["due_at"] - int(NOON.timestamp() * 1000))
        return due

    assert await write(tmp_path / "db", work) == [0, 3_600_000]
