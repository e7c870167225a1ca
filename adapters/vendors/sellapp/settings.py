"""What an operator sets for a SellApp store."""

from __future__ import annotations

from adapters.vendors.client.settings import BaseUrl, Credential, PathSegment, VendorSettings


class SellappSettings(VendorSettings):
    """
    An API token, made at sell.app/user/api-tokens with the ability for tickets.

    Attributes:
        store_id: The store's slug, `bob` for bob.sell.app; None: the first store of the account.
    """

    api_key: Credential
    store_id: PathSegment | None = None
    base_url: BaseUrl = "https://sell.app/api"
