"""
Lightspeed eCom C-Series: no status filter, messages and customers in resources of their own, three request windows.

Facts: developers.lightspeedhq.com/ecom, endpoints `ticket` and `ticketmessage`; the windows and their headers from
github.com/SEOshop/API-PHP-Client, the limit per second from Lightspeed's community announcement of 2021. Links in
answers are never followed: they may name another language, and another host.

Whether a customer's message changes `updatedAt` is not documented. Until a ticket's own messages prove that it does,
each minute one open ticket is read again although it looks unchanged; that fits into the windows however many are open.
"""

from __future__ import annotations

from adapters.vendors.lightspeed.vendor import KIND

__all__ = ["KIND"]
