"""
Next Commerce (29next): a list with cursors and every ticket's comments in it, notes, attachments, signed webhooks.

Facts: Next Commerce's OpenAPI file of version 2024-04-01 and developers.nextcommerce.com/docs/admin-api and /webhooks.
`next` is never followed: only its cursor is used. Not documented, and therefore not relied on: page size, order, what
a new comment answers, the default of `is_public` (always sent), whether a closed ticket can be reopened.
"""

from __future__ import annotations

from adapters.vendors.nextcommerce.capabilities import LABEL
from adapters.vendors.nextcommerce.settings import NextcommerceSettings
from adapters.vendors.nextcommerce.vendor import Nextcommerce
from bot.ports import VendorKind

__all__ = ["KIND"]

KIND = VendorKind(name="nextcommerce", label=LABEL, settings=NextcommerceSettings, build=Nextcommerce)
