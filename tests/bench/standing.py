"""
Rows 7, 9 and 10: a bridge at rest over a long past: how soon it is ready, what memory it holds, what it costs idle.

The databases have 0, 10,000, 100,000 and 1,000,000 tickets, of which up to 1,000 are open and have their threads in
both chats. One process is started after the other, and then all rest together, each with a world of its own. The floor
of memory and start is a process that imports the same libraries and does nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import copyfile

import aiohttp
import httpx

from bot.model import Change, StoreName
from bot.ports import Vendor, VendorTools
from bot.sandbox.loopback_server import Exchange
from bot.settings import read_vendor_settings
from bot.wiring import vendor_kinds
from tests.bench.figures import Figure, Reading, Readings
from tests.bench.filled_database import OpenTicket, Thread, fill, open_tickets
from tests.bench.processes import Bot, result_of
from tests.bench.setting import Setting
from tests.bench.world import practice_world, settings
from tests.support.clocks import FasterClock
from tests.support.crash.world import KillWorld
from tests.support.vendors.remembered import Remembered

_MANY = 100_000
AMOUNTS = (0, 10_000, _MANY, 1_000_000)
_OPEN = 1_000
_IDLE_AMOUNTS = {0: 1, 10_000: 2, _MANY: 4}
_AT_ONCE = 16


def _memory(amount: int) -> str:
    return f"memory over {amount:,} tickets"


def _idle(amount: int) -> str:
    return f"idle over {amount:,} tickets"


_READY = "ready over 100,000 tickets"
_GROWTH = "memory over 1,000,000 tickets beside that over 10,000"
FIGURES: Mapping[int, tuple[Figure, ...]] = {
    7: (
        *(Figure(name=_memory(amount), label=f"{amount:,} tickets", unit="MB", at_most=72) for amount in AMOUNTS),
        Figure(name=_GROWTH, label="1,000,000 tickets more than 10,000", unit="MB", at_most=3, judged="above"),
    ),
    9: (Figure(name=_READY, label="started → ready, with 100,000 tickets", unit="s", at_most=0.8),),
    10: tuple(
        Figure(name=_idle(amount), label=f"{amount:,} tickets", unit="s an hour", at_most=most)
        for amount, most in _IDLE_AMOUNTS.items()
    ),
}


@dataclass
class Standing:
    """One bridge over a past: its world, its process, and its processor time at the beginning of each sweep."""

    amount: int
    world: KillWorld
    bot: Bot
    ready: float = 0.0
    sweeps: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.shops[0].vendor.http_server.observers.append(self._note)

    def _note(self, exchange: Exchange) -> None:
        if exchange.path == "/v1/tickets" and exchange.query.get("page") == "1":
            self.sweeps.append((time.monotonic(), self.bot.processor_seconds()))

    def seconds_an_hour(self) -> float:
        """Between the first and the last sweep: a part of a sweep says nothing."""
        if len(self.sweeps) < 2:
            raise RuntimeError("there was not one whole sweep")
        (began, before), *_, (ended, after) = self.sweeps
        return (after - before) * 3_600 / (ended - began)


async def measure(setting: Setting) -> Readings:
    amounts = AMOUNTS if setting.scale == "full" else AMOUNTS[:2]
    began = time.monotonic()
    imported = await result_of("tests.bench.floors.importing", {})
    importing = time.monotonic() - began
    async with AsyncExitStack() as stack:
        standing = [await _stand(stack, setting, amount) for amount in amounts]
        # The longest distance of two sweeps is 33 s, so each has been swept twice since its start.
        await asyncio.sleep(67)
        memory = {each.amount: each.bot.resident_megabytes() for each in standing}
    readings = {_memory(amount): Reading(megabytes, imported["memory"]) for amount, megabytes in memory.items()}
    for each in standing:
        if each.amount in _IDLE_AMOUNTS:
            readings[_idle(each.amount)] = Reading(each.seconds_an_hour())
        if each.amount == _MANY:
            readings[_READY] = Reading(each.ready, importing)
    if max(amounts) in memory and 10_000 in memory:
        readings[_GROWTH] = Reading(memory[max(amounts)], memory[10_000])
    return readings


async def _stand(stack: AsyncExitStack, setting: Setting, amount: int) -> Standing:
    """Fill a database, open the open tickets' threads, start the bridge, and wait until it is ready."""
    world = practice_world("sellgate")
    await stack.enter_async_context(world)
    bot = Bot(setting.new_folder(str(amount)), settings(world))
    await put_past(setting.shared, bot.database, world, amount, min(_OPEN, amount))
    stack.push_async_callback(bot.kill)
    began = time.monotonic()
    await bot.start()
    await bot.ready()
    return Standing(amount, world, bot, ready=time.monotonic() - began)


