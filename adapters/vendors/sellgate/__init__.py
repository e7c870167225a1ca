"""
Sellgate (sellgate.cc): every list has figures about all tickets; messages are in the single ticket only.

Facts: docs.sellgate.cc/tickets and /docs/authentication. Not documented, and therefore not relied on: sort order,
whether totals follow the filter, which fields a single ticket has, what writes answer, errors, limits.
"""

from __future__ import annotations

from adapters.vendors.sellgate.capabilities import LABEL
from adapters.vendors.sellgate.settings import SellgateSettings
from adapters.vendors.sellgate.vendor import Sellgate
from bot.ports import VendorKind

__all__ = ["KIND"]

KIND = VendorKind(name="sellgate", label=LABEL, settings=SellgateSettings, build=Sellgate)
