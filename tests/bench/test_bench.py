"""
Figures to set against others: they are printed, and nothing here fails for being slow.

Time passes faster where platforms make one wait (`FasterClock`); every limit is kept.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from bot.clock import SystemClock
from bot.model import Change, StoreName
from bot.ports import Vendor, VendorTools
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.loopback_server import Exchange
from bot.sandbox.vendors import VENDORS, PracticeStore
from bot.settings import read_vendor_settings
from bot.wiring import vendor_kinds
from tests.support.clocks import FasterClock
from tests.support.crash.nest import Nest
from tests.support.crash.run import Plan, play
from tests.support.crash.world import TOKEN, KillWorld, Shop
from tests.support.vendors.remembered import Remembered

pytestmark = pytest.mark.bench

_SPEED = 30.0
_CALM_SPEED = 6.0
"""Where the processor's own time must not count thirty times."""
_REST = 30.0
Tell = Callable[[str], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Prints a line although the test passes."""

    def said(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", end="")  # noqa: T201 - the figures are what one runs it for

    return said


async def test_messages_through_the_whole_pipeline(tmp_path: Path, tell: Tell) -> None:
    """From vendor to both chats, and from each chat to vendor and the other chat; three hundred times faster."""
    plan = Plan(seed=3, customers=800, replies=200, kills=0, tickets=20, lost_answers=0.0, speed=300.0)
    outcome = await play(plan, tmp_path)
    assert outcome.verdict.good
    amount = plan.customers + plan.replies
    rate = amount / outcome.drain_seconds
    tell(f"pipeline: {rate:.0f} messages/s, each at two places: {2 * rate:.0f} deliveries/s, and their cards and marks")


@pytest.mark.parametrize("vendor", sorted(set(VENDORS) & set(vendor_kinds())))
async def test_requests_per_idle_sweep(vendor: str, tell: Tell) -> None:
    """How many requests a sweep takes in which nothing is new, by the number of open tickets."""
    found = [await _idle_sweep(vendor, amount) for amount in (10, 100, 1_000)]
    tell(f"idle sweep, {vendor}: {found[0]} requests for 10 open tickets, {found[1]} for 100, {found[2]} for 1,000")


async def _idle_sweep(name: str, amount: int) -> int:
    clock = FasterClock(1_000.0, time.time())
    store = PracticeStore(clock.now)
    async with VENDORS[name](store, quotas=()) as server:
        for number in range(amount):
            store.customer_writes(f"Matter {number}", "It does not work.")
        prefix = "STORES__MAIN__"
        given = {key.removeprefix(prefix).lower(): value for key, value in server.environment("main").items()}
        del given["vendor"]
        kind = vendor_kinds()[name]()
        tools = VendorTools(transport=httpx.AsyncHTTPTransport, clock=clock)
        client: Vendor = kind.build(read_vendor_settings(kind.settings, StoreName("main"), given), tools)
        known = Remembered(full=True)
        await _sweep(client, known)
        known.full = False
        await _sweep(client, known)
        before = len(server.http_server.seen)
        await _sweep(client, known)
        await client.aclose()
        return len(server.http_server.seen) - before


async def _sweep(vendor: Vendor, known: Remembered) -> None:
    async for found in vendor.changes(known):
        if isinstance(found, Change):
            known.prints[found.ticket.id] = found.fingerprint


async def test_one_store_that_hangs_while_four_work(tmp_path: Path, tell: Tell) -> None:
    """How much longer a healthy store's messages take when a neighbour's vendor answers nothing at all."""
    folders = (tmp_path / "well", tmp_path / "hanging")
    for folder in folders:
        folder.mkdir()
    alone = await _latencies(folders[0], hanging=False)
    beside = await _latencies(folders[1], hanging=True)
    tell(
        f"neighbour that hangs: p50 {_at(beside, 50) / _at(alone, 50):.2f}, p99 {_at(beside, 99) / _at(alone, 99):.2f}"
        f" times the time it takes when all work ({_at(alone, 50):.2f} s and {_at(alone, 99):.2f} s,"
        f" {len(alone)} messages each)"
    )


async def _latencies(folder: Path, *, hanging: bool) -> list[float]:
    """Seconds from a customer's message to its post in Discord, in the four healthy stores."""
    since = time.time()
    clock = FasterClock(_SPEED, since)
    written: dict[str, float] = {}
    shown: dict[str, float] = {}

    def watch(exchange: Exchange) -> None:
        if exchange.method == "POST" and exchange.path.endswith("/messages"):
            for token in TOKEN.findall(str(exchange.body)):
                shown.setdefault(token, time.monotonic())

    async with (
        KillWorld(clock, Random(1), lost_answers=0.0, shops=5) as world,
        Nest(folder, world.settings(), speed=_SPEED, since=since) as nest,
    ):
        world.discord.http_server.observers.append(watch)
        for shop in world.shops * 3:
            world.customer_opens(shop)
        await nest.start()
        await _until(lambda: world.missing() == 0)
        if hanging:
            world.shops[0].vendor.http_server.fail("hang", times=1 << 30)
        healthy = [ticket for ticket in world.tickets if ticket.shop is not world.shops[0]]
        for number in range(480):
            ticket = healthy[number % len(healthy)]
            world.customer_goes_on(ticket)
            written[ticket.written["customer"][-1]] = time.monotonic()
            await asyncio.sleep(0.05)
        await _until(lambda: written.keys() <= shown.keys())
        await nest.kill()
    return [shown[token] - at for token, at in written.items()]


def _at(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


@pytest.mark.parametrize(
    ("what", "tickets", "messages"), [("8 tickets with 150 messages each", 8, 150), ("100 new tickets", 100, 1)]
)
async def test_a_busy_store_beside_a_quiet_one(
    what: str, tickets: int, messages: int, tmp_path: Path, tell: Tell
) -> None:
    """How much longer a store's messages take while another one's wait for the platforms' limits."""
    (tmp_path / "alone").mkdir()
    (tmp_path / "beside").mkdir()
    alone = await _beside(tmp_path / "alone", tickets=0, messages=0)
    beside = await _beside(tmp_path / "beside", tickets=tickets, messages=messages)
    tell(
        f"{what} in another store: p50 {_at(alone.spans, 50):.1f} s alone and {_at(beside.spans, 50):.1f} s beside,"
        f" p99 {_at(alone.spans, 99):.1f} s and {_at(beside.spans, 99):.1f} s; {beside.deleted} cards posted and"
        f" deleted, {beside.refused} requests refused, {beside.processor:.1f} s of processor time"
        f" ({alone.processor:.1f} s alone)"
    )


@dataclass(frozen=True, slots=True)
class Beside:
    """What a quiet store saw, in seconds of the platforms' time; and what a busy one beside it cost."""

    spans: list[float]
    deleted: int
    refused: int
    processor: float


async def _beside(folder: Path, *, tickets: int, messages: int) -> Beside:
    since = time.time()
    clock = FasterClock(_CALM_SPEED, since)
    written: dict[str, float] = {}
    shown: dict[str, float] = {}

    def watch(exchange: Exchange) -> None:
        if exchange.method == "POST" and exchange.path.endswith("/messages"):
            for token in TOKEN.findall(str(exchange.body)):
                shown.setdefault(token, time.monotonic())

    async with (
        KillWorld(clock, Random(1), lost_answers=0.0, vendors=("sellgate", "sellgate", "sellgate")) as world,
        Nest(folder, world.settings(), speed=_CALM_SPEED, since=since) as nest,
    ):
        wire, (quiet, _, busy) = world.discord.http_server, world.shops
        wire.observers.append(watch)
        healthy = [world.customer_opens(quiet) for _ in range(3)]
        process = await nest.start()
        await _until(lambda: world.missing() == 0)
        began = _processor_seconds(process)
        for _ in range(tickets):
            ticket = world.customer_opens(busy)
            for _ in range(messages - 1):
                world.customer_goes_on(ticket)
        for number in range(80):
            world.customer_goes_on(healthy[number % len(healthy)])
            written[healthy[number % len(healthy)].written["customer"][-1]] = time.monotonic()
            await asyncio.sleep(2 / _CALM_SPEED)
        await _until(lambda: written.keys() <= shown.keys())
        took = _processor_seconds(process) - began
        deleted = [e for e in wire.seen if e.method == "DELETE" and "/reactions/" not in e.path]
        refused = [e for e in [*wire.seen, *world.slack.http_server.seen] if e.status == 429]
        await nest.kill()
    return Beside(
        [(shown[token] - at) * _CALM_SPEED for token, at in written.items()], len(deleted), len(refused), took
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """A process at rest: seconds until it was ready, megabytes of memory, seconds of processor time in an hour."""

    ready: float
    memory: float
    idle: float


@pytest.mark.parametrize("amount", [0, 1_000, 10_000])
async def test_start_memory_and_idle_time(amount: int, tmp_path: Path, tell: Tell) -> None:
    """A bridge as in production, over open tickets that were there before it."""
    standing = await _stand(tmp_path, amount)
    tell(
        f"{amount:>6,} tickets: ready after {standing.ready:.2f} s, RSS {standing.memory:.1f} MB,"
        f" idle {standing.idle:.1f} s of processor time an hour"
    )


async def _stand(folder: Path, amount: int) -> Standing:
    async with KillWorld(SystemClock(), Random(1), lost_answers=0.0) as world:
        full = _sellgate(world)
        for number in range(amount):
            full.store.customer_writes(f"Matter {number}", "It does not work.", email=f"c{number}@example.com")
        past = {f"STORES__{shop.name.upper()}__BACKFILL": "none" for shop in world.shops}
        bot = BotProcess(folder, world.settings() | past)
        try:
            await bot.start()  # once before, so that every ticket is known
            await bot.ready(300)
            await bot.stop()
            began = time.monotonic()
            await bot.start()
            await bot.ready(300)
            ready = time.monotonic() - began
            process: Any = bot._process
            await asyncio.sleep(2.0)
            before = _processor_seconds(process.pid)
            await asyncio.sleep(_REST)
            idle = (_processor_seconds(process.pid) - before) * 3_600 / _REST
            return Standing(ready, _resident(process.pid), idle)
        finally:
            await bot.kill()


def _sellgate(world: KillWorld) -> Shop:
    return next(shop for shop in world.shops if shop.vendor.vendor == "sellgate")


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("the process has no memory")


async def _until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.1)
