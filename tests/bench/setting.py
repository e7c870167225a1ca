"""What a measurement is given, and what it waits with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Scale = Literal["small", "full"]
NOTES = "notes.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """
    One run of a measurement.

    Attributes:
        folder: Its own, and empty.
        shared: One for all runs, for what takes long to make.
        scale: `small` is for developing: its figures mean nothing.
    """

    folder: Path
    shared: Path
    scale: Scale = "full"
    run: int = 0

    def amount(self, full: int, small: int) -> int:
        return full if self.scale == "full" else small

    def note(self, text: str) -> None:
        """Something that whoever measures should read."""
        with (self.folder / NOTES).open("a", encoding="utf-8") as notes:
            notes.write(f"{text}\n")

    def new_folder(self, name: str) -> Path:
        """A folder within this run's."""
        folder = self.folder / name
        folder.mkdir()
        return folder


async def until(condition: Callable[[], object], what: str, seconds: float = 180.0, every: float = 0.05) -> None:
    """Wait for a condition. Raises `RuntimeError` if it does not come about in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not condition():
        if loop.time() > deadline:
            raise RuntimeError(f"waited {seconds:.0f} s in vain: {what}")
        await asyncio.sleep(every)
