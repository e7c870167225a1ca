"""The database: how it is opened, what a transaction promises, and what is said when the file is no good."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.db import connection
from bot.db.connection import Database, Transaction
from bot.db.migrate import migrations
from bot.db.statements import STATEMENTS, _parse
from bot.errors import DatabaseError, DatabaseTooNew


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Database]:
    """An open database."""
    database = await Database.open(path)
    try:
        yield database
    finally:
        await database.aclose()


def pragma(tx: Transaction, name: str) -> object:
    return tx._connection.execute(f"PRAGMA {name}").fetchone()[0]


def add_store(tx: Transaction, name: str) -> None:
    tx.run("add_store", name=name)


def store_names(tx: Transaction) -> list[str]:
    return [row["name"] for row in tx.all("stores")]


async def test_it_is_opened_durable_and_strict(tmp_path: Path) -> None:
    """The file has a write-ahead log, every commit is on the disk, and foreign keys are watched."""
    async with opened(tmp_path / "db") as database:

        def look(tx: Transaction) -> list[object]:
            return [pragma(tx, name) for name in ("journal_mode", "synchronous", "foreign_keys")]

        assert await database.read(look) == ["wal", 2, 1]


async def test_once_a_lock_was_waited_for_in_vain_nothing_waits_for_it_again(tmp_path: Path) -> None:
    """What stood in line behind a write that waited for a lock in vain fails with it, and is not written later."""
    async with opened(tmp_path / "db") as database:
        other = sqlite3.connect(database.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match="Another program holds the file"):
            await database.write(add_store, "first")
        other.execute("ROLLBACK")
        other.close()
        with pytest.raises(DatabaseError, match="Another program holds the file"):
            await database.write(add_store, "second")
        assert await database.read(store_names) == []


async def test_every_table_is_strict(tmp_path: Path) -> None:
    """A value of the wrong type is refused wherever it is put."""
    async with opened(tmp_path / "db") as database:

        def look(tx: Transaction) -> dict[str, int]:
            tables = tx._connection.execute("PRAGMA table_list").fetchall()
            return {
                row["name"]: row["strict"] for row in tables if row["type"] == "table" and row["name"][:7] != "sqlite_"
            }

        tables = await database.read(look)
        assert {"tickets", "links", "messages", "deliveries"} <= set(tables)
        assert set(tables.values()) == {1}


async def test_a_row_that_points_nowhere_is_refused(tmp_path: Path) -> None:
    """A ticket of a store that is not there cannot be written; nothing of its transaction stays."""
    async with opened(tmp_path / "db") as database:

        def orphan(tx: Transaction) -> None:
            add_store(tx, "other")
            tx.run("insert_ticket", store="nowhere", vendor_id="1", status="open", created_at=0)

        with pytest.raises(sqlite3.IntegrityError):
            await database.write(orphan)
        assert await database.read(store_names) == []


async def test_a_transaction_that_raises_leaves_nothing(tmp_path: Path) -> None:
    """All of it or nothing, and the connection is ready for the next one."""
    async with opened(tmp_path / "db") as database:

        def half(tx: Transaction) -> None:
            add_store(tx, "half")
            raise LookupError("in the middle")

        with pytest.raises(LookupError, match="in the middle"):
            await database.write(half)
        await database.write(add_store, "whole")
        assert await database.read(store_names) == ["whole"]


async def test_a_read_changes_nothing(tmp_path: Path) -> None:
    """What a reading function writes by mistake is gone when it returns."""
    async with opened(tmp_path / "db") as database:
        await database.read(add_store, "by mistake")
        assert await database.read(store_names) == []


async def test_a_hundred_questions_at_once_delay_a_write_by_one_of_them(tmp_path: Path) -> None:
    """Each is answered when those before it are; everything else comes in between."""
    async with opened(tmp_path / "db") as database:
        done: list[str] = []
        looks = [asyncio.create_task(database.look_up(lambda _: done.append("look"))) for _ in range(100)]
        await asyncio.sleep(0)
        await database.write(lambda _: done.append("write"))
        await asyncio.gather(*looks)
        assert done.index("write") == 1
        assert done.count("look") == 100


async def test_a_cancelled_writer_leaves_no_open_transaction(tmp_path: Path) -> None:
    """Cancelling the waiting neither stops nor splits a transaction that has begun; the next one is its own."""
    async with opened(tmp_path / "db") as database:
        begun, may_end = threading.Event(), threading.Event()

        def slow(tx: Transaction) -> None:
            add_store(tx, "slow")
            begun.set()
            assert may_end.wait(10)

        def not_within_another(tx: Transaction) -> list[str]:
            seen = store_names(tx)
            add_store(tx, "next")
            return seen

        writer = asyncio.create_task(database.write(slow))
        assert await asyncio.to_thread(begun.wait, 10)
        writer.cancel()
        following = asyncio.create_task(database.write(not_within_another))
        with pytest.raises(asyncio.CancelledError):
            await writer
        may_end.set()
        assert await following == ["slow"]
        assert await database.read(store_names) == ["next", "slow"]


async def test_a_cancelled_writer_rolls_back_nobody_else(tmp_path: Path) -> None:
    """Of many writers, some cancelled at every stage of waiting, each is carried out whole or not at all."""
    async with opened(tmp_path / "db") as database:

        def pair(tx: Transaction, number: int) -> None:
            add_store(tx, f"{number:03} first")
            add_store(tx, f"{number:03} second")

        writers = [asyncio.create_task(database.write(pair, number)) for number in range(60)]
        for number, writer in enumerate(writers):
            if number % 3 == 0:
                await asyncio.sleep(0)
                writer.cancel()
        results = await asyncio.gather(*writers, return_exceptions=True)
        names = await database.read(store_names)
        for number, result in enumerate(results):
            written = [name for name in names if name.startswith(f"{number:03} ")]
            assert len(written) in (0, 2), "half a transaction"
            if result is None:
                assert len(written) == 2, "a write that was reported done is not there"
        assert sum(result is None for result in results) >= 40


async def test_a_second_connection_reads_while_the_first_writes(tmp_path: Path) -> None:
    """`shopbell tickets` sees the last committed state at once, whatever the bridge is doing."""
    async with opened(tmp_path / "db") as database:
        await database.write(add_store, "committed")
        begun, may_end = threading.Event(), threading.Event()

        def slow(tx: Transaction) -> None:
            add_store(tx, "not yet")
            begun.set()
            assert may_end.wait(10)

        writer = asyncio.create_task(database.write(slow))
        assert await asyncio.to_thread(begun.wait, 10)
        other = await Database.open_to_read(database.path)
        try:
            assert await other.read(store_names) == ["committed"]
        finally:
            may_end.set()
            await other.aclose()
        await writer


async def test_a_reading_connection_cannot_write(tmp_path: Path) -> None:
    """A command that only looks could not change anything if it tried."""
    async with opened(tmp_path / "db") as database:
        other = await Database.open_to_read(database.path)
        try:
            with pytest.raises(DatabaseError):
                await other.write(add_store, "no")
        finally:
            await other.aclose()
        assert await database.read(store_names) == []


async def test_numbers_begin_high_and_are_never_used_again(tmp_path: Path) -> None:
    """The first ticket is #1001, and the number of one that is deleted by hand is not given to another."""
    async with opened(tmp_path / "db") as database:

        def add(tx: Transaction, vendor_id: str) -> int | None:
            tx.run("add_store", name="main")
            return tx.add("insert_ticket", store="main", vendor_id=vendor_id, status="open", created_at=0)

        def forget(tx: Transaction, number: int) -> None:
            tx._connection.execute("DELETE FROM tickets WHERE number = ?", (number,))

        assert await database.write(add, "a") == 1001
        await database.write(forget, 1001)
        assert await database.write(add, "b") == 1002


