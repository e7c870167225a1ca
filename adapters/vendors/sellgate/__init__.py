"""
Sellgate (sellgate.cc): tickets with an aggregate in every list, messages in the single ticket only.

Facts: docs.sellgate.cc/tickets and /docs/authentication. Not documented, and therefore not relied on: sort order,
whether totals follow the filter, which fields a single ticket has, what writes answer, errors, limits.
"""

from __future__ import annotations

from adapters.vendors.sellgate.vendor import KIND

__all__ = ["KIND"]
