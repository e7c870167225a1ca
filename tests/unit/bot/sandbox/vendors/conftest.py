"""A store whose time stands still until it is moved, and a way to ask a practice vendor over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.sandbox.vendors import PracticeStore, PracticeVendor


class Noon:
    """A clock that stands still at noon until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def noon() -> Noon:
    return Noon()


@pytest.fixture
def store(noon: Noon) -> PracticeStore:
    return PracticeStore(noon)


Story = Callable[[httpx.AsyncClient], Awaitable[None]]


@pytest.fixture
def ask() -> Callable[[PracticeVendor[Any], Mapping[str, str], Story], None]:
    """Serve a practice vendor and tell a story to it, through a client that sends these headers."""

    def tell(vendor: PracticeVendor[Any], headers: Mapping[str, str], story: Story) -> None:
        async def run() -> None:
            async with vendor, httpx.AsyncClient(base_url=vendor.base_url, headers=dict(headers)) as client:
                await story(client)

        asyncio.run(run())

    return tell
