"""Asking a practice vendor over real HTTP, as its API is described."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bot.sandbox.vendors import PracticeVendor


@asynccontextmanager
async def asking(vendor: PracticeVendor[Any], headers: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a practice vendor; the client sends these headers."""
    async with vendor, httpx.AsyncClient(base_url=vendor.base_url, headers=dict(headers)) as client:
        yield client
