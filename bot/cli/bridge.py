"""`shopbell run`, `check` and `sandbox`: what connects to vendors and chats, real ones or practice ones."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from random import Random
from typing import Annotated

import typer

from bot import logs, wiring
from bot.app import App
from bot.cli.shell import AsJson, field, show, show_json
from bot.cli.threads import use_threads
from bot.clock import Clock, SystemClock
from bot.db.connection import Database
from bot.db.lock import held
from bot.drawing.process import Drawing
from bot.errors import DatabaseError
from bot.ops.doctor import examine
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


def check(as_json: AsJson = False) -> None:
    """Check settings, database, vendors, chats and clock, and name for each failure the step that fixes it."""
    loaded = load(check_vendor=wiring.vendor_faults)
    logs.configure(loaded.general.log_format, "ERROR")
    if not asyncio.run(_check(loaded, as_json=as_json)):
        raise typer.Exit(1)


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of the page; 0: any free port.")] = 0,
    tour: Annotated[bool, typer.Option("--tour", help="Play one scripted story, check it, and exit.")] = False,
) -> None:
    """Try the whole bridge without an account: practice stores, Discord and Slack, and a page to type into."""
    from bot.sandbox import interactive
    from bot.sandbox.tour import play
    from bot.sandbox.world import PracticeWorld

    async def play_tour() -> bool:
        return await play(print, PracticeWorld())

    if not tour:
        asyncio.run(interactive.serve(port))
    elif not asyncio.run(play_tour()):
        raise typer.Exit(1)


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
        await App(loaded, world, database, clock, Decider(random=random), random, draw=draw).run(stop)


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


async def _check(loaded: LoadedSettings, *, as_json: bool) -> bool:
    use_threads()
    clock = SystemClock()
    world = wiring.build_world(loaded, clock)
    try:
        found = []
        async for finding in examine(loaded, world, clock):
            found.append(finding)
            if not as_json:
                show(f"{'✅' if finding.ok else '❌'} {field(finding.subject)}: {field(finding.text)}")
                if finding.remedy:
                    show(f"   → {field(finding.remedy)}")
    finally:
        await world.aclose()
    if as_json:
        keys = ("ok", "subject", "text", "remedy")
        show_json([{key: getattr(finding, key) for key in keys} for finding in found])
    return all(finding.ok for finding in found)
