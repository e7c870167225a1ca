"""What people read in both chats in the same words. What makes sense in one chat only is in its own `wording`."""

from __future__ import annotations

from bot.model import Voice

# ------------------------------------------------------------ posts and cards

SPEAKERS = {
    Voice.CUSTOMER: "customer",
    Voice.UNKNOWN: "author unknown",
    Voice.STAFF: "team",
    Voice.NOTE: "internal note",
    Voice.BELL: "",
}
NAMELESS = {
    Voice.CUSTOMER: "Customer",
    Voice.UNKNOWN: "Somebody",
    Voice.STAFF: "A colleague",
    Voice.NOTE: "A colleague",
    Voice.BELL: "shopbell",
}
"""Who speaks if there is no name."""
NO_TEXT = "(no text)"
STATUS = "Status"
CUSTOMER = "Customer"
OTHER_TICKETS = "Other tickets"
MORE_TICKETS = "and {count} more"
DASHBOARD = "Open in the dashboard"

# ------------------------------------------------------------ what people wrote

SOMEBODY = "somebody"
A_GROUP = "group"
A_CHANNEL = "channel"
UNKNOWN_PART = "something that shopbell cannot read"

# ------------------------------------------------------------ commands

MORE = "… and {amount} more: type more to find them"
MANY_MORE = "… and at least {amount} more: type more to find them"
NOT_FROM_PERSON = (
    "Only what a person of the team wrote can be sent to the customer or kept as a note. "
    "Use this on a colleague's message."
)
BROKEN = "Something went wrong inside shopbell, and this may not have been done. Its log has the details."
BUTTON_OUTDATED = (
    "This button is from another version of shopbell. Nothing was done: use the buttons of the ticket's card, or /help."
)
