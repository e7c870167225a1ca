"""
Time that passes only when nothing is left to do, and a database without a thread: the same seed, the same story.

The loop itself is the clock: when no task is ready, it goes to the hour of the next one that waits. So an hour of
waiting costs nothing, nothing is ever still on its way when a test looks, and no sleep is for luck.
"""

from __future__ import annotations

import asyncio
import selectors
import sqlite3
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

from bot.clock import Clock, SystemClock
from bot.db.connection import Database, Transaction, _prepare
from bot.db.following import Follower
from bot.db.thread import Access, Work
from tests.support.memory.vendor import START
from tests.support.simulation.fate import Fate, Killed

T = TypeVar("T")
# The database keeps whole milliseconds.
_MOMENT = 0.001


class SimulatedLoop(asyncio.SelectorEventLoop):
    """
    An event loop whose time is simulated.

    Attributes:
        passed: Seconds since its beginning.
        stride: When it has nothing to do it lets at least so many seconds pass; what was due meanwhile is late, as
            on a machine that was suspended.
        outer: The tasks that no other task made: the story's own.
    """

    def __init__(self) -> None:
        self.passed = 0.0
        self.stride = 0.0
        self.outer: WeakSet[asyncio.Task[Any]] = WeakSet()
        super().__init__(_Nothing(self._idle))

    def time(self) -> float:
        return self.passed

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = super().create_task(coro, **options)
        if asyncio.current_task(self) is None:
            self.outer.add(task)
        return task

    def _idle(self, seconds: float) -> None:
        self.passed += max(seconds, self.stride)


class _Nothing(selectors.SelectSelector):
    """Watches no file: there is none in a simulation."""

    def __init__(self, idle: Callable[[float], None]) -> None:
        super().__init__()
        self._idle = idle

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("every task waits for another one")
        if timeout > 0:
            self._idle(timeout)
        return []


class SimulatedClock:
    """
    The time of a simulated loop, as a machine in it reads it; see `bot.clock.Clock`.

    Attributes:
        skew: How many seconds this machine's clock is ahead of everybody else's.
    """

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._set = [(0.0, 0.0)]

    @property
    def skew(self) -> float:
        return self._set[-1][1]

    @skew.setter
    def skew(self, seconds: float) -> None:
        self._set.append((self._loop.time(), seconds))

    def when(self, shown: datetime) -> list[datetime]:
        """The true moments at which this clock showed that one; more than one where it was set back in between."""
        until = [at for at, _ in self._set[1:]] + [float("inf")]
        moments = [(shown - timedelta(seconds=skew), at, end) for (at, skew), end in zip(self._set, until, strict=True)]
        return [m for m, at, end in moments if at - _MOMENT <= (m - START).total_seconds() <= end + _MOMENT]

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time() + self.skew)

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class LoopDatabase(Database):
    """
    The core's own database, its transactions carried out by the event loop, one after the other, each in its turn.

    As on a thread, a transaction that was handed over is carried out also when nobody waits for it any more. It is
    kept in memory, and in the file only from one process to the next: the machine stays up, only the process dies.
    """

    def __init__(self, path: Path, fate: Fate) -> None:
        self.path = path
        self._looking_up = asyncio.Lock()
        self._file = sqlite3.connect(":memory:", isolation_level=None)
        self._file.deserialize(path.read_bytes() if path.exists() else _blank())
        _prepare(self._file)
        self._fate = fate
        self._follower: Follower | None = None
        self._committed: Callable[[], None] | None = None
        self._handed_over: deque[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]] = deque()

    @property
    def changes(self) -> int:
        """How many rows were changed since the file was opened."""
        return self._file.total_changes

    def look(self, work: Callable[[Transaction], T]) -> T:
        """Read something at once, as a test and not as the process."""
        return work(Transaction(self._file))

    def query(self, sql: str, **values: object) -> list[sqlite3.Row]:
        """What a query of the test's own finds, at once."""
        return self._file.execute(sql, values).fetchall()

    def close(self) -> None:
        """The next process will find everything as it is."""
        self._handed_over.clear()
        self.path.write_bytes(self._file.serialize())
        self._file.close()

    def follow(self, follower: Follower | None) -> None:
        self._follower = follower

    async def aclose(self) -> None:
        self.close()

    async def _call(self, work: Work[T], access: Access) -> T:
        if self._fate.dead:
            raise Killed
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        run = self._in_one_transaction(work) if access is Access.WRITE else work
        self._handed_over.append((run, result))
        loop.call_soon(self._carry_out)
        return await result

    def _carry_out(self) -> None:
        if not self._handed_over or not self._fate.lives_on("before a transaction"):
            return
        run, result = self._handed_over.popleft()
        try:
            outcome = run(self._file)
        except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
            if not result.done():
                result.set_exception(error)
            return
        if not self._fate.lives_on("after a transaction"):
            return
        committed, self._committed = self._committed, None
        if committed is not None:
            committed()
        if not result.done():
            result.set_result(outcome)

    def _in_one_transaction(self, work: Work[T]) -> Work[T]:
        def run(file: sqlite3.Connection) -> T:
            with file:
                file.execute("BEGIN IMMEDIATE")
                outcome = work(file)
                self._follow(file)
                return outcome

        return run

    def _follow(self, file: sqlite3.Connection) -> None:
        """Let the follower take part, as the thread does."""
        follower = self._follower
        seen = None if follower is None else follower.look(file)
        if follower is None or seen is None:
            return
        chosen = follower.choose(seen)
        if chosen is not None:
            self._committed = partial(follower.committed, follower.carry_out(file, chosen))


@cache
def _blank() -> bytes:
    """An empty database of the present schema; making one anew each time would be most of a short story's work."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
        _prepare(file)
        return file.serialize()


def clock() -> Clock:
    """The clock of the loop that runs: simulated where its time is."""
    loop = asyncio.get_running_loop()
    return SimulatedClock(loop) if isinstance(loop, SimulatedLoop) else SystemClock()


def now() -> datetime:
    """The time of the loop that runs."""
    return clock().now()


async def open_database(path: Path) -> Database:
    """The database of a process in the loop that runs: without a thread where time is simulated."""
    simulated = isinstance(asyncio.get_running_loop(), SimulatedLoop)
    return LoopDatabase(path, Fate()) if simulated else await Database.open(path)


def simulated_loop() -> SimulatedLoop:
    """The loop that runs; fails where its time is real."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop), "mark the test with `pytest.mark.simulated`"
    return loop


def simulate(story: Callable[[SimulatedLoop], Coroutine[Any, Any, T]]) -> T:
    """Play a story in a loop of its own."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SimulatedLoop)
        return runner.run(story(loop))
