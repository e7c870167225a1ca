"""How Next Commerce is called, and what its API offers and allows."""

from __future__ import annotations

from adapters.vendors.client.rate_limits import Window
from bot.model import Verb
from bot.ports import VendorCapabilities

LABEL = "Next Commerce"
CAPABILITIES = VendorCapabilities(verbs=frozenset({Verb.CLOSE, Verb.REOPEN}), page_size=20, lists_open=True)
WINDOWS = (Window(4, 1),)
"""How many requests it allows."""
API_VERSION = "2024-04-01"
"""The version of the API that every request asks for."""
