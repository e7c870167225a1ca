"""
The threads for what blocks: looking up the addresses of hosts, and reading large answers.

There are many, so that lookups of one host that hang leave some for all others. Nobody waits for them at the end:
Python would, before it ends the process, and such a lookup may take minutes.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

_MOST = 64
_NAME = "shopbell-blocking"
_LAST_SECONDS = 0.5
"""So long the threads may take to end by themselves."""


class Threads(ThreadPoolExecutor):
    """Threads that are not waited for when their event loop is closed."""

    def __init__(self) -> None:
        super().__init__(max_workers=_MOST, thread_name_prefix=_NAME)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - as its base has it
        super().shutdown(wait=False, cancel_futures=True)


def use_threads() -> None:
    """Let the running event loop have these threads."""
    asyncio.get_running_loop().set_default_executor(Threads())


def end_process(code: int) -> None:
    """End the process with this code if threads hang, after all else is done; else return."""
    deadline = time.monotonic() + _LAST_SECONDS
    for thread in threading.enumerate():
        if thread.name.startswith(_NAME):
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
