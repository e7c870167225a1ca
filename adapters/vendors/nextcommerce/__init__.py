"""
Next Commerce (29next): a cursor list with every ticket's comments in it, notes, attachments, signed webhooks.

Facts: Next Commerce's OpenAPI file of version 2024-04-01 and developers.nextcommerce.com/docs/admin-api and /webhooks.
`next` is never followed: only its cursor is taken from it. Not documented, and therefore not relied on: page size,
order, what a new comment answers, the default of `is_public` (always sent), whether a closed ticket can be opened.
"""

from __future__ import annotations

from adapters.vendors.nextcommerce.vendor import KIND

__all__ = ["KIND"]
