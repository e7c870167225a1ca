"""
Python imports this at its start where its folder is on PYTHONPATH: from the moment on at which the file that DISK_FULL
names is there, no database of the process may grow by another page. SQLite then says what it says of a full disk.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any

_LARGEST = 2**31


class _Connection(sqlite3.Connection):
    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql.startswith("BEGIN"):
            # What is less than there is means: not one more than there is.
            most = 1 if os.path.exists(os.environ["DISK_FULL"]) else _LARGEST  # noqa: PTH110 - as early as this is
            super().execute(f"PRAGMA max_page_count = {most}")
        return super().execute(sql, *values)


_connect = sqlite3.connect


def _small(*arguments: Any, **more: Any) -> sqlite3.Connection:
    return _connect(*arguments, factory=_Connection, **more)


sqlite3.connect = _small  # type: ignore[assignment]
