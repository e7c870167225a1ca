"""
Bots that start at once.

A start of `python -m bot` is a second of imports and a tenth of a second of work. The server in this module is a
process that has imported everything; each bot is a fork of it, which runs what `python -m bot` runs. To the database,
the servers and the kernel it is a process like any other: it has its own id, gets signals, and dies by SIGKILL.

A test asks for it by the fixture `forked_bots`. What a start is like in life is held by `crash/test_early_signals.py`,
by the first tour, and by the tests of the command line.

Each connection to the server is one bot: the request is a line of JSON and the file for its output; the answers are
two lines, its process id and, when it has ended, its exit code.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, NoReturn

from bot.__main__ import main as run_program
from bot.sandbox import bot_process
from bot.wiring import vendor_kinds

_ROOT = Path(__file__).parents[2]
_LOADED = ("bot.cli.commands", "bot.ops.web", "adapters.chats.discord", "adapters.chats.slack")
_LONGEST_REQUEST = 65536


class ForkedBot:
    """The test's side of one bot; it can what the tests use of `asyncio.subprocess.Process`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pid: int) -> None:
        self.pid = pid
        self._ended = asyncio.create_task(self._watch(reader, writer))

    @property
    def returncode(self) -> int | None:
        """As it ended; None: it runs."""
        return self._ended.result() if self._ended.done() else None

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if not self._ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    async def wait(self) -> int:
        """Wait until it has ended; returns its exit code."""
        return await asyncio.shield(self._ended)

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        code = int(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return code


Start = Callable[[Sequence[str], Path, Mapping[str, str], IO[bytes]], object]


@contextmanager
def forking() -> Iterator[Start]:
    """A server that forks bots; what it gives takes the place of `bot_process.started`."""
    with (
        # The path of a socket may not be long.
        TemporaryDirectory() as folder,
        _server(path := Path(folder) / "bots") as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        in_life = bot_process.started

        async def start(
            arguments: Sequence[str], where: Path, environment: Mapping[str, str], output: IO[bytes]
        ) -> object:
            # Only a Python of its own imports what PYTHONPATH has for it.
            if environment.get("PYTHONPATH") != os.environ.get("PYTHONPATH"):
                return await in_life(arguments, where, environment, output)
            return await _asked(
                path, {"arguments": arguments, "folder": str(where), "environment": environment}, output
            )

        try:
            yield start
        finally:
            server.stdin.close()


def _server(path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.support.forked", str(path)]
    return subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


async def _asked(path: Path, request: Mapping[str, object], output: IO[bytes]) -> ForkedBot:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    socket.send_fds(connection, [json.dumps(request).encode()], [output.fileno()])
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    return ForkedBot(reader, writer, int(await reader.readline()))


# ---------------------------------------------------------------- the server's side


def main() -> None:
    """Serve until nobody holds the other end of the standard input."""
    for module in _LOADED:
        import_module(module)
    for kind in vendor_kinds().values():
        kind()
    # What the garbage collector does not touch is not copied for each bot.
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(sys.argv[1])
        door.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while door in select.select([door, sys.stdin], [], [])[0]:
            connection, _ = door.accept()
            with connection:
                if os.fork() == 0:
                    door.close()
                    _watch_over_a_bot(connection)
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG) != (0, 0):
                    pass
        with suppress(ChildProcessError):
            while True:
                os.wait()


def _watch_over_a_bot(connection: socket.socket) -> NoReturn:
    """In a process of its own: fork the bot, say its id, wait for its end, say its code."""
    try:
        request, (output, *_), _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 1)
        child = os.fork()
        if child == 0:
            connection.close()
            _be_the_bot(json.loads(request), output)
        os.close(output)
        connection.sendall(f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    finally:
        os._exit(0)


def _be_the_bot(request: Mapping[str, Any], output: int) -> NoReturn:
    """As `python -m bot` would be with these arguments, in this folder and environment."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = ["bot", *request["arguments"]]
        random.seed()
        run_program()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - nothing of the bot's may reach the server's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
