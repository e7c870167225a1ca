"""A database that is not of the schema that this shopbell knows, seen by the commands: said, and left as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.db import connection as subject
from bot.db.connection import Database, Transaction
from bot.db.migrate import migrations
from bot.errors import DatabaseError, DatabaseTooNew, DatabaseTooOld
from tests.support.database import delivery_states, small_database
from tests.support.shell import shopbell

_COMMANDS = [
    ["stats"],
    ["tickets"],
    ["find", "key"],
    ["why", "1001"],
    ["outbox"],
    ["outbox", "retry", "1"],
    ["outbox", "drop", "1"],
    ["backup", "copy.db"],
]
_OPENINGS = [Database.open_to_read, Database.open_to_change]


def _schema(path: Path) -> tuple[int, int]:
    """The number of a file's schema, and of its tables."""
    with closing(sqlite3.connect(path)) as opened:
        (version,) = opened.execute("PRAGMA user_version").fetchone()
        (tables,) = opened.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
    return version, tables


def _one_migration_more(monkeypatch: pytest.MonkeyPatch) -> int:
    """This shopbell knows one schema more than the files have; returns its number."""
    more = [*migrations(), (len(migrations()) + 1, "CREATE TABLE more (a INTEGER) STRICT;")]
    monkeypatch.setattr(subject, "migrations", lambda: more)
    return len(more)


@pytest.mark.parametrize("arguments", _COMMANDS)
def test_a_file_without_a_schema_is_named_as_what_it_is(tmp_path: Path, arguments: list[str]) -> None:
    """Before the bridge has made its tables there is nothing to look into: one sentence, exit 1, nothing made."""
    with closing(sqlite3.connect(tmp_path / "shopbell.db")) as made:
        made.execute("PRAGMA journal_mode = WAL")
    done = shopbell(tmp_path, *arguments)
    assert done.returncode == 1
    told = "shopbell.db is no database of shopbell's yet; `shopbell run` makes it one when it starts.\n"
    assert done.stderr == told
    assert _schema(tmp_path / "shopbell.db") == (0, 0)
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize("opening", _OPENINGS)
async def test_an_older_schema_is_not_changed_by_a_command(
    opening: Callable[[Path], Awaitable[Database]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Perhaps an older bridge still runs on it: what to do is said, and the file stays of its schema."""
    await small_database(tmp_path / "db")
    before = _schema(tmp_path / "db")
    known = _one_migration_more(monkeypatch)

    with pytest.raises(DatabaseTooOld) as told:
        await opening(tmp_path / "db")
    assert str(told.value) == (
        f"This database is of schema {known - 1}, and this shopbell knows {known}. "
        "Start this one: `shopbell run` brings the database up to date, once no older shopbell runs on it."
    )
    assert _schema(tmp_path / "db") == before


@pytest.mark.parametrize("opening", _OPENINGS)
async def test_a_newer_schema_is_not_used_by_a_command(
    opening: Callable[[Path], Awaitable[Database]], tmp_path: Path
) -> None:
    """What a later shopbell wrote is neither read nor changed."""
    await small_database(tmp_path / "db")
    with closing(sqlite3.connect(tmp_path / "db")) as later:
        later.execute(f"PRAGMA user_version = {len(migrations()) + 1}")

    with pytest.raises(DatabaseTooNew):
        await opening(tmp_path / "db")


async def test_a_command_that_changes_something_makes_no_file(tmp_path: Path) -> None:
    """Where there is no database, there is none afterwards."""
    with pytest.raises(DatabaseError, match="There is no database"):
        await Database.open_to_change(tmp_path / "db")
    assert list(tmp_path.iterdir()) == []


async def test_what_a_command_changes_is_on_the_disk(tmp_path: Path) -> None:
    """Its one short write is as durable as the bridge's own."""
    made = await small_database(tmp_path / "db")

    database = await Database.open_to_change(tmp_path / "db")
    try:

        def change(tx: Transaction) -> Any:
            tx.run("finish_delivery", id=made.waiting, now=0)
            return tx._connection.execute("PRAGMA synchronous").fetchone()[0]

        assert await database.write(change) == 2
    finally:
        await database.aclose()
    assert made.waiting not in await delivery_states(tmp_path / "db")
