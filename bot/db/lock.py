"""One process holds a database: an advisory lock on a file beside it, let go by the kernel when the process ends."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.db.files import is_of_another, private_file
from bot.errors import DatabaseError, DatabaseInUse


@contextmanager
def held(database: Path) -> Iterator[None]:
    """
    Hold the database for as long as the block runs.

    The lock is on `<database>.lock`, not on the database itself: SQLite's own locks on that file would be
    lost when any descriptor of it is closed (POSIX).

    Raises:
        DatabaseInUse: Another process holds it.
        DatabaseError: The folder does not let us make the lock file, or it is a symbolic link.
    """
    path = lock_of(database)
    try:
        file = os.fdopen(private_file(path), "w")
    except OSError as error:
        if error.errno == errno.ELOOP:
            step = "It is a symbolic link; remove it."
        elif is_of_another(path):
            step = "It belongs to another user, as after a start as root. Give it to this user, or run as that one."
        elif error.errno in (errno.ENOSPC, errno.EDQUOT):
            step = "Make room on the disk."
        else:
            step = "Give DATABASE_PATH a folder that shopbell may write to."
        raise DatabaseError(f"{path} cannot be written ({error.strerror}). {step}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DatabaseInUse(
                f"Another shopbell is running on {database}. Stop it first, or give this one another DATABASE_PATH."
            ) from error
        yield


def is_held(database: Path) -> bool:
    """Whether a process holds the database; makes no file to find that out."""
    try:
        file = os.fdopen(os.open(lock_of(database), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
    except OSError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def lock_of(database: Path) -> Path:
    """The file that the lock is on."""
    return database.with_name(database.name + ".lock")
