"""What every vendor's adapter does with a ticket of very many messages: while it is read, others have their turn."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from adapters.vendors import nextcommerce
from adapters.vendors.client import http, large_answers, parsing
from adapters.vendors.nextcommerce import reading as nextcommerce_reading
from adapters.vendors.nextcommerce import vendor as nextcommerce_vendor
from tests.support.vendors.world import PLAIN, Case, world

MESSAGES = 60


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few messages are many."""
    monkeypatch.setattr(http, "_READ_AT_ONCE", 1_000)
    monkeypatch.setattr(large_answers, "AT_ONCE", 5)
    monkeypatch.setattr(nextcommerce_vendor, "AT_ONCE", 5)


@pytest.mark.parametrize("case", PLAIN, ids=str)
async def test_they_are_read_beside_the_event_loop(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one of their texts is looked at in the loop's thread; Next Commerce's bodies are read a few at a time."""
    in_the_loop: list[str] = []

    def watch(module: Any, name: str) -> None:
        original: Callable[[str], str] = getattr(module, name)

        def watched(text: str) -> str:
            if text.startswith("one of many") and threading.current_thread() is threading.main_thread():
                in_the_loop.append(text)
            return original(text)

        monkeypatch.setattr(module, name, watched)

    async with world(case) as here:
        (ticket,) = here.write(1)
        for number in range(MESSAGES):
            here.store.customer_replies(ticket, f"one of many: {number}")
        watch(parsing, "visible")
        reading = importlib.import_module(f"adapters.vendors.{case.subject.kind.name}.reading")
        if case.subject.kind != nextcommerce.KIND:
            watch(reading, "clean")
        assert len((await here.vendor.ticket(ticket)).messages) == MESSAGES + 1
    assert in_the_loop == []


async def test_bodies_that_are_converted_one_by_one_leave_others_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Next Commerce: between any few comments everything else goes on."""
    (case,) = (case for case in PLAIN if case.subject.kind == nextcommerce.KIND)
    turns, seen = 0, []
    original = nextcommerce_reading.message_of

    def watched(*values: Any) -> Any:
        seen.append(turns)
        return original(*values)

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with world(case) as here:
        (ticket,) = here.write(1)
        for number in range(MESSAGES):
            here.store.customer_replies(ticket, f"one of many: {number}")
        monkeypatch.setattr(nextcommerce_vendor, "message_of", watched)
        task = asyncio.create_task(others())
        await here.vendor.ticket(ticket)
        task.cancel()
    assert len(seen) == MESSAGES + 1
    assert max(seen.count(turn) for turn in set(seen)) <= 5
