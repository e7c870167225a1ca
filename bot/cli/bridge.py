"""`shopbell run`. It needs nothing of what the other commands are read and drawn with: that is 6 MB of memory."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from contextlib import AsyncExitStack
from random import Random

from bot import logs, wiring
from bot.app import App
from bot.cli.threads import use_threads
from bot.clock import Clock, SystemClock
from bot.db.connection import Database
from bot.db.lock import held
from bot.drawing.process import Drawing
from bot.errors import DatabaseError
from bot.outbound.retry import Decider
from bot.settings import LoadedSettings, load


def run() -> None:
    """Run the bridge until SIGTERM or SIGINT."""
    loaded = load(check_vendor=wiring.vendor_faults)
    logs.configure(loaded.general.log_format, loaded.general.log_level)
    with held(loaded.general.database_path):
        try:
            asyncio.run(serve(loaded, SystemClock()))
        except* DatabaseError as group:
            raise _first_error(group) from group


async def serve(loaded: LoadedSettings, clock: Clock) -> None:
    """Run the bridge until SIGTERM or SIGINT. The caller holds the database's lock."""
    use_threads()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, _stop_or_exit, stop, name)
    async with AsyncExitStack() as closing:
        world = wiring.build_world(loaded, clock)
        closing.push_async_callback(world.aclose)
        database = await Database.open(loaded.general.database_path)
        # It must be closed even if the rest fails, because its thread keeps the process alive.
        closing.push_async_callback(database.aclose)
        random = Random()
        draw = Drawing(loaded.general.database_path.parent)
        app = App(loaded, world, database, clock, Decider(random=random), random, draw=draw)
        # What is loaded now stays. Without this it would be searched for garbage again and again, which takes 70 ms
        # each time, while somebody waits for a message.
        gc.freeze()
        await app.run(stop)


def _first_error(group: ExceptionGroup[DatabaseError]) -> Exception:
    """One error of the group. When the database fails, all tasks that use it raise the same error."""
    first: Exception = group
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


def _stop_or_exit(stop: asyncio.Event, name: signal.Signals) -> None:
    """The first signal stops in order. A second one exits at once, which loses nothing that is on disk."""
    if stop.is_set():
        os._exit(128 + name)
    stop.set()
