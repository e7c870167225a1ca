"""A store's list that comes again byte for byte, through the real client: what is not recorded yet is still shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from adapters.vendors.client.bodies import BodyDigest
from bot.inbound.vendors import unreadable
from tests.support.stage.stage import Stage
from tests.support.waiting import until


@contextmanager
def pages() -> Iterator[list[bool]]:
    """Whether each page that is read meanwhile came as it was. What cannot be read is soon tried again."""
    seen: list[bool] = []
    is_unchanged = BodyDigest.is_unchanged

    def noted(digest: BodyDigest, body: bytes) -> bool:
        seen.append(is_unchanged(digest, body))
        return seen[-1]

    with patch.object(BodyDigest, "is_unchanged", noted), patch.object(unreadable, "_FIRST_PAUSE", 1.0):
        yield seen


STORES = [
    pytest.param(vendor, marks=pytest.mark.scenario({vendor: "text slack"}))
    for vendor in ("sellgate", "sellapp", "lightspeed")
]
"""Those whose lists have no messages: a ticket is read by itself before it is recorded."""


@pytest.mark.parametrize("vendor", STORES)
async def test_a_ticket_that_is_not_recorded_yet(stage: Stage, vendor: str) -> None:
    """
    It is listed and cannot be read by itself, and meanwhile its page comes unchanged.

    As soon as it can be read it is shown, once, though the list is still what it was.
    """
    assert stage.shop.vendor.vendor == vendor
    await stage.arrives("Known before")
    wire = stage.shop.vendor.http_server
    with pages() as seen:
        ticket = await stage.writes("Not recorded yet")
        fault = wire.fail("refuse", method="GET", path=f"/{ticket.id}", status=500, body="{}", times=10**6)
        await until(lambda: fault.times < 10**6, "it was asked for")
        seen.clear()
        while not any(seen):
            await stage.sweeps(1)
        wire.faults.remove(fault)
        await ticket.shown("Hello?")
        await stage.at_rest()
        assert ticket.discord.count("Hello?") == ticket.slack.count("Hello?") == 1
