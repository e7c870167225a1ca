"""
The process that has collected all tests: each worker is a fork of it (`controller.py`).

It is an ordinary run of pytest, as a worker's, with this plugin. Where the first test would begin it waits, and each
fork of it goes on from there: it takes its orders from the controller as any worker of pytest-xdist.
"""

from __future__ import annotations

import ast
import os
import random
import signal
import socket
import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any

import execnet
import pytest
from _pytest import tmpdir
from xdist import remote

from tests.support.workers.forks import FILES, forked

_lent: SimpleQueue[execnet.Channel | None] = SimpleQueue()
_has_ended = threading.Event()


def lend(channel: execnet.Channel) -> None:
    """What the controller has a worker run: the channel is the session's until that has ended."""
    _lent.put(channel)
    _has_ended.wait()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """What `xdist.remote` does before the session of a worker."""
    remote.setup_config(config, None)
    vars(config).update(workerinput={}, workeroutput={})
    config.pluginmanager.register(_Collected(*map(int, os.environ.pop(FILES).split())))


class _Collected:
    def __init__(self, door: int, ready: int) -> None:
        self._door, self._ready = socket.socket(fileno=door), ready
        # Each worker has to tell of it, as if it had collected by itself.
        self._reports: list[pytest.CollectReport] = []
        self._warnings: list[dict[str, Any]] = []
        self._channel: threading.Thread | None = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._reports.append(report)

    def pytest_warning_recorded(self, warning_message: Any, when: Any, nodeid: Any, location: Any) -> None:
        self._warnings.append(
            {"warning_message": warning_message, "when": when, "nodeid": nodeid, "location": location}
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Returns in the forks alone."""
        capturing: Any = session.config.pluginmanager.getplugin("capturemanager")
        capturing.stop_global_capturing()
        # Ctrl-C is for the controller and the workers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.write(self._ready, b"ready\n")
        os.close(self._ready)
        lent = forked(self._door, owner=0)
        if lent is None:
            os._exit(0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        random.seed()
        self._channel = threading.Thread(target=_serve, args=(lent,), daemon=True)
        self._channel.start()
        channel = _lent.get()
        if channel is None:
            os._exit(1)
        capturing.start_global_capturing()
        self._worker(session, channel).pytest_runtestloop(session)
        return True

    def _worker(self, session: pytest.Session, channel: execnet.Channel) -> remote.WorkerInteractor:
        """The session of the fork becomes a worker's, with a number and a folder of its own."""
        workerinput, _, options, _ = channel.receive()
        os.environ["PYTEST_XDIST_TESTRUNUID"] = workerinput["testrunuid"]
        os.environ["PYTEST_XDIST_WORKER"] = workerinput["workerid"]
        os.environ["PYTEST_XDIST_WORKER_COUNT"] = str(workerinput["workercount"])
        vars(session.config)["workerinput"].update(workerinput)
        session.config.option.basetemp = options.get("basetemp")
        tmpdir.pytest_configure(session.config)
        worker = remote.WorkerInteractor(session.config, channel)
        vars(remote)["interactor"] = worker  # as it calls itself in `pytest_internalerror`
        worker.pytest_sessionstart(session)
        for report in self._reports:
            worker.pytest_collectreport(report)
        for warning in self._warnings:
            worker.pytest_warning_recorded(**warning)
        worker.pytest_collection_finish(session)
        return worker

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """A fork ends here: what Python does at its end is for what was there before it, too."""
        if self._channel is not None:
            _has_ended.set()
            self._channel.join()
            os._exit(0)


def _serve(lent: Sequence[int]) -> None:
    """What a worker's Python does: run a line from its input, which serves the controller until that hangs up."""
    try:
        for number, file in enumerate(lent):
            os.dup2(file, number)
            os.close(file)
        with open(0, encoding="utf-8", closefd=False) as lines:
            source = ast.literal_eval(lines.readline())
        exec(source, {"__name__": "__main__"})
    finally:
        _lent.put(None)
