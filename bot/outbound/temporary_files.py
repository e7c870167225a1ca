"""Files on their way from a chat to a vendor: on the disk, without a name, and only for this moment."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from bot.errors import Unavailable
from bot.wording import reasons


def temporary_file(folder: Path) -> BinaryIO:
    """
    A new file that only this process can read. It vanishes when it is closed, also if the process is killed.

    Args:
        folder: That of the database: there is a disk, and we may write. The system's own folder may be in memory.

    Raises:
        Unavailable: The disk is full, or too many files are open.
    """
    try:
        return TemporaryFile(dir=folder)
    except OSError as error:
        raise Unavailable(reasons.no_room()) from error
