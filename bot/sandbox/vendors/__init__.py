"""
The vendors' APIs as practice servers on 127.0.0.1, each over a `PracticeStore`.

    store = PracticeStore()
    async with VENDORS["sellgate"](store) as vendor:
        ticket = store.customer_writes("Key not working", "It says: expired.", order_id="ord_1")
        ...  # a bridge with vendor.environment("main") talks to vendor.base_url
        store.ticket(ticket).messages

Make the vendor before the first ticket, because it gives the tickets their ids. A server refuses what the real one
refuses, and has the same quotas. For each question that the documentation leaves open, `VENDORS[name].variants()` has
variants, one for each possible answer; `VENDORS[name](store, variant)` behaves like that variant. Variants marked
`hostile` are attacks and come last.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.sandbox.vendors.lightspeed import PracticeLightspeed
from bot.sandbox.vendors.nextcommerce import PracticeNextcommerce
from bot.sandbox.vendors.sellapp import PracticeSellapp
from bot.sandbox.vendors.sellgate import PracticeSellgate
from bot.sandbox.vendors.sellsn import PracticeSellsn
from bot.sandbox.vendors.server import PracticeVendor
from bot.sandbox.vendors.store import PracticeStore

VENDORS: Mapping[str, type[PracticeVendor[Any]]] = MappingProxyType(
    {
        kind.vendor: kind
        for kind in (PracticeSellsn, PracticeSellapp, PracticeSellgate, PracticeLightspeed, PracticeNextcommerce)
    }
)
"""Every practice vendor by its name in the settings."""

__all__ = ["VENDORS", "PracticeStore", "PracticeVendor"]
