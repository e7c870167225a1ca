"""How SellApp is called, and what its API offers."""

from __future__ import annotations

from bot.model import Verb
from bot.ports import VendorCapabilities

LABEL = "SellApp"
CAPABILITIES = VendorCapabilities(verbs=frozenset({Verb.CLOSE, Verb.REOPEN}), page_size=100, takes_turns=True)
