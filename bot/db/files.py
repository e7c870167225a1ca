"""The database's files, with rights for their owner only, whatever the process's umask is."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from bot.errors import DatabaseError

OWNER_ONLY = 0o600
_ENDINGS = ("", "-wal", "-shm", "-journal")
_ROOM = 128 * 1024
"""Bytes that SQLite needs beside a database at its start: for an index of 32 kB, and for its log."""


def private_file(path: Path, flags: int = 0) -> int:
    """
    Open a file for writing, make it if it is missing, and leave rights to its owner only. Follows no symbolic link.

    Args:
        flags: More flags for `os.open`, for example `os.O_EXCL`.

    Returns:
        The file's descriptor.

    Raises:
        OSError
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | flags, OWNER_ONLY)
    try:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if mode != _private(mode):
            os.fchmod(descriptor, _private(mode))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def publish(unfinished: Path, target: Path) -> None:
    """
    Give a finished file its name, at once and so that a loss of power does not undo it.

    Raises:
        FileExistsError: There is such a file.
        OSError
    """
    try:
        os.link(unfinished, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems know no second name for a file.
        if os.path.lexists(target):
            raise FileExistsError from None
        unfinished.rename(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            os.fsync(folder)
    finally:
        os.close(folder)


def restrict(database: Path) -> None:
    """
    Make the database if it is missing, empty, and leave rights to it and to its log to their owner only.

    The files that SQLite makes beside it later get the rights that the database has. A file that is there is never
    opened: closing it would end the locks that SQLite has on it in this process. What goes wrong here is not reported
    if SQLite meets it, too, and explains it.

    Raises:
        DatabaseError: A file belongs to another user.
    """
    database = Path(os.path.realpath(database))
    with suppress(OSError):
        os.close(private_file(database, os.O_EXCL))
    for ending in _ENDINGS:
        _restrict_one(database.with_name(database.name + ending))


def _restrict_one(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode != _private(mode):
            path.chmod(_private(mode))
    except PermissionError as error:
        raise DatabaseError(
            f"{path} can be read by others and belongs to another user. Run shopbell as that user, or give it the file."
        ) from error
    except OSError:
        return


def is_of_another(path: Path) -> bool:
    """Whether a file is there that belongs to another user."""
    try:
        return path.stat(follow_symlinks=False).st_uid != os.geteuid()
    except OSError:
        return False


def has_room(path: Path) -> bool:
    """Whether the disk of a file has room for another page and what SQLite makes beside it."""
    try:
        return shutil.disk_usage(path.absolute().parent).free >= _ROOM
    except OSError:
        return True


def _private(mode: int) -> int:
    """
    The rights that a file keeps: those of its owner, so that a read-only file stays read-only.

    A file without any rights was made under a umask that takes all of them; its owner gets them.
    """
    return mode & OWNER_ONLY or OWNER_ONLY
