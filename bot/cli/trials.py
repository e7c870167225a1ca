"""`shopbell check` and `shopbell sandbox`: whether it would work, and how it would look."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import replace
from typing import Annotated

import typer

from bot import logs, wiring
from bot.cli.options import AsJson
from bot.cli.shell import fail, field, show, show_json
from bot.cli.threads import use_threads
from bot.clock import SystemClock
from bot.ops.doctor import examine
from bot.settings import LoadedSettings, load
from bot.wording.masking import masked


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
        try:
            asyncio.run(interactive.serve(port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            fail(f"--port: must be a port that is free and that this user may use (now “{port}”).", 2)
    elif not asyncio.run(play_tour()):
        raise typer.Exit(1)


async def _check(loaded: LoadedSettings, *, as_json: bool) -> bool:
    use_threads()
    clock = SystemClock()
    world = wiring.build_world(loaded, clock)
    try:
        found = []
        async for each in examine(loaded, world, clock):
            # What a store or a channel answered may name somebody.
            finding = replace(each, text=masked(each.text)) if loaded.general.mask_emails else each
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
