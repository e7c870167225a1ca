"""Rights: whatever the process's umask is, nobody but its owner reads the database or anything that is made of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.db.connection import Database, Transaction
from bot.db.files import restrict
from bot.db.lock import held
from bot.errors import DatabaseError
from tests.support.database import small_database


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """From one that takes nothing away to one that takes everything away."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def rights(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def add_store(tx: Transaction) -> None:
    tx.run("add_store", name="main")


@pytest.mark.usefixtures("umask")
async def test_everything_is_made_for_its_owner_only(tmp_path: Path) -> None:
    """The database, its write-ahead log, the log's index, the lock and a backup."""
    with held(tmp_path / "db"):
        database = await Database.open(tmp_path / "db")
        try:
            await database.write(add_store)
            await database.backup(tmp_path / "copy")
            assert rights(tmp_path) == dict.fromkeys(("db", "db-wal", "db-shm", "db.lock", "copy"), 0o600)
        finally:
            await database.aclose()


@pytest.mark.parametrize("opening", [Database.open, Database.open_to_change])
async def test_files_of_an_earlier_version_are_restricted(
    tmp_path: Path, opening: Callable[[Path], Awaitable[Database]]
) -> None:
    """What was made when others could read it is theirs no longer, the lock and what lies beside it included."""
    await small_database(tmp_path / "db")
    for name in ("db", "db-wal", "db-shm", "db.lock"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)
    with held(tmp_path / "db"):
        database = await opening(tmp_path / "db")
        try:
            await database.write(add_store)
            assert set(rights(tmp_path).values()) == {0o600}
        finally:
            await database.aclose()


async def test_a_database_behind_a_symbolic_link_is_restricted_where_it_is(tmp_path: Path) -> None:
    """An operator may put the file elsewhere; its log lies beside the file, not beside the link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "db").symlink_to(tmp_path / "elsewhere" / "file")
    database = await Database.open(tmp_path / "db")
    try:
        await database.write(add_store)
        assert rights(tmp_path / "elsewhere") == dict.fromkeys(("file", "file-wal", "file-shm"), 0o600)
    finally:
        await database.aclose()


async def test_a_look_changes_no_rights(tmp_path: Path) -> None:
    """A command that only reads leaves everything as it is."""
    await small_database(tmp_path / "db")
    (tmp_path / "db").chmod(0o640)
    database = await Database.open_to_read(tmp_path / "db")
    await database.aclose()
    assert rights(tmp_path)["db"] == 0o640


def test_a_file_of_another_user_is_explained(tmp_path: Path) -> None:
    """It would stay open to others, so it is not used."""
    (tmp_path / "db").touch(0o644)
    (tmp_path / "db").chmod(0o644)
    with (
        patch.object(Path, "chmod", side_effect=PermissionError),
        pytest.raises(DatabaseError, match="belongs to another user"),
    ):
        restrict(tmp_path / "db")