async def put_past(shared: Path, database: Path, world: KillWorld, amount: int, opened: int) -> None:
    """Put a database in place that has so many tickets, of which those are open that the world's first shop has now."""
    shop = world.shops[0]
    tickets = [shop.store.customer_writes(f"Matter {number}", "It does not work.") for number in range(opened)]
    prints = await _fingerprints(world)
    threads = await _threads(world, tickets)
    # Nobody was connected to hear of these posts: Slack would tell of them again while the bridge rests.
    await world.slack.sockets.stop()
    filled = shared / f"{amount}.db"
    places = [("discord", str(shop.discord.id)), ("slack", shop.slack.id)]
    now = shop.store.now()
    if not filled.exists():
        await asyncio.to_thread(_fill, filled, amount - opened, shop.name, places, now)
    await asyncio.to_thread(copyfile, filled, database)
    rows = [
        OpenTicket(vendor_id=ticket, subject=f"Matter {number}", fingerprint=prints[ticket], threads=threads[number])
        for number, ticket in enumerate(tickets)
    ]
    await asyncio.to_thread(open_tickets, database, rows, store=shop.name, places=places, now=now)


def _fill(path: Path, amount: int, store: str, places: Sequence[tuple[str, str]], now: datetime) -> None:
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    fill(half, amount, store=store, places=places, now=now)
    half.rename(path)


async def _fingerprints(world: KillWorld) -> dict[str, str]:
    """As the adapter makes them of the store's list."""
    shop = world.shops[0]
    prefix = f"STORES__{shop.name.upper()}__"
    given = {name.removeprefix(prefix).lower(): value for name, value in shop.vendor.environment(shop.name).items()}
    kind = vendor_kinds()[given.pop("vendor")]()
    tools = VendorTools(transport=httpx.AsyncHTTPTransport, clock=FasterClock(1_000.0, time.time()))
    client: Vendor = kind.build(read_vendor_settings(kind.settings, StoreName(shop.name), given), tools)
    changes = client.changes(Remembered())
    found = {str(each.ticket.id): each.fingerprint async for each in changes if isinstance(each, Change)}
    await client.aclose()
    return found


async def _threads(world: KillWorld, tickets: Sequence[str]) -> list[tuple[Thread, ...]]:
    """A thread with a card in both chats for each ticket, made as the bot makes them."""
    discord = f"{world.discord.api_url}/channels/{world.shops[0].discord.id}/messages"
    bot = {"Authorization": f"Bot {world.discord.token}"}
    app = {"Authorization": f"Bearer {world.slack.bot_token}"}
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(session: aiohttp.ClientSession, number: int) -> tuple[Thread, ...]:
        text = f"Matter {number}"
        async with turns:
            async with session.post(discord, headers=bot, json={"content": text}) as answer:
                card = (await answer.json())["id"]
            async with session.post(f"{discord}/{card}/threads", headers=bot, json={"name": text}) as answer:
                thread = (await answer.json())["id"]
            body = {"channel": world.shops[0].slack.id, "text": text}
            async with session.post(f"{world.slack.api_url}chat.postMessage", headers=app, json=body) as answer:
                ts = (await answer.json())["ts"]
        last = [str(message.id) for message in world.discord.messages(thread)] or [card]
        return ("discord", thread, card, last[-1]), ("slack", ts, ts, ts)

    async with aiohttp.ClientSession() as session:
        return list(await asyncio.gather(*(one(session, number) for number in range(len(tickets)))))
