"""
The thread that carries out everything on the connection, in the order in which it was handed over.

A commit waits for the disk. So writes that stand in line at the same time share one transaction: each is undone by
itself if it raises, and nobody hears of a result before the common commit. A process that dies leaves what it would
have left without that: the first writes of the line, each as a whole.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

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
        CLOSE: The connection is closed, and the thread ends.
    """

    ALONE = auto()
    READ = auto()
    WRITE = auto()
    CLOSE = auto()


@dataclass(eq=False, slots=True)
class _Call:
    """Something that was handed over, and what came of it."""

    work: Work[Any]
    access: Access
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def carry_out(self, connection: sqlite3.Connection) -> None:
        try:
            self.result = self.work(connection)
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
            self.error = error

    def settle(self) -> None:
        """On the event loop: give it to whoever still waits for it."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class ConnectionThread:
    """
    The thread and its connection.

    Args:
        connect: Makes the connection, which must not begin transactions by itself.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._line: SimpleQueue[_Call] = SimpleQueue()
        self._put_back: list[_Call] = []
        self._held_by_another: sqlite3.OperationalError | None = None
        self._is_open = False
        # It must not keep a process alive that ends by an error: what was reported as done is on the disk.
        self._thread = threading.Thread(target=self._run, name="shopbell-database", daemon=True)

    async def open(self) -> None:
        """Connect. Raises what `connect` raises; call `close` all the same."""
        self._thread.start()
        await self._hand_over(_nothing, Access.ALONE)
        self._is_open = True

    async def call(self, work: Work[T], access: Access) -> T:
        """
        Carry `work` out. Cancelling stops the waiting, never the work.

        Raises:
            sqlite3.Error: As SQLite does; or the connection is closed.
        """
        if not self._is_open:
            raise sqlite3.ProgrammingError("it is closed")
        return await self._hand_over(work, access)

    async def close(self) -> None:
        """Carry out what was handed over before, close the connection, and end the thread."""
        self._is_open = False
        await self._hand_over(_nothing, Access.CLOSE)
        self._thread.join()

    def _hand_over(self, work: Work[T], access: Access) -> asyncio.Future[T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._line.put(_Call(work, access, future))
        return future

    # ------------------------------------------------------------ on the thread

    def _run(self) -> None:
        opening, connection = self._line.get(), None
        try:
            connection = self._connect()
        except BaseException as error:  # noqa: BLE001 - whoever opens it gets it
            opening.error = error
        _report([opening])
        closing = self._line.get() if connection is None else self._serve(connection)
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
        _report([closing])

    def _serve(self, connection: sqlite3.Connection) -> _Call:
        """Carry out everything until it has to be closed; returns who asked for that."""
        while (call := self._put_back.pop() if self._put_back else self._line.get()).access is not Access.CLOSE:
            if call.access is Access.WRITE:
                self._write(connection, call)
                continue
            if call.access is Access.READ:
                _read(connection, call)
            else:
                call.carry_out(connection)
            _report([call])
        return call

    def _write(self, connection: sqlite3.Connection, first: _Call) -> None:
        """
        Carry out this write, and what stands behind it and may share its transaction.

        Once another program has held the file for too long, what stands in line fails as well, and at once: who meets
        that ends, and must not have to wait until each of them has waited for the lock in its turn.
        """
        together = [first]
        try:
            self._begin(connection)
            self._carry_out_together(connection, together)
            connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and _is_busy(error):
                self._held_by_another = error
            for call in together:
                call.error = call.error or error
        _report(together)

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
        if self._line.empty():
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
        try:
            call = self._line.get_nowait()
        except Empty:
            return None
        if call.access in (Access.READ, Access.WRITE):
            return call
        self._put_back.append(call)
        return None


def _nothing(_: sqlite3.Connection) -> None:
    """Opening and closing need no more."""


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


def _report(calls: list[_Call]) -> None:
    """Give what came of these calls to their event loop. If that is closed, nobody waits for it."""
    with suppress(RuntimeError):
        calls[0].future.get_loop().call_soon_threadsafe(_settle, calls)


def _settle(calls: list[_Call]) -> None:
    for call in calls:
        call.settle()
