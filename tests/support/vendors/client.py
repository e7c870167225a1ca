"""What the vendors' unit tests share: a clock that only moves by sleeping, and a client before a made-up server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from adapters.vendors.client.http import Service, VendorClient
from adapters.vendors.client.rate_limits import Quota, Window
from bot.ports import VendorTools

Server = Callable[[httpx.Request], httpx.Response]


class Hands:
    """A clock whose hands move only when somebody sleeps by it, and then at once."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=self.seconds - 1000.0)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += max(0.0, seconds)
        await asyncio.sleep(0)


def tools(server: Server, clock: Hands | None = None) -> VendorTools:
    """What a vendor is built with, before a made-up server."""
    return VendorTools(transport=lambda: httpx.MockTransport(server), clock=clock or Hands())


@asynccontextmanager
async def client(
    server: Server, clock: Hands | None = None, windows: tuple[Window, ...] = (), **service: Any
) -> AsyncIterator[VendorClient]:
    """A client before a made-up server that never leaves the process."""
    given = tools(server, clock)
    about: dict[str, Any] = {"label": "Acme", "base": "https://acme.example/api", "remedy": "Get a new key."}
    made = VendorClient(Service(**(about | service)), given, Quota(given.clock, "Acme", windows))
    try:
        yield made
    finally:
        await made.aclose()
