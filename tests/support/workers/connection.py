"""
A worker's Python, as pytest-xdist sees it: it asks for a fork, and lends it its standard input and output.

Run as a file, with the path of the socket on which `collected.py` listens. When the worker has ended, it ends; when it
is killed, so is the worker.
"""

from __future__ import annotations

import os
import signal
import socket
import sys


def main() -> None:
    """Wait for the end of the worker."""
    # The worker itself is told of Ctrl-C, too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(sys.argv[1])
        socket.send_fds(connection, [b"\n"], [0, 1])
        # Held here they would seem open when the worker has gone.
        os.close(0)
        os.close(1)
        connection.recv(1)


if __name__ == "__main__":
    main()
