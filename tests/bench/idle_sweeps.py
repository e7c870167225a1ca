"""
Row 5: how many requests a sweep takes in which nothing is new, at each vendor.

The floor is the pages that hold open tickets: fewer cannot show that none of them changed. Requests are counted, so
nothing differs between two runs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from bot.model import Change, Status, StoreName, TicketId
from bot.ports import Vendor, VendorTools
from bot.sandbox.vendors import VENDORS, PracticeStore
from bot.settings import read_vendor_settings
from bot.wiring import vendor_kinds
from tests.bench.figures import Figure, Reading, Readings
from tests.bench.setting import Setting
from tests.support.clocks import FasterClock
from tests.support.vendors.remembered import Remembered

INSTALLED = sorted(set(VENDORS) & set(vendor_kinds()))
_SPEED = 1_000.0
_OPEN, _CLOSED = 110, 2_000
_MORE_THAN_PAGES = 2


def _name(vendor: str) -> str:
    return f"idle sweep of {vendor}"


FIGURES = tuple(
    Figure(
        name=_name(vendor),
        label=f"{vendor}, {_OPEN} open and {_CLOSED:,} closed tickets",
        unit="",
        at_most=_MORE_THAN_PAGES,
        judged="above",
    )
    for vendor in INSTALLED
)


@dataclass
class _Known(Remembered):
    """What a bridge knows of a store that it has swept before."""

    opened: set[TicketId] = field(default_factory=set)

    async def open_ids(self) -> Sequence[TicketId]:
        return sorted(self.opened)


async def measure(setting: Setting) -> Readings:
    readings = {}
    for vendor in INSTALLED:
        requests, pages = await idle_sweep(vendor, _OPEN, setting.amount(_CLOSED, _CLOSED // 10))
        readings[_name(vendor)] = Reading(requests, pages)
    return readings


async def idle_sweep(name: str, opened: int, closed: int) -> tuple[int, int]:
    """How many requests a sweep takes in which nothing is new, and how many pages hold the open tickets."""
    clock = FasterClock(_SPEED, time.time())
    store = PracticeStore(clock.now)
    async with VENDORS[name](store, quotas=()) as server:
        for number in range(opened + closed):
            ticket = store.customer_writes(f"Matter {number}", "It does not work.")
            if number < closed:
                store.close(ticket)
        prefix = "STORES__MAIN__"
        given = {key.removeprefix(prefix).lower(): value for key, value in server.environment("main").items()}
        del given["vendor"]
        if name == "sellsn":
            # As somebody sets it who has closed a ticket once; until then no page is known to hold closed ones only.
            given["closed_statuses"] = str(server.variant.statuses[2])
        kind = vendor_kinds()[name]()
        tools = VendorTools(transport=httpx.AsyncHTTPTransport, clock=clock)
        client: Vendor = kind.build(read_vendor_settings(kind.settings, StoreName("main"), given), tools)
        known = _Known(full=True)
        await _sweep(client, known)
        known.full = False
        await _sweep(client, known)
        before = len(server.http_server.seen)
        await _sweep(client, known)
        await client.aclose()
        return len(server.http_server.seen) - before, max(1, -(-opened // client.capabilities.page_size))


async def _sweep(vendor: Vendor, known: _Known) -> None:
    async for found in vendor.changes(known):
        if isinstance(found, Change):
            known.prints[found.ticket.id] = found.fingerprint
            (known.opened.add if found.ticket.status is Status.OPEN else known.opened.discard)(found.ticket.id)
