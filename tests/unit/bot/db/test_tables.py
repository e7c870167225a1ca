"""The tables: what they refuse, and the columns that exist for an index."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum

import pytest

from bot.db.migrate import migrate
from bot.model import Author, Awaiting, Kind, Mark, Purpose, State, Status

_JSON = {
    "stores": ["incident_notices"],
    "channel_incidents": ["notices"],
    "tickets": ["facts"],
    "messages": ["attachments", "unsupported"],
    "deliveries": ["payload"],
}
_ENUMS: list[tuple[str, str, type[StrEnum]]] = [
    ("tickets", "status", Status),
    ("tickets", "awaiting", Awaiting),
    ("messages", "purpose", Purpose),
    ("messages", "author", Author),
    ("messages", "mark", Mark),
    ("deliveries", "kind", Kind),
    ("deliveries", "state", State),
]
_FINISHED = {State.DONE, State.DROPPED}
_SCHEDULED = {State.WAITING, State.UNCERTAIN}


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A database in memory with one row in each table."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        migrate(opened)
        opened.executescript("""
            PRAGMA foreign_keys = ON;
            INSERT INTO installation (only_row, key_prefix) VALUES (1, 'k');
            INSERT INTO stores (name) VALUES ('main');
            INSERT INTO unreadable_tickets (store, vendor_id, since) VALUES ('main', 'x', 0);
            INSERT INTO channel_incidents (chat, channel, incident, since) VALUES ('slack', 'C1', 'closed', 0);
            INSERT INTO tickets (store, vendor_id, status, created_at) VALUES ('main', 't1', 'open', 0);
            INSERT INTO links (ticket, chat, channel) VALUES (1001, 'slack', 'C1');
            INSERT INTO messages (ticket, purpose, author, text, written_at) VALUES (1001, 'reply', 'staff', 'Hi', 0);
            INSERT INTO answers (store, is_first, answered_at, ticket, since) VALUES ('main', 1, 5, 1001, 0);
            INSERT INTO deliveries (kind, lane, destination, created_at, due_at)
            VALUES ('line', 'channel:slack:C1', 'chat:slack', 0, 0);
        """)
        yield opened


def _columns_with_json(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The columns that the schema's own comments call JSON."""
    found: dict[str, list[str]] = {}
    for table, sql in connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall():
        for line in (sql or "").splitlines():
            if "-- JSON:" in line:
                found.setdefault(table, []).append(line.split()[0])
    return found


def test_every_column_with_json_is_known_to_this_test(connection: sqlite3.Connection) -> None:
    """A new one that holds JSON is tried here, too."""
    assert _columns_with_json(connection) == _JSON


@pytest.mark.parametrize(("table", "column"), [(table, column) for table in _JSON for column in _JSON[table]])
def test_what_is_no_json_is_refused(connection: sqlite3.Connection, table: str, column: str) -> None:
    """Text that could not be read back as JSON is never written."""
    connection.execute(f"UPDATE {table} SET {column} = ?", (json.dumps(["é", {"a": None}]),))
    with pytest.raises(sqlite3.IntegrityError, match="json_valid"):
        connection.execute(f"UPDATE {table} SET {column} = 'no json'")


@pytest.mark.parametrize(("table", "column", "values"), _ENUMS)
def test_a_word_that_no_enum_has_is_refused(
    connection: sqlite3.Connection, table: str, column: str, values: type[StrEnum]
) -> None:
    """The schema takes exactly the values of the enum in `bot.model`."""
    for value in values:
        connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
    with pytest.raises(sqlite3.IntegrityError, match=column):
        connection.execute(f"UPDATE {table} SET {column} = 'another'")


def test_a_flag_is_0_or_1(connection: sqlite3.Connection) -> None:
    """Every column whose default is 0 or 1 and that is compared with both takes no other number."""
    tables = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    flags = [(table, flag) for table, sql in tables for flag in re.findall(r"CHECK \((\w+) IN \(0, 1\)\)", sql or "")]
    assert len(flags) == 13
    for table, flag in flags:
        connection.execute(f"UPDATE {table} SET {flag} = 1")
        with pytest.raises(sqlite3.IntegrityError, match=flag):
            connection.execute(f"UPDATE {table} SET {flag} = 2")


@pytest.mark.parametrize("state", State)
def test_what_is_unfinished_and_what_is_scheduled(connection: sqlite3.Connection, state: State) -> None:
    """Both follow from the state alone; SQLite computes them, and nobody can write them."""
    connection.execute("UPDATE deliveries SET state = ?", (state,))
    row = connection.execute("SELECT unfinished, scheduled FROM deliveries").fetchone()
    assert row == (state not in _FINISHED, state in _SCHEDULED)
    with pytest.raises(sqlite3.OperationalError, match="generated column"):
        connection.execute("UPDATE deliveries SET unfinished = 1")


def test_the_indexes_follow_every_change_of_state(connection: sqlite3.Connection) -> None:
    """From whatever state to whatever other: an index of unfinished deliveries holds exactly those."""
    for before, after in itertools.permutations(State, 2):
        connection.execute("UPDATE deliveries SET state = ?", (before,))
        connection.execute("UPDATE deliveries SET state = ?", (after,))
        for column in ("unfinished", "scheduled"):
            for index in _indexes(connection, f"WHERE {column} = 1"):
                by_index = connection.execute(
                    f"SELECT COUNT(*) FROM deliveries INDEXED BY {index} WHERE {column} = 1"
                ).fetchone()
                by_table = connection.execute(f"SELECT SUM({column}) FROM deliveries NOT INDEXED").fetchone()
                assert by_index == by_table, (before, after, index)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _indexes(connection: sqlite3.Connection, condition: str) -> list[str]:
    found = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE ?", (f"% {condition}",)
    )
    return [name for (name,) in found.fetchall()]
