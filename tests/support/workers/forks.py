"""Forks on demand, each watched until its end. It takes Linux, and a process without threads."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Sequence
from typing import Any, NamedTuple

FILES = "SHOPBELL_TESTS_FILES"
"""In the environment of `collected.py`: the number of its socket, and of the pipe to which it says that it is ready."""


class _Fork(NamedTuple):
    number: int
    """Its process."""
    handle: int
    """Of the process: readable as soon as it has ended."""
    connection: socket.socket
    """To the one that asked for it: readable as soon as that has ended."""


def forked(door: socket.socket, owner: int) -> Sequence[int] | None:
    """
    Fork for each that connects to `door` and sends its files; it is to keep the connection, and wait for its end.

    Returns in each fork, with the files, and in the process itself, with None, when `owner` has come to its end. Where
    a fork ends, its connection does; where the one that asked for it ends, the fork is killed.
    """
    forks: list[_Fork] = []
    while True:
        files: list[Any] = [door, owner, *(fork.handle for fork in forks), *(fork.connection for fork in forks)]
        ready, _, _ = select.select(files, [], [])
        if owner in ready:
            return None
        for fork in [*forks]:
            if fork.handle in ready:
                forks.remove(fork)
                os.waitpid(fork.number, 0)
                _close(fork)
            elif fork.connection in ready:
                signal.pidfd_send_signal(fork.handle, signal.SIGKILL)
        if door in ready:
            connection, _ = door.accept()
            _, lent, _, _ = socket.recv_fds(connection, 1, 2)
            number = os.fork()
            if number == 0:
                door.close()
                connection.close()
                for fork in forks:
                    _close(fork)
                return lent
            for file in lent:
                os.close(file)
            forks.append(_Fork(number, os.pidfd_open(number), connection))


def _close(fork: _Fork) -> None:
    os.close(fork.handle)
    fork.connection.close()
