"""One process holds a database."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.db.lock import held, is_held, lock_of
from bot.errors import DatabaseError, DatabaseInUse
from tests.support.shell import PROJECT

HOLD = """
import sys
from pathlib import Path
from bot.db.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the database until its input ends or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """While one holds it another is told so, and what to do; after the first has ended it may."""
    path = tmp_path / "db"
    with holder(path) as process:
        with pytest.raises(DatabaseInUse, match="Stop it first"), held(path):
            pytest.fail("held twice")
        process.communicate("")
    with held(path):
        assert path.with_name("db.lock").exists()


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    """The kernel lets go of the lock with the process, however it ends; no stale file keeps anybody out."""
    path = tmp_path / "db"
    with holder(path) as process:
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    with held(path):
        assert path.with_name("db.lock").exists()


def test_the_lock_survives_a_look_at_the_database(tmp_path: Path) -> None:
    """Opening and closing the database file in the same process does not let go, as a lock on itself would."""
    path = tmp_path / "db"
    with held(path):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE one (a)")
        refused = subprocess.run(
            [sys.executable, "-c", HOLD, str(path)], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert "DatabaseInUse" in refused.stderr


def test_two_databases_are_two_locks(tmp_path: Path) -> None:
    """Two bridges with two files do not know of one another."""
    with held(tmp_path / "one"), held(tmp_path / "two"):
        assert {path.name for path in tmp_path.iterdir()} == {"one.lock", "two.lock"}


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path, folder: str) -> None:
    """The sentence names the setting that has to name another place."""
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="DATABASE_PATH"), held(tmp_path / folder / "db"):
        pytest.fail("held where no file can be made")


def test_the_lock_follows_no_symbolic_link(tmp_path: Path) -> None:
    """Whoever may write to the folder could make the bridge open, and once emptied, any file of its user."""
    (tmp_path / "precious").write_text("keep this", "utf-8")
    (tmp_path / "db.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(DatabaseError, match=r"symbolic link; remove it"), held(tmp_path / "db"):
        pytest.fail("held by a link")
    assert not is_held(tmp_path / "db")
    assert (tmp_path / "precious").read_text("utf-8") == "keep this"


@pytest.mark.parametrize(
    ("number", "owner", "step"),
    [
        (errno.EACCES, 1, "It belongs to another user, as after a start as root."),
        (errno.EACCES, 0, "Give DATABASE_PATH a folder that shopbell may write to."),
        (errno.EROFS, 0, "Give DATABASE_PATH a folder that shopbell may write to."),
        (errno.ENOSPC, 0, "Make room on the disk."),
    ],
)
def test_a_lock_file_that_cannot_be_written_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, owner: int, step: str
) -> None:
    """A bridge that was once started as root leaves files that nobody else may open."""
    lock_of(tmp_path / "db").touch()

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("bot.db.lock.private_file", refuse)
    monkeypatch.setattr("os.geteuid", lambda: lock_of(tmp_path / "db").stat().st_uid + owner)
    with pytest.raises(DatabaseError) as caught, held(tmp_path / "db"):
        pass
    assert f"cannot be written ({os.strerror(number)}). {step}" in str(caught.value)
