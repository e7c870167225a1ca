"""What is made of an answer with very many parts is made beside the event loop: meanwhile others have their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 100
"""So many parts are read within a few milliseconds."""


async def beside_others(make: Callable[[], T], parts: int) -> T:
    """
    What `make` returns.

    Args:
        make: A pure function.
        parts: How many parts it reads; if they are many, it runs in a thread of its own.

    Raises:
        Exception: As `make`.
    """
    return make() if parts <= AT_ONCE else await asyncio.to_thread(make)