async def test_a_backup_is_a_whole_database(tmp_path: Path) -> None:
    """The copy holds what was committed, is sound, and can be opened like the original."""
    async with opened(tmp_path / "db") as database:
        await database.write(add_store, "main")
        await database.backup(tmp_path / "copy.db")
        await database.write(add_store, "later")
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()

    async with opened(tmp_path / "copy.db") as database:
        assert await database.read(store_names) == ["main"]


async def test_a_backup_never_overwrites(tmp_path: Path) -> None:
    """A file that is there already stays as it is."""
    (tmp_path / "copy.db").write_text("precious", "utf-8")

    async with opened(tmp_path / "db") as database:
        with pytest.raises(DatabaseError, match="exists already"):
            await database.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text("utf-8") == "precious"


class _LookedAt(dict[str, str]):
    """The statements, and whether there is a file each time one of them is taken."""

    def __init__(self, file: Path) -> None:
        super().__init__(STATEMENTS)
        self._file = file
        self.seen: list[tuple[str, bool]] = []

    def __getitem__(self, name: str) -> str:
        self.seen.append((name, self._file.exists()))
        return super().__getitem__(name)


async def test_a_backup_has_its_name_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is marked as a copy there is no such file, so a kill leaves none that a bridge could be started on."""
    statements = _LookedAt(tmp_path / "copy.db")
    async with opened(tmp_path / "db") as database:
        monkeypatch.setattr("bot.db.connection.STATEMENTS", statements)
        await database.backup(tmp_path / "copy.db")
        monkeypatch.undo()
    assert statements.seen == [(name, False) for name in ("mark_as_backup", "start_delivery_numbers", "skip_numbers")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "db"]


async def test_a_backup_needs_no_second_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every file system gives a file two names; there, too, it overwrites nothing."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("os.link", refused)
    async with opened(tmp_path / "db") as database:
        await database.backup(tmp_path / "copy.db")
        with pytest.raises(DatabaseError, match="exists already"):
            await database.backup(tmp_path / "copy.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "db"]


# ---------------------------------------------------------------- files that are no good


async def refusal(path: Path, *, reading: bool = False) -> str:
    """What is said when this file cannot be opened."""

    async def attempt() -> None:
        database = await (Database.open_to_read(path) if reading else Database.open(path))
        await database.aclose()

    with pytest.raises(DatabaseError) as caught:
        await attempt()
    return str(caught.value)


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """The sentence says which setting names a place that is not there."""
    assert "DATABASE_PATH" in await refusal(tmp_path / "missing" / "shopbell.db")


async def test_a_command_that_reads_makes_no_database(tmp_path: Path) -> None:
    """Looking at a database that is not there yet says so and leaves nothing behind."""
    assert "no database" in await refusal(tmp_path / "db", reading=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reading", [True, False])
async def test_a_file_of_something_else_is_distinguished_from_a_database(tmp_path: Path, reading: bool) -> None:
    """A text file by that name is not touched, and the sentence says what to do."""
    path = tmp_path / "db"
    path.write_text("Dear diary, this is no database. " * 100, "utf-8")
    before = path.read_bytes()
    assert "restore a backup" in await refusal(path, reading=reading)
    assert path.read_bytes() == before


async def test_a_file_that_sqlite_may_only_read_is_explained(tmp_path: Path) -> None:
    """A transaction on a file that turns out to be read-only asks for the right to write; nothing has happened."""
    async with opened(tmp_path / "db") as database:

        def read_only(tx: Transaction) -> None:
            tx._connection.execute("PRAGMA query_only = ON")

        await database.read(read_only)
        with pytest.raises(DatabaseError, match="Let this user write the file and its folder"):
            await database.write(add_store, "no")
        assert await database.read(store_names) == []


async def test_a_full_disk_is_explained_and_nothing_is_half_written(tmp_path: Path) -> None:
    """When there is no room the transaction is undone, the sentence says so, and with room it works again."""
    async with opened(tmp_path / "db") as database:

        def pages(tx: Transaction, most: int) -> None:
            tx._connection.execute(f"PRAGMA max_page_count = {most}")

        def much(tx: Transaction) -> None:
            for number in range(2000):
                add_store(tx, f"{number:04}" + "x" * 1000)

        await database.read(pages, 60)
        with pytest.raises(DatabaseError, match="Make room on the disk"):
            await database.write(much)
        assert await database.read(store_names) == []
        await database.read(pages, 100_000)
        await database.write(much)
        assert len(await database.read(store_names)) == 2000


async def test_a_file_from_a_newer_shopbell_is_refused_untouched(tmp_path: Path) -> None:
    """A schema number above ours is refused, for writing and for reading, and nothing in the file changes."""
    path = tmp_path / "db"
    await _made(path)
    newest = len(migrations())
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {newest + 1}")
    connection.close()
    before = path.read_bytes()
    for opening in (Database.open, Database.open_to_read):
        with pytest.raises(DatabaseTooNew, match=f"schema {newest + 1}, and this shopbell knows {newest}"):
            await _opened(opening, path)
    assert path.read_bytes() == before


async def _opened(opening: Callable[[Path], Awaitable[Database]], path: Path) -> None:
    await (await opening(path)).aclose()


async def _made(path: Path) -> None:
    await (await Database.open(path)).aclose()


# ---------------------------------------------------------------- statements


async def test_every_statement_is_sound_sql(tmp_path: Path) -> None:
    """SQLite can prepare every statement of the program against the schema that the migrations make."""
    async with opened(tmp_path / "db") as database:

        def prepare(tx: Transaction) -> None:
            for sql in STATEMENTS.values():
                names = {word.strip("(),:;") for word in sql.replace("(", " ").split() if word.startswith(":")}
                explained = sql if sql.startswith("PRAGMA") else f"EXPLAIN {sql}"
                tx._connection.execute(explained, dict.fromkeys(names))

        await database.read(prepare)


def test_two_statements_of_one_name_are_refused() -> None:
    """A name that stands twice in the file would hide one of the two."""
    with pytest.raises(RuntimeError, match="same name"):
        _parse("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")


# ---------------------------------------------------------------- writes that wait at the same time


@asynccontextmanager
async def held_up(database: Database) -> AsyncIterator[None]:
    """Until this ends, what is handed over to the database stands in line."""
    begun, may_end = threading.Event(), threading.Event()

    def wait(_: Transaction) -> None:
        begun.set()
        assert may_end.wait(10)

    waiting = asyncio.create_task(database.read(wait))
    assert await asyncio.to_thread(begun.wait, 10)
    yield
    may_end.set()
    await waiting


async def commits_of(database: Database) -> list[str]:
    """The COMMITs from now on."""
    found: list[str] = []

    def trace(statement: str) -> None:
        if statement == "COMMIT":
            found.append(statement)

    await database.read(lambda tx: tx._connection.set_trace_callback(trace))
    return found


async def test_writes_that_wait_are_committed_together(tmp_path: Path) -> None:
    """One wait for the disk for all that stand in line, each with its own result."""
    async with opened(tmp_path / "db") as database:
        commits = await commits_of(database)
        async with held_up(database):
            writers = [asyncio.create_task(database.write(add_store, f"s{number}")) for number in range(8)]
            await asyncio.sleep(0)
        await asyncio.gather(*writers)
        assert len(commits) == 1
        assert len(await database.read(store_names)) == 8


async def test_a_write_that_raises_undoes_only_itself(tmp_path: Path) -> None:
    """Its neighbours in the same commit are written, and it alone hears of its error."""
    async with opened(tmp_path / "db") as database:

        def half(tx: Transaction) -> None:
            add_store(tx, "half")
            raise LookupError("in the middle")

        async with held_up(database):
            work = [(add_store, "first"), (half,), (add_store, "last")]
            writers = [asyncio.create_task(database.write(*each)) for each in work]  # type: ignore[arg-type]
            await asyncio.sleep(0)
        results = await asyncio.gather(*writers, return_exceptions=True)
        assert [type(result) for result in results] == [type(None), LookupError, type(None)]
        assert await database.read(store_names) == ["first", "last"]


async def test_a_read_between_writes_sees_what_stood_before_it(tmp_path: Path) -> None:
    """It is carried out in its turn, and what it writes by mistake is gone."""
    async with opened(tmp_path / "db") as database:

        def look(tx: Transaction) -> list[str]:
            found = store_names(tx)
            add_store(tx, "by mistake")
            return found

        async with held_up(database):
            before = asyncio.create_task(database.write(add_store, "before"))
            reader = asyncio.create_task(database.read(look))
            after = asyncio.create_task(database.write(add_store, "after"))
            await asyncio.sleep(0)
        await asyncio.gather(before, after)
        assert await reader == ["before"]
        assert await database.read(store_names) == ["after", "before"]


async def test_a_common_commit_that_fails_is_reported_to_all(tmp_path: Path) -> None:
    """When the disk is full nobody is told that it was written, and nothing of it is."""
    async with opened(tmp_path / "db") as database:

        def pages(tx: Transaction, most: int) -> None:
            tx._connection.execute(f"PRAGMA max_page_count = {most}")

        def much(tx: Transaction) -> None:
            for number in range(2000):
                add_store(tx, f"{number:04}" + "x" * 1000)

        await database.read(pages, 60)
        async with held_up(database):
            writers = [
                asyncio.create_task(database.write(add_store, "small")),
                asyncio.create_task(database.write(much)),
            ]
            await asyncio.sleep(0)
        results = await asyncio.gather(*writers, return_exceptions=True)
        names = await database.read(store_names)
        assert isinstance(results[1], DatabaseError)
        assert (names, type(results[0])) in [([], DatabaseError), (["small"], type(None))]


async def test_what_needs_no_transaction_joins_none(tmp_path: Path) -> None:
    """A backup that stands in line behind writes has them, and not the one behind it."""
    async with opened(tmp_path / "db") as database:
        async with held_up(database):
            tasks = [
                asyncio.create_task(database.write(add_store, "before")),
                asyncio.create_task(database.backup(tmp_path / "copy.db")),
                asyncio.create_task(database.write(add_store, "after")),
            ]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
    async with opened(tmp_path / "copy.db") as database:
        assert await database.read(store_names) == ["before"]


async def test_a_closed_database_says_so(tmp_path: Path) -> None:
    """Whoever still asks it does not wait for an answer that never comes."""
    async with opened(tmp_path / "db") as database:
        writer = asyncio.create_task(database.write(add_store, "last"))
        await asyncio.sleep(0)
    await writer
    with pytest.raises(DatabaseError, match="closed"):
        await database.read(store_names)


@pytest.mark.parametrize(
    ("said", "free", "owner", "step"),
    [
        ("disk I/O error", 0, 0, "the disk is full. Make room on the disk"),
        ("disk I/O error", 2**30, 0, "disk I/O error. Look at the disk and the file's permissions."),
        ("database or disk is full", 2**30, 0, "database or disk is full. Make room on the disk"),
        ("unable to open database file", 2**30, 1, "The file belongs to another user"),
        ("unable to open database file", 2**30, 0, "Check that DATABASE_PATH names a file in a folder that exists"),
        ("attempt to write a readonly database", 2**30, 0, "Let this user write the file and its folder."),
    ],
)
def test_what_sqlite_says_becomes_a_sentence_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, free: int, owner: int, step: str
) -> None:
    """Where its files cannot grow, SQLite speaks of the disk only; where it may not open one, not of whose it is."""
    path = tmp_path / "db"
    path.touch()
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    monkeypatch.setattr("os.geteuid", lambda: path.stat().st_uid + owner)
    assert step in str(connection._explained(sqlite3.OperationalError(said), path))
