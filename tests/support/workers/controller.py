"""
Workers that start at once.

A worker of pytest-xdist imports everything, with SlipCover's probes, and collects all tests: more than five seconds of
the processor's time before its first test, for ten workers a tenth of the whole. With this plugin of pytest, which
`make test` names in `PYTEST_PLUGINS`, one process does that (`collected.py`), and each worker is a fork of it.

What pytest-xdist starts as a worker's Python is `connection.py`, which lends its input and output to the fork. So
everything else is as always: a worker that dies is told of and replaced, and all end with the controller.

This takes Linux; elsewhere workers start as always.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import execnet
import pytest

from tests.support.workers.forks import FILES

_CONNECTION = Path(__file__).with_name("connection.py")
_IN_A_WORKER = "from tests.support.workers import collected; collected.lend(channel)"


def pytest_configure(config: pytest.Config) -> None:
    """In the controller alone."""
    if "PYTEST_XDIST_WORKER" not in os.environ and config.getoption("numprocesses") and sys.platform == "linux":
        config.pluginmanager.register(_ForkedWorkers(config))


class _ForkedWorkers:
    def __init__(self, config: pytest.Config) -> None:
        self._arguments = [str(argument) for argument in config.invocation_params.args]
        self._until_the_end = ExitStack()
        config.add_cleanup(self._until_the_end.close)

    def pytest_xdist_setupnodes(self, specs: Sequence[execnet.XSpec]) -> None:
        """Before the first worker starts: collect the tests. Raises `pytest.UsageError` where that is not possible."""
        path = self._until_the_end.enter_context(_collected(self._arguments))
        for spec in specs:
            # Without site-packages, which it does not need.
            spec.python = shlex.join([sys.executable, "-I", "-S", str(_CONNECTION), path])

    def pytest_xdist_getremotemodule(self) -> str:
        """What a worker runs instead of a session of its own."""
        return _IN_A_WORKER


@contextmanager
def _collected(arguments: Sequence[str]) -> Iterator[str]:
    """A process that has collected; gives the path of its socket. It ends with the controller, however that ends."""
    reading, writing = os.pipe()
    with (
        # The path of a socket may not be long.
        TemporaryDirectory() as folder,
        TemporaryFile() as told,
        socket.socket(socket.AF_UNIX) as door,
        os.fdopen(reading) as is_ready,
    ):
        door.bind(path := f"{folder}/workers")
        door.listen()
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "tests.support.workers.collected", *arguments],
            env=os.environ | {"PYTEST_XDIST_WORKER": "none yet", FILES: f"{door.fileno()} {writing}"},
            stdin=subprocess.PIPE,
            stdout=told,
            pass_fds=[door.fileno(), writing],
        ):
            os.close(writing)
            door.close()
            if not is_ready.readline():
                told.seek(0)
                raise pytest.UsageError("The tests could not be collected.\n" + told.read().decode())
            yield path
