"""What takes part in the transactions of others: together with them on the disk, and never to their harm."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bot.db import following
from bot.db.following import Following
from bot.db.thread import Access, ConnectionThread


class Noting:
    """A follower that writes after each write, and notes what it hears."""

    def __init__(self, *, fails: bool = False) -> None:
        self.heard: list[str] = []
        self._fails = fails

    def look(self, connection: sqlite3.Connection) -> int:
        (seen,) = connection.execute("SELECT COUNT(*) FROM said").fetchone()
        return int(seen)

    def choose(self, seen: int) -> str:
        self.heard.append(f"choose after {seen}")
        return f"follows {seen}"

    def carry_out(self, connection: sqlite3.Connection, chosen: str) -> str:
        connection.execute("INSERT INTO said VALUES (?)", (chosen,))
        if self._fails:
            raise ValueError(chosen)
        return chosen

    def committed(self, result: str) -> None:
        self.heard.append(f"committed {result}")

    def undone(self, chosen: str, error: BaseException) -> None:
        self.heard.append(f"undone {chosen}: {type(error).__name__}")


def say(text: str) -> Callable[[sqlite3.Connection], None]:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO said VALUES (?)", (text,))
        if text == "wrong":
            raise ValueError(text)

    return work


def said(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT text FROM said").fetchall()]


@pytest.fixture
async def thread(tmp_path: Path) -> AsyncIterator[ConnectionThread]:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(tmp_path / "db", isolation_level=None, check_same_thread=False)

    thread = ConnectionThread(connect)
    await thread.open()
    await thread.call(lambda connection: connection.execute("CREATE TABLE said (text)"), Access.ALONE)
    yield thread
    await thread.close()


async def commits(thread: ConnectionThread, *texts: str) -> int:
    """Say these at the same time; returns how many transactions that took."""
    seen: list[str] = []
    await thread.call(lambda connection: connection.set_trace_callback(seen.append), Access.ALONE)
    await asyncio.gather(*(thread.call(say(text), Access.WRITE) for text in texts), return_exceptions=True)
    await thread.call(lambda connection: connection.set_trace_callback(None), Access.ALONE)
    return seen.count("COMMIT")


async def test_a_follower_writes_in_the_same_transaction(thread: ConnectionThread) -> None:
    """It sees what was written, and hears of the commit before the writer's next step."""
    follower = Noting()
    thread.follow(follower)
    assert await commits(thread, "first") == 1
    assert follower.heard == ["choose after 1", "committed follows 1"]
    assert await thread.call(said, Access.READ) == ["first", "follows 1"]


async def test_writes_that_share_a_commit_are_followed_once(thread: ConnectionThread) -> None:
    """The one that failed is not seen."""
    thread.follow(follower := Noting())
    held = thread.call(say("before"), Access.WRITE)
    assert (await asyncio.gather(held, commits(thread, "first", "wrong", "third")))[1] == 1
    assert follower.heard[-2:] == ["choose after 4", "committed follows 4"]
    assert await thread.call(said, Access.READ) == ["before", "follows 1", "first", "third", "follows 4"]


async def test_a_follower_that_fails_does_no_harm(thread: ConnectionThread) -> None:
    """What it wrote is undone, what it followed is not."""
    thread.follow(follower := Noting(fails=True))
    await thread.call(say("first"), Access.WRITE)
    await asyncio.sleep(0)
    assert follower.heard == ["choose after 1", "undone follows 1: ValueError"]
    assert await thread.call(said, Access.READ) == ["first"]


async def test_a_write_that_fails_is_not_followed(thread: ConnectionThread) -> None:
    """Nor is a read, nor anything after the follower has left."""
    thread.follow(follower := Noting())
    with pytest.raises(ValueError, match="wrong"):
        await thread.call(say("wrong"), Access.WRITE)
    await thread.call(said, Access.READ)
    thread.follow(None)
    await thread.call(say("later"), Access.WRITE)
    assert follower.heard == []


async def test_a_write_that_fails_undoes_nothing_of_the_one_before(thread: ConnectionThread) -> None:
    """What followed an earlier write is on the disk, and under way."""
    thread.follow(follower := Noting())
    await thread.call(say("first"), Access.WRITE)
    with pytest.raises(ValueError, match="wrong"):
        await thread.call(say("wrong"), Access.WRITE)
    await asyncio.sleep(0)
    assert follower.heard == ["choose after 1", "committed follows 1"]


async def test_a_commit_that_fails_undoes_what_followed(thread: ConnectionThread) -> None:
    """A reference that does not exist is found only by the commit."""
    thread.follow(follower := Noting())

    def refers(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("CREATE TABLE other (id INTEGER PRIMARY KEY, before INTEGER REFERENCES other (id))")
        connection.execute("INSERT INTO other VALUES (1, 2)")

    await thread.call(lambda connection: connection.execute("PRAGMA foreign_keys = ON"), Access.ALONE)
    with pytest.raises(sqlite3.Error):
        await thread.call(refers, Access.WRITE)
    await asyncio.sleep(0)
    assert follower.heard[0] == "choose after 0"
    assert follower.heard[1].startswith("undone follows 0")
    assert await thread.call(said, Access.READ) == []


class Stuck:
    """An event loop that comes to nothing, until `go_on`."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], object]] = []

    def call_soon_threadsafe(self, function: Callable[..., object], *arguments: Any) -> None:
        self._waiting.append(lambda: function(*arguments))

    def go_on(self) -> None:
        for call in self._waiting:
            call()


class Ended:
    """An event loop that has ended."""

    def call_soon_threadsafe(self, *_: object) -> None:
        raise RuntimeError("Event loop is closed")


def following_in(loop: Stuck | Ended, follower: Noting) -> tuple[Following, sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE said (text)")
    connection.execute("BEGIN")
    return Following(follower, cast("asyncio.AbstractEventLoop", loop)), connection


def test_a_loop_that_does_not_answer_holds_up_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it comes to the question later, the follower is not asked any more."""
    monkeypatch.setattr(following, "_LONGEST_ANSWER", 0.0)
    loop, follower = Stuck(), Noting()
    taking_part, connection = following_in(loop, follower)
    taking_part.take_part(connection)
    taking_part.committed()
    loop.go_on()
    assert (follower.heard, said(connection)) == ([], [])


def test_a_loop_that_has_ended_holds_up_no_commit() -> None:
    """Nobody is left who could want to know."""
    follower = Noting()
    taking_part, connection = following_in(Ended(), follower)
    taking_part.take_part(connection)
    taking_part.committed()
    assert (follower.heard, said(connection)) == ([], [])
