"""The bot in its own process, as in production: start it, wait for it, kill it, start it again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import httpx

# Slack lets a bot that was started a dozen times within a minute wait for up to a minute (429 to its catching up).
_START_SECONDS = 100.0
_STOP_SECONDS = 15.0


class BotProcess:
    """
    `python -m bot run` with given settings, on a database in `folder`; its log goes to `folder/bot.log`.

    Attributes:
        settings: What it is started with; a change holds from the next start.
        starts: How often it was started.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self._port, reservation = _reserved_port()
        weakref.finalize(self, reservation.close)
        self.settings = dict(settings)
        self._process: asyncio.subprocess.Process | None = None
        self.starts = 0

    @property
    def database(self) -> Path:
        return self._folder / "shopbell.db"

    @property
    def log(self) -> str:
        """What it has logged so far."""
        path = self._folder / "bot.log"
        return path.read_text("utf-8") if path.exists() else ""

    def environment(self) -> dict[str, str]:
        """The whole environment of the process; the settings of the person who runs this are left out."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
        own = {
            "DATABASE_PATH": str(self.database),
            "HTTP_PORT": str(self._port),
            "LOG_FORMAT": "console",
            "PYTHONUNBUFFERED": "1",
        }
        return kept | own | self.settings

    async def start(self) -> None:
        """Start it; returns at once."""
        with (self._folder / "bot.log").open("ab") as log:
            self._process = await started(["run"], self._folder, self.environment(), log)
        self.starts += 1

    async def ready(self, seconds: float = _START_SECONDS) -> None:
        """
        Wait until both chats are connected and every store was asked once.

        Raises:
            RuntimeError: The process ended, or was not ready in time; with the end of its log.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        verdict = "no answer yet"
        async with httpx.AsyncClient(trust_env=False) as client:
            while asyncio.get_running_loop().time() < deadline:
                if self._process is None or self._process.returncode is not None:
                    raise RuntimeError(f"the bot has ended\n{self.log[-2000:]}")
                try:
                    answer = await client.get(f"http://127.0.0.1:{self._port}/readyz", timeout=2.0)
                except httpx.HTTPError as error:
                    verdict = type(error).__name__
                else:
                    if answer.status_code == 200:
                        return
                    verdict = answer.text
                await asyncio.sleep(0.05)
        raise RuntimeError(f"the bot was not ready in {seconds:.0f} s: {verdict}\n{self.log[-2000:]}")

    async def kill(self) -> None:
        """SIGKILL: it cannot finish anything."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM, and SIGKILL if it takes too long. Returns the exit code."""
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
            except TimeoutError:
                await self.kill()
        return self._process.returncode or 0

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run another shopbell command with the same settings. Returns its exit code and output."""
        with TemporaryFile() as output:
            process = await started(arguments, self._folder, self.environment(), output)
            code = await process.wait()
            output.seek(0)
            return code, output.read().decode("utf-8", "replace")


async def started(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], output: IO[bytes]
) -> asyncio.subprocess.Process:
    """`python -m bot` with these arguments, in this folder, with exactly this environment."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, cwd=folder, env=environment, stdout=output, stderr=output
    )


def _reserved_port() -> tuple[int, socket.socket]:
    """
    A free port, and the socket that keeps it for the bot as long as it is open.

    Two programs that ask for any free port may get the same one, if the first has only looked it up. Linux gives away
    no port that a socket is bound to, and lets a second one listen there where both allow it and the first does not
    listen (`SO_REUSEADDR`, socket(7)). Other systems would refuse the second, so there the socket is closed.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port: int = probe.getsockname()[1]
    if sys.platform != "linux":
        probe.close()
    return port, probe
