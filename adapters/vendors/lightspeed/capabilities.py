"""How Lightspeed eCom is called, and what its API offers and allows."""

from __future__ import annotations

from adapters.vendors.client.rate_limits import Window
from bot.model import Verb
from bot.ports import VendorCapabilities

LABEL = "Lightspeed eCom"
CAPABILITIES = VendorCapabilities(verbs=frozenset({Verb.CLOSE, Verb.REOPEN}), page_size=250, quick_poll=10.0)
WINDOWS = (Window(20, 1), Window(300, 300), Window(3_000, 3_600), Window(12_000, 86_400))
"""How many requests it allows; where that is from, see `adapters.vendors.lightspeed`."""
