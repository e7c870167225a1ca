"""
Row 12: how long an agent waits for `/stats`, `/find`, a completion and `/tickets` over a million tickets.

Asked in Discord, one after the other. The floor is a script that answers every command at once with one sentence.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

from tests.bench.figures import Figure, Reading, Readings, percentile
from tests.bench.processes import Bot, Script
from tests.bench.setting import Setting
from tests.bench.standing import put_past
from tests.bench.world import practice_world, settings
from tests.support.crash.world import KillWorld
from tests.support.waiting import until

_OPEN = 1_000
_MILLISECONDS = 100
_LONG_ENOUGH = 15.0
"""Seconds after which the same is not asked again: an answer that takes seconds need not be asked for forty times."""
_NAMES = ("/stats", "/find", "completion", "/tickets")
FIGURES = tuple(
    Figure(name=f"{name} over 1,000,000 tickets, p95", label=f"{name}, p95", unit="ms", at_most=_MILLISECONDS)
    for name in _NAMES
)
_COMMON = ("order", "refund", "please", "license", "or", "re", "key payment", "hello invoice error")


async def measure(setting: Setting) -> Readings:
    amount = setting.amount(1_000_000, 10_000)
    times = setting.amount(40, 5)
    world = practice_world("sellgate")
    async with world:
        bot = Bot(setting.folder, settings(world))
        await put_past(setting.shared, bot.database, world, amount, _OPEN)
        words = _words(bot.database, times)
        try:
            await bot.start()
            await bot.ready()
            own = await _ask(world, words, draws=True)
        finally:
            await bot.kill()
        given = {
            "gateway": world.discord.gateway_url,
            "discord": world.discord.api_url,
            "token": world.discord.token,
        }
        script = Script("tests.bench.floors.answering", given)
        try:
            await script.start()
            await script.line()
            floor = await _ask(world, words)
        finally:
            await script.kill()
    return {
        figure.name: Reading(percentile(own[name], 95), percentile(floor[name], 95))
        for figure, name in zip(FIGURES, _NAMES, strict=True)
    }


def _words(database: Path, amount: int) -> Sequence[str]:
    """What agents look for: frequent and rare words, names, addresses, numbers, orders, and beginnings of words."""
    random = Random(1)
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (last,) = connection.execute("SELECT MAX(number) FROM tickets").fetchone()
        found: list[str] = []
        while len(found) < amount:
            number = random.randint(1001, last)
            row = connection.execute(
                "SELECT t.customer_name, t.customer_email, m.text FROM tickets AS t"
                " JOIN messages AS m ON m.ticket = t.number WHERE t.number = ?",
                (number,),
            ).fetchone()
            name, email, text = row
            rare = random.choice(text.split())
            found += [name, email, rare, rare[:3], str(number), random.choice(_COMMON)]
    return random.sample(found, amount)


async def _ask(world: KillWorld, words: Sequence[str], *, draws: bool = False) -> Mapping[str, list[float]]:
    """
    In milliseconds how long each answer took, by what was asked.

    Args:
        draws: Whether a picture comes after the figures; the next question is asked once it is there.
    """
    discord, channel = world.discord, world.shops[0].discord.id
    asks: dict[str, Callable[[str], Awaitable[object]]] = {
        "/stats": lambda _word: discord.command(world.ann, channel, "stats"),
        "/find": lambda word: discord.command(world.ann, channel, "find", words=word),
        "completion": lambda word: discord.complete(world.ann, channel, "close", "ticket", word),
        "/tickets": lambda _word: discord.command(world.ann, channel, "tickets"),
    }
    found: dict[str, list[float]] = {}
    for name, ask in asks.items():
        enough = time.monotonic() + _LONG_ENOUGH
        for word in words:
            began = time.monotonic()
            await ask(word)
            found.setdefault(name, []).append((time.monotonic() - began) * 1000)
            if draws and name == "/stats":
                await until(lambda: discord.messages(channel, seen_by=world.ann)[-1].attachments != [], "the picture")
            if time.monotonic() > enough:
                break
    return found
