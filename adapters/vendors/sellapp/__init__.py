"""
SellApp: tickets and messages in pages of `/v1`, close and reopen by `/v2`, which not every account has.

Facts: sell.app/docs/api/tickets, developer.sell.app/pagination and /errors, the official `sellapp-sdk` 0.2.1 for
`/v2` and `Idempotency-Key`, sell.app/docs/api/webhooks. Links in answers are never followed.

Whether a customer's message changes `updated_at` is not documented, and `/v1` counts no messages. Until a ticket's own
messages prove that it does, each minute one open ticket is read again although it looks unchanged.
"""

from __future__ import annotations

from adapters.vendors.sellapp.vendor import KIND

__all__ = ["KIND"]
