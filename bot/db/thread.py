"""
The thread that carries out everything on the connection, in the order in which it was handed over.

A commit waits for the disk. So writes that stand in line at the same time share one transaction: each is undone by
itself if it raises, and nobody hears of a result before the common commit. A process that dies leaves what it would
have left without that: the first writes of the line, each as a whole.

What follows from a write at once need not wait for its commit, and then for one of its own: a `Follower` takes part in
the transaction.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any, TypeVar

import aiosqlite

from bot.db.following import Follower, Following

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_LONGEST = 0.02
"""Seconds after which nothing more joins a transaction: who came first must not wait long for those behind."""


class Access(Enum):
    """
    How something is carried out.

    Attributes:
        ALONE: In no transaction, or in those that it makes itself.
        READ: On one consistent state; what it writes is undone.
        WRITE: In an IMMEDIATE transaction, perhaps together with others.
    """

    ALONE = auto()
    READ = auto()
    WRITE = auto()


@dataclass(eq=False, slots=True)
class _Call:
    """Something that was handed over, and what came of it."""

    work: Work[Any]
    access: Access
    result: Any = None
    error: BaseException | None = None

    def carry_out(self, connection: sqlite3.Connection) -> None:
        try:
            self.result = self.work(connection)
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
            self.error = error

    def outcome(self) -> Any:
        """What came of it, for whoever waited. Raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.result


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection with one more call: a function on its thread."""

    async def call(self, function: Callable[[sqlite3.Connection], None]) -> None:
        # `_execute` is how every public method of aiosqlite reaches the thread; the lock file pins its version,
        # and tests/unit/bot/db/test_connection.py holds it to what is promised here.
        await self._execute(partial(function, self._conn))  # type: ignore[no-untyped-call]

    def join(self) -> None:
        """Wait until its thread has ended. Call it when the thread has been told to end: then this takes no time."""
        self._thread.join()


class ConnectionThread:
    """
    The thread and its connection.

    Args:
        connect: Makes the connection, which must not begin transactions by itself.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connection = _Connection(connect, iter_chunk_size=64)
        # The thread has one turn for each call. A call that was carried out in the turn of one before it, leaves its
        # own turn without work.
        self._line: deque[_Call] = deque()
        self._following: Following | None = None
        self._held_by_another: sqlite3.OperationalError | None = None

    async def open(self) -> None:
        """Connect. Raises what `connect` raises; call `close` all the same."""
        await self._connection

    async def call(self, work: Work[T], access: Access) -> T:
        """
        Carry `work` out. Cancelling stops the waiting, never the work.

        Raises:
            sqlite3.Error: As SQLite does; or the connection is closed.
        """
        call = _Call(work, access)
        self._line.append(call)
        try:
            await self._connection.call(self._take_turn)
        except ValueError as error:
            raise sqlite3.ProgrammingError("it is closed") from error
        result: T = call.outcome()
        return result

    def follow(self, follower: Follower | None) -> None:
        """From the next transaction on this one takes part in each; None: nobody. Call it in the event loop."""
        self._following = None if follower is None else Following(follower, asyncio.get_running_loop())

    async def close(self) -> None:
        """Carry out what was handed over before, close the connection, and end the thread."""
        with suppress(ValueError, sqlite3.Error):  # where it never opened, the error that matters is on its way
            await self._connection.close()
        self._connection.join()

    # ------------------------------------------------------------ on the thread

    def _take_turn(self, connection: sqlite3.Connection) -> None:
        if not self._line:
            return
        call = self._line.popleft()
        match call.access:
            case Access.WRITE:
                self._write(connection, call)
            case Access.READ:
                _read(connection, call)
            case Access.ALONE:
                call.carry_out(connection)

    def _write(self, connection: sqlite3.Connection, first: _Call) -> None:
        """
        Carry out this write, and what stands behind it and may share its transaction.

        Once another program has held the file for too long, what stands in line fails as well, and at once: who meets
        that ends, and must not have to wait until each of them has waited for the lock in its turn.
        """
        together, following = [first], self._following
        try:
            self._begin(connection)
            self._carry_out_together(connection, together)
            if following is not None:
                following.take_part(connection)
            connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and _is_busy(error):
                self._held_by_another = error
            for call in together:
                call.error = call.error or error
            if following is not None:
                following.undone(error)
        else:
            if following is not None:
                following.committed()

    def _begin(self, connection: sqlite3.Connection) -> None:
        if self._held_by_another is not None:
            raise sqlite3.OperationalError(*self._held_by_another.args)
        connection.execute("BEGIN IMMEDIATE")

    def _carry_out_together(self, connection: sqlite3.Connection, together: list[_Call]) -> None:
        """
        Carry out the first call in the transaction that has begun, and add those that join it.

        Raises:
            BaseException: The whole transaction must be undone.
        """
        if not self._line:
            together[0].carry_out(connection)
            if together[0].error is not None:
                raise together[0].error
            return
        ends = time.monotonic() + _LONGEST
        joining: _Call | None = together[0]
        while joining is not None:
            _carry_out_within(connection, joining)
            joining = self._joining() if time.monotonic() < ends else None
            if joining is not None:
                together.append(joining)

    def _joining(self) -> _Call | None:
        """The next in line, if it stands there already and may share a transaction."""
        return None if not self._line or self._line[0].access is Access.ALONE else self._line.popleft()


def _read(connection: sqlite3.Connection, call: _Call) -> None:
    connection.execute("BEGIN")
    call.carry_out(connection)
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _carry_out_within(connection: sqlite3.Connection, call: _Call) -> None:
    """
    Carry out a call inside a transaction: if it raises, or only reads, it leaves nothing there.

    Raises:
        BaseException: SQLite has undone the whole transaction, as it does when the disk is full.
    """
    connection.execute("SAVEPOINT one")
    call.carry_out(connection)
    if not connection.in_transaction:
        raise call.error or sqlite3.OperationalError("the transaction was undone")
    if call.error is not None or call.access is Access.READ:
        connection.execute("ROLLBACK TO one")
    connection.execute("RELEASE one")


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite says so, and not we."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
