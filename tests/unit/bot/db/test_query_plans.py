"""How SQLite carries the statements out: none that the running bridge uses reads a whole table that grows."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.db.migrate import migrate
from bot.db.statements import STATEMENTS

_GROWING = {"tickets", "links", "messages", "deliveries", "posted", "former_threads", "told_refusals"}
"""The tables whose rows are never deleted. The others have a row for each store, channel or chat, or for a problem."""

_UNFINISHED = {
    "deliveries_in_lane",
    "deliveries_open_once",
    "deliveries_queued",
    "deliveries_scheduled",
    "deliveries_unfinished",
    "messages_unrouted",
    "tickets_open",
}
"""The partial indexes that hold only what is not finished. Reading such an index whole is no reading of a table."""

_BY_HAND = {
    "announcements_with_words": "`shopbell forget` looks at all of them",
    "messages_by_address": "`shopbell forget` does the same for authors' names",
    "customer_emails": "`shopbell forget` compares addresses as people write them, which SQLite cannot",
    "linked_tickets": "`shopbell tickets` and the sandbox's page show every ticket",
}
"""Statements that the running bridge does not use, each with the reason why it may read a whole table."""

_PLANNED = [name for name, sql in STATEMENTS.items() if "\nPRAGMA " not in sql]


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    """A database in memory without rows: SQLite plans by the schema alone, as in every file that was not analysed."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        migrate(opened)
        yield opened


def _plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    parameters = dict.fromkeys(re.findall(r":(\w+)", sql))
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()]


def _whole_tables(connection: sqlite3.Connection, sql: str) -> list[str]:
    """The lines of a statement's plan that read a growing table as a whole."""
    names = {alias: table for table, alias in re.findall(r"\b(\w+) AS (\w+)", sql)}
    found = []
    for line in _plan(connection, sql):
        scan = re.match(r"SCAN (?P<name>\w+)(?: USING (?:COVERING )?INDEX (?P<index>\w+))?", line)
        if scan and names.get(scan["name"], scan["name"]) in _GROWING and scan["index"] not in _UNFINISHED:
            found.append(line)
    return found


@pytest.mark.parametrize("name", [name for name in _PLANNED if name not in _BY_HAND])
def test_no_statement_reads_a_whole_table(connection: sqlite3.Connection, name: str) -> None:
    """What it needs is found by an index, however much there is."""
    assert _whole_tables(connection, STATEMENTS[name]) == []


@pytest.mark.parametrize("name", _BY_HAND)
def test_the_exceptions_are_needed(connection: sqlite3.Connection, name: str) -> None:
    """A statement that reads no whole table any more needs no reason."""
    assert _whole_tables(connection, STATEMENTS[name]) != []


@pytest.mark.parametrize(
    "name", [name for name in _PLANNED if re.search(r"\b(unfinished|scheduled|queued) = 1", STATEMENTS[name])]
)
def test_the_unfinished_are_searched(connection: sqlite3.Connection, name: str) -> None:
    """A statement about unfinished deliveries searches one of their indexes."""
    assert any(
        re.search(rf"^SEARCH \w+ USING .*INDEX ({'|'.join(_UNFINISHED)}) ", line)
        for line in _plan(connection, STATEMENTS[name])
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM messages AS m WHERE m.text = :text",
        "SELECT id FROM deliveries ORDER BY id",
        "SELECT * FROM tickets WHERE number IN (SELECT ticket FROM links WHERE card = :card)",
        "UPDATE deliveries SET part = 0 WHERE state = 'waiting'",
        "SELECT COUNT(*) FROM links",
    ],
)
def test_such_a_statement_would_be_noticed(connection: sqlite3.Connection, sql: str) -> None:
    """The test of the statements sees a whole table where there is one."""
    assert _whole_tables(connection, sql) != []


def test_indexes_of_what_is_unfinished_are_partial(connection: sqlite3.Connection) -> None:
    """An index that held everything would be no excuse."""
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    indexes = {name: sql.partition(" WHERE ")[2] or sql.partition("\nWHERE ")[2] for name, sql in rows}
    conditions = {"unfinished = 1", "scheduled = 1", "queued = 1", "routed_at IS NULL", "status = 'open'"}
    assert all(any(each in indexes[name] for each in conditions) for name in _UNFINISHED)


def test_every_index_serves_a_statement(connection: sqlite3.Connection) -> None:
    """An index that only ever costs writing is dropped; a unique one keeps a promise as well."""
    plans = "\n".join(line for name in _PLANNED for line in _plan(connection, STATEMENTS[name]))
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'")
    assert [name for (name,) in rows if not re.search(rf"\bINDEX {name}\b", plans)] == []
