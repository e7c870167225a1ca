"""What the vendors' unit tests share: a clock that only moves by sleeping, and a client before a made-up server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from adapters.vendors.client.http import VendorClient
from adapters.vendors.client.rate_limits import Quota, Window
from adapters.vendors.client.service import Service
from bot.ports import VendorTools
from tests.support.clocks import ManualClock

Server = Callable[[httpx.Request], httpx.Response]


def tools(server: Server, clock: ManualClock | None = None) -> VendorTools:
    """What a vendor is built with, before a made-up server."""
    return VendorTools(transport=lambda: httpx.MockTransport(server), clock=clock or ManualClock())


@asynccontextmanager
async def client(
    server: Server, clock: ManualClock | None = None, windows: tuple[Window, ...] = (), **service: Any
) -> AsyncIterator[VendorClient]:
    """A client before a made-up server that never leaves the process."""
    given = tools(server, clock)
    about: dict[str, Any] = {"label": "Acme", "base": "https://acme.example/api", "remedy": "Get a new key."}
    made = VendorClient(Service(**(about | service)), given, Quota(given.clock, "Acme", windows))
    try:
        yield made
    finally:
        await made.aclose()
