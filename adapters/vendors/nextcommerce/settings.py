"""What an operator sets for a Next Commerce store."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from adapters.vendors.client.settings import BaseUrl, Credential, PathSegment, VendorSettings


class NextcommerceSettings(VendorSettings):
    """
    An access token from Settings → API Access, and the store's subdomain.

    Attributes:
        staff_user_id: The user who writes replies and notes; None: the vendor's default.
        closing_status: The status that closing sets. `closed` may be final; `solved` can be reopened.
        reply_format: Whether replies are sent as plain text, or as HTML with line breaks and links.
    """

    api_key: Credential
    store_id: PathSegment | None = None
    base_url: BaseUrl | None = None
    staff_user_id: int | None = None
    closing_status: Literal["solved", "closed"] = "solved"
    reply_format: Literal["text", "html"] = "text"

    @property
    def base(self) -> str:
        """What stands before the documented paths. If `base_url` is set, `store_id` does not matter."""
        return self.base_url or f"https://{self.store_id}.29next.store/api/admin"

    @model_validator(mode="after")
    def _has_address(self) -> NextcommerceSettings:
        if self.store_id is None and self.base_url is None:
            raise ValueError("STORE_ID, the store's subdomain, is missing")
        return self
