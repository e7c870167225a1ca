"""Waiting for what is bound to happen: by a condition, never by a length of time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable

PATIENCE = 60.0
"""So many seconds a busy machine may take for what takes a moment on an idle one."""
_LOOKS_EVERY = 0.005


async def until(condition: Callable[[], object], what: str = "", *, seconds: float = PATIENCE) -> None:
    """
    Wait until the condition holds; fails with what was waited for where it does not within so many seconds.

    Args:
        condition: Looked at again and again; it may be a coroutine function. What it looks up need not be there yet
            (`LookupError`).
        what: What is waited for, in words; where the condition's own source says it, there is no need for words.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    missing: LookupError | None = None
    while True:
        try:
            held = condition()
            if await held if inspect.isawaitable(held) else held:
                return
            missing = None
        except LookupError as error:
            missing = error
        waited = loop.time() - begun
        if waited > seconds:
            break
        # Whoever waits for an hour, in simulated time, need not look every few milliseconds.
        await asyncio.sleep(max(_LOOKS_EVERY, min(waited / 100, seconds / 1000)))
    raise AssertionError(f"not within {seconds:.0f} s: {what or _source(condition)}") from missing


def _source(condition: Callable[[], object]) -> str:
    """The condition as it is written, as far as that can be found."""
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return repr(condition)
