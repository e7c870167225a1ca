"""Python imports this at its start where its folder is on PYTHONPATH: looking up a name in .invalid never ends."""

from __future__ import annotations

import socket
import threading
from typing import Any

_look_up = socket.getaddrinfo


def _slow(host: Any, *arguments: Any, **more: Any) -> Any:
    if ".invalid" in str(host):  # it may be bytes
        threading.Event().wait()
    return _look_up(host, *arguments, **more)


socket.getaddrinfo = _slow
