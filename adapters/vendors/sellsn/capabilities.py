"""How SellSN is called, and what its API offers."""

from __future__ import annotations

from bot.model import Verb
from bot.ports import VendorCapabilities

LABEL = "SellSN"
CAPABILITIES = VendorCapabilities(
    verbs=frozenset({Verb.CLOSE}),
    instead={
        Verb.REOPEN: "SellSN cannot reopen a ticket by its API: reopen it in SellSN's dashboard, or write to the "
        "customer by e-mail and ask for a new ticket."
    },
    page_size=100,
    takes_turns=True,
)
