"""What an operator sets for a SellSN store."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from adapters.vendors.client.settings import BaseUrl, Credential, PathSegment, VendorSettings, split_list
from adapters.vendors.sellsn.capabilities import CAPABILITIES


class SellsnSettings(VendorSettings):
    """
    A key with the scopes ViewTickets, UpdateTickets and DeleteTickets, and the store's id.

    Attributes:
        closed_statuses: The status numbers that mean closed; all others mean open. None: learned when a ticket is
            closed from here. Until then nothing is known of a ticket's status, and it stays what it was.
        staff_names: Names under which colleagues write.
        first_page: The number of the first page; None: find it out.
        page_size: How many tickets to ask for.
    """

    api_key: Credential
    store_id: PathSegment
    base_url: BaseUrl = "https://api.sellsn.io"
    closed_statuses: Annotated[tuple[int, ...] | None, BeforeValidator(split_list)] = None
    staff_names: Annotated[tuple[str, ...], BeforeValidator(split_list)] = ()
    first_page: int | None = Field(default=None, ge=0, le=1)
    page_size: int = Field(default=CAPABILITIES.page_size, ge=1, le=1000)
