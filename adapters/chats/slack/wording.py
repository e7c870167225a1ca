"""Every sentence that people read in Slack and that the core has not written."""

from __future__ import annotations

from bot.model import Verb, Voice

SPEAKERS = {
    Voice.CUSTOMER: "customer",
    Voice.STAFF: "team",
    Voice.NOTE: "internal note",
    Voice.BELL: "",
}
NAMELESS = {
    Voice.CUSTOMER: "Customer",
    Voice.STAFF: "A colleague",
    Voice.NOTE: "A colleague",
    Voice.BELL: "shopbell",
}
"""Who speaks where nobody gave a name."""

NO_TEXT = "(no text)"

STATUS = "Status"
CUSTOMER = "Customer"
DASHBOARD = "Open in the dashboard"

PICKER_TITLE = {Verb.CLOSE: "Close a ticket", Verb.REOPEN: "Reopen a ticket"}
PICKER_SUBMIT = {Verb.CLOSE: "Close", Verb.REOPEN: "Reopen"}
PICKER_LABEL = "Ticket"
PICKER_PLACEHOLDER = "A number, a name or a subject"
PICKER_CANCEL = "Cancel"
DONE = "Done"
WAIT = "One moment …"

NOT_A_PERSONS_MESSAGE = "Only what a person wrote can be sent to the customer. Use this on a colleague's message."
BROKE = "This did not work because of a fault in shopbell. Nothing more is tried; the reason is in its log."

FILE = "file"
FILE_GONE = "Slack no longer hands this file out."
FILE_ELSEWHERE = "This file does not lie at Slack."
FILE_TOO_LARGE = "This file is too large to be passed on."
SHARED_MESSAGE = "a shared message"


def invite(bot: str, channel: str) -> str:
    """The one step that brings the bot into a channel."""
    return f"In the channel {channel}, type: /invite @{bot}"
