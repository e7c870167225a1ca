"""Which requests of a vendor ask for its list of tickets: one sweep makes at least one of them."""

from __future__ import annotations

LISTINGS = {
    "sellgate": r"/v1/tickets",
    "lightspeed": r"/en/tickets\.json",
    "sellsn": r"/stores/[^/]+/tickets/\d+",
    "sellapp": r"/v1/tickets",
    "nextcommerce": r"/api/admin/tickets/",
}
"""By the vendor's name, a regular expression for the whole path."""
