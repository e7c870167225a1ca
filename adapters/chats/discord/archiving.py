"""
When a ticket's thread is archived: while its ticket is closed, and by Discord itself when it was quiet for a week.

In a server that is full, quiet threads are archived sooner (`full_servers.py`). A message in an archived thread opens
it, and the ticket's next card archives it again.
"""

from __future__ import annotations

from bot.model import Card, Status

AUTO_ARCHIVE_MINUTES = 10080
"""A week; the longest time that Discord keeps a quiet thread in the channel list."""


def is_to_be_archived(card: Card) -> bool:
    """Whether the thread of this card is archived as soon as it shows the card. Pure."""
    return card.status is Status.CLOSED
