"""What the pickers show while nothing is typed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from bot.db.connection import Transaction
from bot.db.migrate import migrate

_FIRST = 1001
_LAST = 1300


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """More open tickets than are looked at."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection)
        transaction = Transaction(connection)
        transaction.run("add_store", name="main")
        connection.execute("BEGIN")
        for number in range(_FIRST, _LAST + 1):
            transaction.add("insert_ticket", store="main", vendor_id=str(number), status="open", created_at=0)
        connection.execute("UPDATE tickets SET followed = 1")
        connection.execute("INSERT INTO links (ticket, chat, channel) SELECT number, 'slack', 'C1' FROM tickets")
        connection.execute("COMMIT")
        yield transaction


def _change(tx: Transaction, number: int, setting: str) -> None:
    tx._connection.execute(f"UPDATE tickets SET {setting} WHERE number = ?", (number,))


def _found(tx: Transaction, *, here: int = 0, taken_by: str | None = None, **elsewhere: str) -> list[int]:
    where: dict[str, Any] = {"store": "main", "chat": "slack", "channels": '["C1"]', "most": 25, **elsewhere}
    return [row["number"] for row in tx.all("latest_tickets", status="open", here=here, taken_by=taken_by, **where)]


def test_the_latest_come_first(tx: Transaction) -> None:
    """As many as a picker can show."""
    assert _found(tx) == list(range(_LAST, _LAST - 25, -1))


def test_the_ticket_of_this_thread_comes_before_them_however_old_it_is(tx: Transaction) -> None:
    """Whoever is in its thread means it most likely."""
    assert _found(tx, here=_FIRST) == [_FIRST, *range(_LAST, _LAST - 24, -1)]
    assert _found(tx, here=_LAST - 3)[:2] == [_LAST - 3, _LAST]


def test_only_those_that_somebody_has(tx: Transaction) -> None:
    """However old they are, and under any of their ids."""
    _change(tx, _FIRST, "taken_by = 'discord:1'")
    _change(tx, _LAST, "taken_by = 'slack:U1'")
    assert _found(tx, taken_by='["discord:1", "slack:U1"]') == [_LAST, _FIRST]
    assert _found(tx, taken_by='["discord:1"]') == [_FIRST]
    assert _found(tx, taken_by="[]") == []


@pytest.mark.parametrize(
    "elsewhere", [{"store": "other"}, {"chat": "discord"}, {"channels": '["C2"]'}, {"channels": "[]"}]
)
def test_what_is_elsewhere_is_not_offered(tx: Transaction, elsewhere: dict[str, str]) -> None:
    """Nor as the ticket of this thread."""
    assert _found(tx, here=_LAST, **elsewhere) == []


@pytest.mark.parametrize("setting", ["status = 'closed'", "followed = 0", "gone_at = 1", "forgotten = 1"])
def test_only_tickets_that_can_be_chosen(tx: Transaction, setting: str) -> None:
    """One of the other status, without threads, forgotten, or gone at its vendor, is not offered."""
    _change(tx, _LAST - 3, setting)
    assert _LAST - 3 not in _found(tx, here=_LAST - 3)
