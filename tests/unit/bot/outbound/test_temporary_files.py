"""Files on their way: on the disk beside the database, for this process only, and gone afterwards."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.outbound.temporary_files import temporary_file


def test_it_has_no_name_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    """So nothing is left of it if the process is killed, whatever the umask is."""
    before = os.umask(0)
    try:
        with temporary_file(tmp_path) as file:
            file.write(b"private")
            about = os.fstat(file.fileno())
            assert stat.S_IMODE(about.st_mode) == 0o600
            assert about.st_nlink == 0
            assert list(tmp_path.iterdir()) == []
            assert about.st_dev == tmp_path.stat().st_dev
    finally:
        os.umask(before)


def test_a_disk_that_takes_no_file(tmp_path: Path) -> None:
    """It is told, and tried again."""
    with pytest.raises(Unavailable, match="no room"):
        temporary_file(tmp_path / "missing")
