"""Asking a practice vendor over real HTTP, as its API is described."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bot.sandbox.vendors import PracticeVendor


class Noon:
    """A clock that stands still at noon until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@asynccontextmanager
async def asking(vendor: PracticeVendor[Any], headers: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a practice vendor; the client sends these headers."""
    async with vendor, httpx.AsyncClient(base_url=vendor.base_url, headers=dict(headers)) as client:
        yield client
