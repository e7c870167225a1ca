"""
What takes part in the transactions of others.

What follows from a write at once would otherwise wait for its commit, and then for one of its own: each waits for the
disk. A follower sees what was written, decides in the event loop, and writes in the same transaction.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Protocol

_LONGEST_ANSWER = 1.0
"""So many seconds the thread waits for the event loop before a commit: nobody there would hear of it sooner."""


class Follower(Protocol):
    """
    What takes part in every transaction that writes, after the writes and before the commit.

    `look` and `carry_out` run on the connection's thread, the others in the event loop.
    """

    def look(self, connection: sqlite3.Connection) -> Any:
        """What there is to do after these writes; None: nothing."""
        ...

    def choose(self, seen: Any) -> Any:
        """What of it is done within this transaction; None: nothing. Must not wait, and must not raise."""
        ...

    def carry_out(self, connection: sqlite3.Connection, chosen: Any) -> Any:
        """Do it. If it raises, nothing of it is done; the writes are."""
        ...

    def committed(self, result: Any) -> None:
        """What `carry_out` returned is on the disk."""
        ...

    def undone(self, chosen: Any, error: BaseException) -> None:
        """Nothing of what was chosen was done, because of this error."""
        ...


class Following:
    """A follower, as the thread reaches it."""

    def __init__(self, follower: Follower, loop: asyncio.AbstractEventLoop) -> None:
        self._follower = follower
        self._loop = loop
        self._chosen: Any = None
        self._result: Any = None

    def take_part(self, connection: sqlite3.Connection) -> None:
        """
        Let it do its part of the transaction.

        Raises:
            sqlite3.Error: SQLite has undone the whole transaction.
        """
        seen = self._follower.look(connection)
        self._chosen = None if seen is None else self._answer(seen)
        if self._chosen is None:
            return
        connection.execute("SAVEPOINT follower")
        try:
            self._result = self._follower.carry_out(connection, self._chosen)
        except BaseException as error:
            if not connection.in_transaction:
                raise
            # The writes are not to blame.
            connection.execute("ROLLBACK TO follower")
            self.undone(error)
        connection.execute("RELEASE follower")

    def committed(self) -> None:
        """The transaction is on the disk."""
        if self._forgets() is not None:
            self._tell(self._follower.committed, self._result)

    def undone(self, error: BaseException) -> None:
        """The transaction is undone; it may have failed before the follower took part."""
        chosen = self._forgets()
        if chosen is not None:
            self._tell(self._follower.undone, chosen, error)

    def _forgets(self) -> Any:
        """What was chosen in this transaction: the next one must not end it once more."""
        chosen, self._chosen = self._chosen, None
        return chosen

    def _answer(self, seen: Any) -> Any:
        """What the follower chooses in the event loop; None if that does not come to it."""
        question = _Question()
        if self._tell(question.answer, self._follower.choose, seen):
            return question.wait()
        return None

    def _tell(self, function: Callable[..., None], *arguments: Any) -> bool:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop has ended, and everybody who could want to know
            return False
        return True


class _Question:
    """Something that the thread asks in the event loop. After `_LONGEST_ANSWER` it is not asked any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._is_open = True
        self._chosen: Any = None

    def answer(self, choose: Callable[[Any], Any], seen: Any) -> None:
        with self._lock:
            if not self._is_open:
                return
            self._is_open = False
        try:
            self._chosen = choose(seen)
        finally:
            self._answered.set()

    def wait(self) -> Any:
        if not self._answered.wait(_LONGEST_ANSWER):
            with self._lock:
                if self._is_open:
                    self._is_open = False
                    return None
            self._answered.wait()
        return self._chosen
