"""
Row 9: first contact with a store of 100,000 tickets, while another store and agents go on.

The floor is the same requests, made again by a script one after the other. Beside it: how long another store's message
takes meanwhile (from its list to Discord; the floor is the same afterwards), and how often the progress is told.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import httpx

from bot.sandbox.vendors import PracticeStore
from bot.sandbox.vendors.calls import VendorCall, VendorResponse
from bot.sandbox.vendors.sellgate import PracticeSellgate
from tests.bench.figures import Figure, Reading, Readings, percentile
from tests.bench.processes import Bot
from tests.bench.repeating import repeated
from tests.bench.seen_to_said import Watch
from tests.bench.setting import Setting, until
from tests.bench.world import Recorder, practice_world, settings
from tests.support.crash.world import KillWorld, Shop

FIGURES = (
    Figure(name="first contact, seconds", label="first contact with 100,000 tickets", unit="s"),
    Figure(name="first contact, processor", label="its processor time", unit="s"),
    Figure(name="first contact, another store", label="another store's message meanwhile, p95", unit="ms"),
    Figure(name="first contact, progress", label="different states of progress in `/readyz`", unit=""),
)
_BESIDE_SECONDS = 2.0
_TICKETS = 10


class _QuickSellgate(PracticeSellgate):
    """Sellgate with lists that are made once, and not for every page: what its server needs is not the bot's."""

    _pages: dict[tuple[str | None, str | None], VendorResponse]

    def list_tickets(self, call: VendorCall) -> VendorResponse:
        asked = call.query("page"), call.query("status")
        return self._pages.get(asked) or super().list_tickets(call)

    def make_pages(self, length: int) -> None:
        """Make every page of the whole list; from now on it does not change."""
        tickets = self.see_all()
        total = {"total": len(tickets), "limit": length}
        self._pages = {}
        for start in range(0, len(tickets) + 1, length):
            rows = [self._row(ticket) for ticket in tickets[start : start + length]]
            body = {"data": rows, "stats": _FIGURES, "meta": total | {"offset": start}}
            self._pages[str(start // length + 1), None] = VendorResponse(body=body)


_FIGURES = {"total": 0, "open": 0, "closed": 0, "needsResponse": 0}
_PAGE = 100


async def measure(setting: Setting) -> Readings:
    world = practice_world("sellgate", "sellgate")
    large, other = world.shops
    _fill(large, setting.amount(100_000, 3_000))
    for _ in range(_TICKETS):
        world.customer_opens(other)
    async with world:
        backfill = {f"STORES__{large.name.upper()}__BACKFILL": "none"}
        bot = Bot(setting.folder, settings(world, POLL_SECONDS="1", BACKFILL="all") | backfill)
        watch = Watch(world)
        try:
            with Recorder([large.vendor.http_server]) as recorder:
                await bot.start()
                await until(lambda: recorder.requests, "the store is asked", every=0.002)
                began, used = time.monotonic(), bot.processor_seconds()
                writing = asyncio.create_task(_write(world, 1_000_000))
                progress = await _first_contact(bot)
                took, used = time.monotonic() - began, bot.processor_seconds() - used
                writing.cancel()
            meanwhile = await _said(world, watch, set())
            await _write(world, setting.amount(10, 2))
            alone = await _said(world, watch, set(meanwhile))
        finally:
            await bot.kill()
        floor = await repeated(recorder.requests, setting.folder, at_once=1)
    return {
        FIGURES[0].name: Reading(took, floor.seconds),
        FIGURES[1].name: Reading(used, floor.processor),
        FIGURES[2].name: Reading(percentile(meanwhile.values(), 95), percentile(alone.values(), 95)),
        FIGURES[3].name: Reading(progress),
    }


def _fill(shop: Shop, amount: int) -> None:
    """Put so many tickets into the store, of which one in a hundred is open, and make its lists."""
    shop.store = PracticeStore(name=shop.store.name)
    vendor = _QuickSellgate(shop.store, quotas=())
    for number in range(amount):
        ticket = shop.store.customer_writes(f"Matter {number}", "It does not work.", email=f"c{number}@example.com")
        if number % 100:
            shop.store.close(ticket)
    vendor.make_pages(_PAGE)
    shop.vendor = vendor


async def _first_contact(bot: Bot) -> int:
    """Wait until the bridge is ready; returns how many different states it has told of."""
    told: set[str] = set()
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            await asyncio.sleep(0.25)
            try:
                answer = await client.get(f"http://127.0.0.1:{bot.port}/readyz", timeout=5.0)
            except httpx.HTTPError:
                continue
            if answer.status_code == 200:
                return len(told)
            told.update(line for line in answer.text.splitlines() if "tickets so far" in line)


async def _write(world: KillWorld, amount: int) -> None:
    """Customers of the other store write now and then."""
    for number in range(amount):
        await asyncio.sleep(_BESIDE_SECONDS)
        world.customer_goes_on(world.tickets[number % _TICKETS])


async def _said(world: KillWorld, watch: Watch, before: Iterable[str]) -> dict[str, float]:
    """For each message that is not one of those before, in milliseconds how long it took from the list to Discord."""
    tokens = {token for ticket in world.tickets for token in ticket.written["customer"][1:]} - set(before)
    await until(
        lambda: all(("discord", token) in watch.said for token in tokens), "the other store's messages are there"
    )
    return {token: (watch.said["discord", token] - watch.listed[token]) * 1000 for token in tokens}
