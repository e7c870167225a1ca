"""
The bot as a process that can be started and killed many times a minute.

A start of `python -m bot run` is a second of imports and a tenth of a second of work. The nest is a process that has
imported everything; each bot is a fork of it and runs what `shopbell run` runs, under a `FasterClock`. To the database,
the servers and the kernel it is a process like any other, and dies by SIGKILL like any other.

Run as `python -m tests.support.crash.nest SPEED SINCE`, it is asked by lines on its standard input (`start`, `kill`,
`term`) and answers each with one line.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import NoReturn, Self

from bot import logs
from bot.cli.bridge import serve
from bot.db.lock import held
from bot.settings import load
from bot.wiring import vendor_kinds
from tests.support.clocks import FasterClock

_ROOT = Path(__file__).parents[3]


class Nest:
    """The test's side: one bot at a time, on a database in `folder`; what it logs goes to `folder/bot.log`."""

    def __init__(self, folder: Path, settings: Mapping[str, str], *, speed: float, since: float) -> None:
        self._folder = folder
        self._settings = dict(settings)
        self._figures = (str(speed), str(since))
        self._process: asyncio.subprocess.Process | None = None

    @property
    def database(self) -> Path:
        return self._folder / "shopbell.db"

    @property
    def log(self) -> str:
        """What the bots have logged so far."""
        return (self._folder / "bot.log").read_text("utf-8")

    async def __aenter__(self) -> Self:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {"DATABASE_PATH": str(self.database), "LOG_FORMAT": "console", "PYTHONPATH": str(_ROOT)}
        with (self._folder / "bot.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.support.crash.nest",
                *self._figures,
                cwd=self._folder,
                env=kept | own | self._settings,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        return self

    async def __aexit__(self, *_error: object) -> None:
        """The nest kills its bot when nobody asks it any more."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def start(self) -> int:
        """Start the bot; returns its process id."""
        return int(await self._ask("start"))

    async def kill(self) -> None:
        """SIGKILL. Raises `RuntimeError` where the bot had ended by itself."""
        ended = int(await self._ask("kill"))
        if ended != -signal.SIGKILL:
            raise RuntimeError(f"the bot ended by itself with {ended}\n{self.log[-3000:]}")

    async def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        return int(await self._ask("term"))

    async def _ask(self, what: str) -> str:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n".encode())
        await self._process.stdin.drain()
        return (await self._process.stdout.readline()).decode().strip()


def main() -> None:
    """The nest's side."""
    for module in ("adapters.chats.discord", "adapters.chats.slack"):
        import_module(module)
    for kind in vendor_kinds().values():
        kind()
    # What the garbage collector does not touch is not copied for each bot.
    gc.collect()
    gc.freeze()
    child = 0
    for line in sys.stdin:
        what = line.strip()
        if what == "start":
            child = os.fork()
            if child == 0:
                _be_the_bot()
            answer = child
        else:
            answer, child = _end(child, signal.SIGKILL if what == "kill" else signal.SIGTERM), 0
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    if child:
        _end(child, signal.SIGKILL)


def _end(child: int, by: signal.Signals) -> int:
    os.kill(child, by)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _be_the_bot() -> NoReturn:
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        random.seed()
        code = _run()
    except BaseException:  # noqa: BLE001 - nothing of the child's may reach the parent's code
        traceback.print_exc()
    finally:
        os._exit(code)


def _run() -> int:
    loaded = load()
    logs.configure(loaded.general.log_format, loaded.general.log_level)
    with held(loaded.general.database_path):
        asyncio.run(serve(loaded, FasterClock(float(sys.argv[1]), float(sys.argv[2]))))
    return 0


if __name__ == "__main__":
    main()
