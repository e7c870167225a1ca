"""
SellSN: each page of the list has whole tickets. It has no time of update, does not say who wrote, and cannot reopen.

Facts: docs.sellsn.io/api-reference/tickets and /users. Not documented, and therefore found out or set: the number of
the first page, how long pages are, what the status numbers mean, what becomes of a closed ticket.
"""

from __future__ import annotations

from adapters.vendors.sellsn.capabilities import LABEL
from adapters.vendors.sellsn.settings import SellsnSettings
from adapters.vendors.sellsn.vendor import Sellsn
from bot.ports import VendorKind

__all__ = ["KIND"]

KIND = VendorKind(name="sellsn", label=LABEL, settings=SellsnSettings, build=Sellsn)
