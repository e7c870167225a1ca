"""
The one connection to the database.

A transaction is one function that runs as a whole on the connection's own thread (`bot.db.thread`). So nothing can
come between its beginning and its end: no other coroutine's statement, and no cancellation, which only ends the waiting
for it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot.db.files import has_room, is_of_another, private_file, publish, restrict
from bot.db.following import Follower
from bot.db.migrate import migrate, migrations, open_vocabulary, refuse_newer, refuse_older
from bot.db.statements import STATEMENTS
from bot.db.thread import Access, ConnectionThread, Work
from bot.errors import DatabaseError

P = ParamSpec("P")
T = TypeVar("T")
Row = sqlite3.Row

_OVERWRITES_SINCE = 2
"""The first schema whose files were never written without `secure_delete`."""


class Transaction:
    """The statements of `statements.sql` by name, inside one transaction; valid only while its function runs."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def version(self) -> tuple[int, int]:
        """Another one as soon as a row of the file has changed, by us or by another process. Reads no row."""
        (elsewhere,) = self._connection.execute("PRAGMA data_version").fetchone()
        return self._connection.total_changes, elsewhere

    def run(self, statement: str, **values: Any) -> int:
        """Carry out a statement; returns how many rows it changed."""
        return self._execute(statement, values).rowcount

    def add(self, statement: str, **values: Any) -> int | None:
        """Carry out an INSERT that ends in RETURNING; returns the new row's id, None where it was there already."""
        row = self._execute(statement, values).fetchone()
        return None if row is None else row[0]

    def one(self, statement: str, **values: Any) -> Row | None:
        """The first row, None where there is none."""
        row: Row | None = self._execute(statement, values).fetchone()
        return row

    def all(self, statement: str, **values: Any) -> list[Row]:
        """Every row."""
        return self._execute(statement, values).fetchall()

    def _execute(self, statement: str, values: dict[str, Any]) -> sqlite3.Cursor:
        return self._connection.execute(STATEMENTS[statement], values)


