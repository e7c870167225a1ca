"""Migrations: in order, without a gap, each whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from bot.db import migrate as subject
from bot.db.migrate import migrate, migrations
from bot.errors import DatabaseTooNew


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as opened:
        yield opened


def version(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {name for (name,) in rows}


def known_to_be(monkeypatch: pytest.MonkeyPatch, *scripts: str) -> None:
    monkeypatch.setattr(subject, "migrations", lambda: list(enumerate(scripts, start=1)))


def test_the_numbers_have_no_gap() -> None:
    """The files are numbered 1, 2, 3 and so on; a lost or doubled one stops every start."""
    numbers = [number for number, _ in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_a_gap_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that lacks a number is a broken installation and is not used."""
    for name in ("0001_one.sql", "0003_three.sql"):
        (tmp_path / name).write_text("SELECT 1;", "utf-8")
    monkeypatch.setattr(resources, "files", lambda _package: tmp_path)
    with pytest.raises(RuntimeError, match="gap"):
        migrations()


def test_a_second_time_changes_nothing(connection: sqlite3.Connection) -> None:
    """Migrating a file that is up to date does nothing at all."""
    migrate(connection)
    before = connection.total_changes, tables(connection), version(connection)
    migrate(connection)
    assert (connection.total_changes, tables(connection), version(connection)) == before


def test_only_what_is_missing_is_carried_out(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older file gets the newer migrations only, and keeps its rows."""
    known_to_be(monkeypatch, "CREATE TABLE one (a);")
    migrate(connection)
    connection.execute("INSERT INTO one VALUES (7)")
    known_to_be(monkeypatch, "CREATE TABLE one (a);", "ALTER TABLE one ADD COLUMN b DEFAULT 8;")
    migrate(connection)
    assert connection.execute("SELECT a, b FROM one").fetchall() == [(7, 8)]
    assert version(connection) == 2


def test_a_broken_migration_leaves_nothing_behind(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before it stays, of itself nothing does, and no transaction is left open."""
    known_to_be(monkeypatch, "CREATE TABLE one (a);", "CREATE TABLE two (a); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(sqlite3.Error, match="nowhere"):
        migrate(connection)
    assert tables(connection) == {"one"}
    assert version(connection) == 1
    assert not connection.in_transaction


def test_a_newer_file_is_refused(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Going back to an older shopbell is refused before anything is changed."""
    known_to_be(monkeypatch, "CREATE TABLE one (a);", "CREATE TABLE two (a);")
    migrate(connection)
    known_to_be(monkeypatch, "CREATE TABLE one (a);")
    with pytest.raises(DatabaseTooNew):
        migrate(connection)
    assert tables(connection) == {"one", "two"}
