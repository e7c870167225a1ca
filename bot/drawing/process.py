"""Drawing a picture in a process of its own: one at a time, within a time, and without it if that fails."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from weakref import finalize

import structlog

from bot.drawing.chart import Chart

_log = structlog.get_logger(__name__)

SECONDS = 60.0
"""
So long a picture may take, also while another one is drawn.

It takes less than a second on an idle machine, and the figures themselves are answered before it.
"""
_PROGRAM = Path(__file__).with_name("picture.py")
_LARGEST = 4_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_SHOWN = 300


class Drawing:
    """
    Draws pictures for the running bridge.

    Args:
        folder: Where the list of fonts is kept if there is no temporary folder that can be written.
        program: What draws; another one in tests.
        seconds: How long it may take.
    """

    def __init__(self, folder: Path, *, program: Path = _PROGRAM, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._program = program
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._fonts: str | None = None

    async def __call__(self, chart: Chart) -> bytes | None:
        """The chart as a PNG; None: it could not be drawn in time, and the log says why."""
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                return await self._draw(chart)
        except TimeoutError:
            _log.warning("picture not drawn", reason=f"it took longer than {self._seconds:g} seconds")
        except OSError as error:
            _log.warning("picture not drawn", reason=str(error))
        return None

    async def _draw(self, chart: Chart) -> bytes | None:
        # Isolated: it reads neither modules of the working directory nor our settings, in which there are secrets.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(self._program),
            env=self._environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            picture, said = await process.communicate(chart.as_json().encode())
        finally:
            if process.returncode is None:
                process.kill()
                await asyncio.shield(process.wait())
        if process.returncode == 0 and picture.startswith(_PNG) and len(picture) <= _LARGEST:
            return picture
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        _log.warning("picture not drawn", reason=last[-_SHOWN:] or f"exit code {process.returncode}")
        return None

    def _environment(self) -> Mapping[str, str]:
        """What the program needs of an environment, and no variable more."""
        if self._fonts is None:
            try:
                self._fonts = mkdtemp(prefix="shopbell-fonts-")
            except OSError:
                self._fonts = mkdtemp(prefix=".shopbell-fonts-", dir=self._folder)
            finalize(self, rmtree, self._fonts, ignore_errors=True)
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        return {
            **kept,
            "LANG": "C.UTF-8",
            "HOME": self._fonts,
            "MPLCONFIGDIR": self._fonts,
            # Numbers need one thread; each would take memory.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
