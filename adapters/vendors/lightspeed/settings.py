"""What an operator sets for a Lightspeed eCom store."""

from __future__ import annotations

from typing import Literal

from adapters.vendors.client.settings import BaseUrl, Credential, PathSegment, VendorSettings

CLUSTERS = {"us1": "https://api.shoplightspeed.com", "eu1": "https://api.webshopapp.com"}


class LightspeedSettings(VendorSettings):
    """Key and secret of an API key, made in the back office."""

    api_key: Credential
    api_secret: Credential
    language: PathSegment = "en"
    cluster: Literal["us1", "eu1"] = "us1"
    base_url: BaseUrl | None = None

    @property
    def base(self) -> str:
        """What stands before the documented paths. If `base_url` is set, `cluster` does not matter."""
        return f"{self.base_url or CLUSTERS[self.cluster]}/{self.language}"
