"""
Lightspeed eCom C-Series: no status filter, messages and customers in resources of their own, limits in windows.

Facts: developers.lightspeedhq.com/ecom, endpoints `ticket` and `ticketmessage`; the windows and their headers from
github.com/SEOshop/API-PHP-Client, the limit per second from Lightspeed's community announcement of 2021. Links in
answers are never followed: they may lead to another language, or to another host.

It is not documented whether a customer's message changes `updatedAt`. Until a ticket's own messages prove that it does,
one open ticket a minute is read again although it looks unchanged. That fits into the windows, however many are open.
"""

from __future__ import annotations

from adapters.vendors.lightspeed.capabilities import LABEL
from adapters.vendors.lightspeed.settings import LightspeedSettings
from adapters.vendors.lightspeed.vendor import Lightspeed
from bot.ports import VendorKind

__all__ = ["KIND"]

KIND = VendorKind(name="lightspeed", label=LABEL, settings=LightspeedSettings, build=Lightspeed)
