"""The threads for what blocks: lookups that hang hold up no others, and nobody waits for them at the end."""

from __future__ import annotations

import asyncio
import threading

from bot.cli.threads import use_threads


def test_what_hangs_in_many_threads_holds_up_nothing_else() -> None:
    """A store's replies and sweeps may all look up one host; the loop is closed without waiting for them."""
    hangs = threading.Event()

    async def story() -> str:
        use_threads()
        loop = asyncio.get_running_loop()
        for _ in range(40):
            loop.run_in_executor(None, hangs.wait)
        return await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 20)

    try:
        assert asyncio.run(story()) == "done"
        assert not hangs.is_set()
    finally:
        hangs.set()
