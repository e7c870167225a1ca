"""What an operator sets for a Sellgate store."""

from __future__ import annotations

from adapters.vendors.client.settings import BaseUrl, Credential, VendorSettings


class SellgateSettings(VendorSettings):
    """A key, shown under Settings → API in Sellgate's dashboard."""

    api_key: Credential
    base_url: BaseUrl = "https://api.sellgate.cc"
