"""What each worker would calculate for itself, and all of them alike, is calculated once."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")


class Once:
    """Results that all workers of a run share, in `folder`. They must be the same whoever calculates them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Any] = {}

    def __call__(self, name: str, calculate: Callable[[], Result]) -> Result:
        """What `calculate` returns, or what it returned under this name to another worker; which is waited for."""
        if name not in self._known:
            self._known[name] = self._shared(self._folder / name, calculate)
        result: Result = self._known[name]
        return result

    def _shared(self, file: Path, calculate: Callable[[], Result]) -> Result:
        with file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if file.exists():
                found: Result = pickle.loads(file.read_bytes())
                return found
            result = calculate()
            # A worker that dies here has calculated nothing.
            unfinished = file.with_suffix(".unfinished")
            unfinished.write_bytes(pickle.dumps(result))
            unfinished.rename(file)
            return result