class Database:
    """
    The open database. Made by `open`, ended by `aclose`.

    Every method raises `bot.errors.DatabaseError` when the file cannot be read or written; nothing of the
    transaction has happened then.
    """

    def __init__(self, thread: ConnectionThread, path: Path) -> None:
        self._thread = thread
        self._looking_up = asyncio.Lock()
        self.path = path

    @classmethod
    async def open(cls, path: Path) -> Database:
        """
        Open the file for the bridge, make it where it is missing, and bring it to this schema.

        The caller holds `bot.db.lock.held`.

        Raises:
            DatabaseTooNew, DatabaseError
        """
        return await cls._open(path, _prepare, writing=True)

    @classmethod
    async def open_to_change(cls, path: Path) -> Database:
        """
        Open an existing file for a command's single short write, also while another process holds it.

        Raises:
            DatabaseTooOld: Its schema is not the present one; another shopbell may be running on it as it is.
            DatabaseTooNew, DatabaseError
        """
        return await cls._open_existing(path, writing=True)

    @classmethod
    async def open_to_read(cls, path: Path) -> Database:
        """Open an existing file only to read it, also while another process holds it; raises as `open_to_change`."""
        return await cls._open_existing(path, writing=False)

    @classmethod
    async def _open_existing(cls, path: Path, *, writing: bool) -> Database:
        if not path.exists():  # noqa: ASYNC240 - one look, before anything runs
            raise DatabaseError(f"There is no database at {path} yet. It is made when `shopbell run` first starts.")
        return await cls._open(path, partial(_prepare_existing, path=path, writing=writing), writing=writing)

    @classmethod
    async def _open(cls, path: Path, prepare: Callable[[sqlite3.Connection], None], *, writing: bool) -> Database:
        def connect() -> sqlite3.Connection:
            if writing:
                restrict(path)
            return sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)

        thread = ConnectionThread(connect)
        try:
            await thread.open()
            await thread.call(prepare, Access.ALONE)
        except sqlite3.Error as error:
            await thread.close()
            raise _explained(error, path) from error
        except BaseException:
            await thread.close()
            raise
        return cls(thread, path)

    async def write(self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in a transaction: when this returns, all of it is on the disk; if it raises, nothing."""
        return await self._call(lambda connection: work(Transaction(connection), *args, **kwargs), Access.WRITE)

    async def read(self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work`, which only reads, on one consistent state."""
        return await self._call(lambda connection: work(Transaction(connection), *args, **kwargs), Access.READ)

    async def look_up(self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, for what people may ask a hundred times at once: all else waits for one of these at most."""
        async with self._looking_up:
            return await self.read(work, *args, **kwargs)

    def follow(self, follower: Follower | None) -> None:
        """From now on this one takes part in each transaction of `write`; None: nobody."""
        self._thread.follow(follower)

    async def empty_log(self) -> bool:
        """
        Move the write-ahead log into the file and cut it to nothing, so that what was overwritten stands in neither.

        Returns:
            Whether that was possible; not while another process reads an older state.
        """

        def run(connection: sqlite3.Connection) -> bool:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

        return await self._call(run, Access.ALONE)

    async def backup(self, target: Path) -> None:
        """Write a consistent copy to `target`, which must not exist yet, while others read and write."""
        await self._call(partial(_copy, target=target), Access.ALONE)

    async def aclose(self) -> None:
        """Close the file; the last process to do so empties the write-ahead log."""
        await self._thread.close()

    async def _call(self, work: Work[T], access: Access) -> T:
        try:
            return await self._thread.call(work, access)
        except sqlite3.IntegrityError:
            raise  # a defect of ours, not of the file
        except sqlite3.Error as error:
            raise _explained(error, self.path) from error


def _prepare(connection: sqlite3.Connection) -> None:
    _begin(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if 0 < version < _OVERWRITES_SINCE:
        # Free pages of such a file still hold what was deleted. As long as this is not done, the file keeps its number.
        connection.execute("VACUUM")
    migrate(connection)


def _prepare_existing(connection: sqlite3.Connection, *, path: Path, writing: bool) -> None:
    _begin(connection)
    refuse_older(connection, len(migrations()), path)
    open_vocabulary(connection)
    connection.execute("PRAGMA synchronous = FULL" if writing else "PRAGMA query_only = ON")


def _begin(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    # What is deleted or replaced is overwritten with zeros.
    connection.execute("PRAGMA secure_delete = ON")
    refuse_newer(connection, len(migrations()))


def _copy(connection: sqlite3.Connection, *, target: Path) -> None:
    """
    Whatever ends this too early, nothing is called `target` then: a copy that is not marked as one must not be used.

    It is made under another name, which begins with that of `target`.
    """
    if os.path.lexists(target):
        raise _taken(target)
    unfinished = target.with_name(f"{target.name}.{secrets.token_hex(4)}.unfinished")
    try:
        os.close(private_file(unfinished, os.O_EXCL))
        try:
            # Unlike VACUUM INTO, this needs no right to write to the source, and it is on the disk when it returns.
            with closing(sqlite3.connect(unfinished, isolation_level=None)) as copy:
                connection.backup(copy)
                for statement in ("mark_as_backup", "start_delivery_numbers", "skip_numbers"):
                    copy.execute(STATEMENTS[statement])
            publish(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)
    except FileExistsError as error:
        raise _taken(target) from error
    except OSError as error:
        raise DatabaseError(f"{target} cannot be written ({error.strerror}). Name a file that can.") from error


def _taken(target: Path) -> DatabaseError:
    return DatabaseError(f"{target} exists already. Name a file that does not.")


def _explained(error: sqlite3.Error, path: Path) -> DatabaseError:
    """The one sentence that says what to do about a failure of SQLite."""
    text = str(error)
    if "readonly" in text:
        step = "Let this user write the file and its folder."
    elif "full" in text or ("disk I/O" in text and not has_room(path)):
        # Where the files beside the database cannot grow, SQLite only speaks of the disk.
        text = text if "full" in text else "the disk is full"
        step = "Make room on the disk; nothing that was acknowledged is lost."
    elif "locked" in text:
        step = "Another program holds the file; end it."
    elif "malformed" in text or "not a database" in text:
        step = "Put the file aside and restore a backup (`shopbell backup` makes them)."
    elif "unable to open" in text and is_of_another(path):
        step = "The file belongs to another user: give it to this one, or run shopbell as that one."
    elif "unable to open" in text:
        step = "Check that DATABASE_PATH names a file in a folder that exists and that this user may write to."
    else:
        step = "Look at the disk and the file's permissions."
    return DatabaseError(f"The database {path} cannot be used: {text}. {step}")
