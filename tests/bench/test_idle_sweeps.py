"""How many requests a sweep takes in which nothing is new, to the last one."""

from __future__ import annotations

import pytest

from tests.bench.idle_sweeps import INSTALLED, idle_sweep

_MORE = {"sellapp": 1, "sellsn": 1}
"""Their lists have no filter: one page of the history in its turn."""


@pytest.mark.parametrize("opened", [10, 110])
@pytest.mark.parametrize("vendor", INSTALLED)
async def test_an_idle_sweep_takes_so_many_requests(vendor: str, opened: int) -> None:
    """The pages that hold open tickets, beside 400 closed ones."""
    requests, pages = await idle_sweep(vendor, opened, 400)
    assert requests == pages + _MORE.get(vendor, 0)
