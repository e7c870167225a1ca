"""What becomes of the bridge when its disk, its file or another program fails it: one sentence, and no loss."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.bot_process import BotProcess
from tests.support.crash.run import integrity
from tests.support.crash.scene import Scene, ended, scene
from tests.support.waiting import PATIENCE, until

pytestmark = [pytest.mark.takes(15), pytest.mark.usefixtures("forked_bots")]

_HERE = Path(__file__).parents[1] / "support" / "crash"


def last_line(bot: BotProcess) -> str:
    """What the bot said last."""
    return bot.log.strip().splitlines()[-1]


async def ends_clearly(here: Scene, *words: str) -> None:
    """It ends by itself with code 1 and one last sentence, and has shown the operator no traceback."""
    assert await ended(here.bot, PATIENCE) == 1
    assert all(word in last_line(here.bot) for word in words), here.bot.log[-2000:]
    assert "Traceback" not in here.bot.log, here.bot.log[-6000:]


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, some megabytes large; skips where this user may not mount one."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path) -> Path:
    """Use up every byte that is left; returns the file that does."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


async def test_a_full_disk_ends_it_with_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    """No room for another page: what is not on disk is not acknowledged, and comes again when there is room."""
    with small_disk(tmp_path / "disk") as disk:
        (tmp_path / "shopbell.db").symlink_to(disk / "shopbell.db")
        async with scene(tmp_path) as here:
            await here.tickets_stand()
            filler = fill(disk)
            await here.people_write(12, pause=0.05)
            await ends_clearly(here, "disk is full", "Make room on the disk")
            filler.unlink()
            await here.bot.start()
            await here.all_arrives()


async def test_a_database_without_room_ends_it_with_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    """The same for whoever may mount nothing: SQLite itself finds no room for another page."""
    full = tmp_path / "full"
    paths = [str(_HERE / "small_disk"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]

    async with scene(tmp_path, DISK_FULL=str(full), PYTHONPATH=os.pathsep.join(filter(None, paths))) as here:
        await here.tickets_stand()
        full.touch()
        await here.people_write(12, pause=0.05)
        await ends_clearly(here, "disk is full", "Make room on the disk")
        full.unlink()
        await here.bot.start()
        await here.all_arrives()


async def test_a_file_that_may_not_grow_ends_it_with_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    """The same where the limit is the process's own; SQLite then speaks of an I/O error."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        log = here.bot.database.with_name("shopbell.db-wal")
        most = max(log.stat().st_size, here.bot.database.stat().st_size)
        assert here.bot._process is not None
        resource.prlimit(here.bot._process.pid, resource.RLIMIT_FSIZE, (most, most))
        await here.people_write(12, pause=0.05)
        await ends_clearly(here, "cannot be used", "Look at the disk")
        await here.bot.start()
        await here.all_arrives()


async def test_a_file_that_another_program_holds_ends_it_with_a_sentence(tmp_path: Path) -> None:
    """Somebody's open transaction outlasts the waiting: the bridge says so, and goes on at its next start."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        with closing(sqlite3.connect(here.bot.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await here.people_write(2, pause=0.05)
            await ends_clearly(here, "locked", "Another program holds the file")
            other.execute("ROLLBACK")
        await here.bot.start()
        await here.all_arrives()


async def test_a_program_that_holds_the_file_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    """A transaction of somebody else's that ends within the waiting disturbs nothing."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        with closing(sqlite3.connect(here.bot.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await here.people_write(6, pause=0.2)
            other.execute("ROLLBACK")
        await here.all_arrives()
        assert here.bot.starts == 1


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """Exit 3 and one line; the first process does not even notice."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        code, said = await here.bot.command("run")
        assert code == 3
        assert len(said.strip().splitlines()) == 1
        assert "Another shopbell is running" in said
        await here.people_write(3)
        await here.all_arrives()


def refused(folder: Path, database: Path, words: str, *python: str) -> None:
    """A start on this database, by `python` or Python itself, ends with code 1 and one line that holds these words."""
    settings = {
        "DISCORD_TOKEN": "practice",
        "DATABASE_PATH": str(database),
        "STORES__MAIN__VENDOR": "sellgate",
        "STORES__MAIN__API_KEY": "practice",
        "STORES__MAIN__BASE_URL": "http://127.0.0.1:9",
        "STORES__MAIN__CHANNELS": "discord:1",
    }
    done = subprocess.run(
        [sys.executable, *python, "-m", "bot", "run"],
        cwd=folder,
        env=BotProcess(folder, settings).environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert len(said.strip().splitlines()) == 1, said
    assert words in said


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """The schema of a later shopbell, in whatever journal mode: exit 1, one line, and not a byte is changed."""
    database = tmp_path / "new.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    before = database.read_bytes()
    refused(tmp_path, database, "Run the newer shopbell again")
    assert database.read_bytes() == before


def test_something_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """Exit 1, one line, and not a byte is changed."""
    database = tmp_path / "notes.txt"
    database.write_text("not a database, but somebody's notes\n" * 100)
    before = database.read_bytes()
    refused(tmp_path, database, "restore a backup")
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    ("read_only", "words"),
    [("data", "a folder that shopbell may write to"), ("data/shopbell.db", "Let this user write the file")],
)
def test_a_read_only_database_is_refused(read_only: str, words: str, tmp_path: Path) -> None:
    """Where the folder or the file may not be written: exit 1 and one line that says what to do."""
    database = tmp_path / "data" / "shopbell.db"
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE something (a)")
    before = database.read_bytes()
    (tmp_path / read_only).chmod(0o555)
    try:
        refused(tmp_path, database, words, str(_HERE / "plain_user.py"))
    finally:
        (tmp_path / read_only).chmod(0o755)
    assert database.read_bytes() == before


async def test_a_backup_under_load_becomes_a_working_bridge(tmp_path: Path) -> None:
    """`shopbell backup` while everybody writes: a bridge on the copy misses nothing and tells no customer twice."""
    async with scene(tmp_path) as here:
        await here.tickets_stand()
        writing = asyncio.create_task(here.people_write(18, pause=0.1))
        await until(lambda: here.world.customers > len(here.world.shops) + 2)
        copy = tmp_path / "copy.db"
        code, said = await here.bot.command("backup", str(copy))
        assert (code, said.strip()) == (0, f"{copy} is a complete copy.")
        assert integrity(copy) == "ok"
        await writing
        await here.all_arrives()
        await here.bot.kill()
        for rest in ("shopbell.db-wal", "shopbell.db-shm"):
            (tmp_path / rest).unlink(missing_ok=True)
        copy.replace(here.bot.database)
        began = datetime.now(UTC)
        await here.bot.start()
        await here.bot.ready()
        # What is written in its first second is asked about: the chats tell their time in whole seconds.
        await until(lambda: datetime.now(UTC) - began > timedelta(seconds=3), "it is clear that it runs already")
        await here.people_write(6)
        await until(lambda: here.world.missing() == 0)
        assert [line for line in here.world.verdict().doubled if " at " in line] == []
        assert integrity(here.bot.database) == "ok"
        assert "Traceback" not in here.bot.log
