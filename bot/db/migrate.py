"""Bringing a database file to the schema that this shopbell knows."""

from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path

from bot.errors import DatabaseTooNew, DatabaseTooOld


def migrations() -> list[tuple[int, str]]:
    """All migrations as (number, SQL), in order, without a gap."""
    files = resources.files("bot.db.migrations").iterdir()
    found = sorted((int(file.name[:4]), file.read_text("utf-8")) for file in files if file.name.endswith(".sql"))
    if [number for number, _ in found] != list(range(1, len(found) + 1)):
        raise RuntimeError("the numbers of the migrations have a gap")
    return found


def migrate(connection: sqlite3.Connection) -> None:
    """
    Carry out what is missing, each migration in a transaction of its own together with its number.

    Raises:
        DatabaseTooNew: The file is from a newer shopbell; nothing is changed.
    """
    known = migrations()
    refuse_newer(connection, len(known))
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in known[version:]:
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    open_vocabulary(connection)


def open_vocabulary(connection: sqlite3.Connection) -> None:
    """
    Let a connection look up which words there are in the index of words.

    It is a view that stores nothing, and belongs to the connection: it is no part of the file.
    """
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab('main', 'ticket_words', 'row')"
    )


def refuse_newer(connection: sqlite3.Connection, known: int) -> None:
    """Raise `DatabaseTooNew` if the file has seen more migrations than are known here."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > known:
        raise DatabaseTooNew(
            f"This database is of schema {version}, and this shopbell knows {known}. "
            "Run the newer shopbell again, or restore a backup from before the upgrade."
        )


def refuse_older(connection: sqlite3.Connection, known: int, path: Path) -> None:
    """Raise `DatabaseTooOld` if the file still lacks migrations that are known here."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        raise DatabaseTooOld(f"{path} is no database of shopbell's yet; `shopbell run` makes it one when it starts.")
    if version < known:
        raise DatabaseTooOld(
            f"This database is of schema {version}, and this shopbell knows {known}. "
            "Start this one: `shopbell run` brings the database up to date, once no older shopbell runs on it."
        )
