"""
SellApp: tickets and messages in pages of `/v1`; close and reopen by `/v2`, which not every account has.

Facts: sell.app/docs/api/tickets, developer.sell.app/pagination and /errors, the official `sellapp-sdk` 0.2.1 for
`/v2` and `Idempotency-Key`, sell.app/docs/api/webhooks. Links in answers are never followed.

It is not documented whether a customer's message changes `updated_at`, and `/v1` does not count messages. Until a
ticket's own messages prove that it does, one open ticket a minute is read again although it looks unchanged.
"""

from __future__ import annotations

from adapters.vendors.sellapp.capabilities import LABEL
from adapters.vendors.sellapp.settings import SellappSettings
from adapters.vendors.sellapp.vendor import Sellapp
from bot.ports import VendorKind

__all__ = ["KIND"]

KIND = VendorKind(name="sellapp", label=LABEL, settings=SellappSettings, build=Sellapp)
