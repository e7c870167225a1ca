"""Processes that are measured: the bot and the scripts; their processor time and memory, as Linux counts them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.sandbox.bot_process import BotProcess

_ROOT = Path(__file__).parents[2]


def processor_seconds(pid: int) -> float:
    """The processor time of all threads so far, to the nanosecond where the kernel counts it so."""
    threads = [each / "schedstat" for each in Path(f"/proc/{pid}/task").iterdir()]
    if all(each.exists() for each in threads):
        return sum(int(each.read_text("ascii").split()[0]) for each in threads) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """How much memory it holds now."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("the process has no memory")


class Bot(BotProcess):
    """shopbell as in production, and what it costs. Compiled modules are kept, as in an installation."""

    def environment(self) -> dict[str, str]:
        return super().environment() | {"LOG_LEVEL": "WARNING", "LOG_FORMAT": "json"}

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def port(self) -> int:
        return self._port

    @property
    def has_ended(self) -> bool:
        assert self._process is not None
        return self._process.returncode is not None

    def processor_seconds(self) -> float:
        return processor_seconds(self.pid)

    def resident_megabytes(self) -> float:
        return resident_megabytes(self.pid)


class Script:
    """
    A script of one module, in a process of its own: it gets a JSON object as its argument, and prints JSON lines.

    Args:
        python: Which Python runs it; None: this one.
    """

    def __init__(self, module: str, given: Mapping[str, Any], *, python: Path | None = None) -> None:
        self._module = module
        self._given = dict(given)
        self._python = python
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._process = await asyncio.create_subprocess_exec(
            str(self._python or sys.executable),
            "-m",
            self._module,
            json.dumps(self._given),
            cwd=_ROOT,
            env=kept | {"PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        assert self._process is not None
        return self._process.returncode is not None

    async def line(self, seconds: float = 120.0) -> Any:
        """The next line that it prints. Raises `RuntimeError` if it ends before."""
        assert self._process is not None
        assert self._process.stdout is not None
        text = await asyncio.wait_for(self._process.stdout.readline(), seconds)
        if not text:
            raise RuntimeError(f"{self._module} has ended with {await self._process.wait()}")
        return json.loads(text)

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        if self._process is not None:
            await self._process.wait()


async def result_of(module: str, given: Mapping[str, Any], seconds: float = 600.0) -> Any:
    """Run a script to its end; returns the one line that it prints."""
    script = Script(module, given)
    await script.start()
    try:
        return await script.line(seconds)
    finally:
        await script.kill()
