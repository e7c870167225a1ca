"""The customer's first message where it stands on a card, and so is posted nowhere."""

from __future__ import annotations

from bot.model import Card
from bot.wording.cards import CUSTOMER_WROTE


def opening_on(card: Card) -> str:
    """The whole message that stands on the card; empty: the card has only a message's beginning, or nothing."""
    text = card.opening.removeprefix(CUSTOMER_WROTE)
    # In a plainer form the card's addresses cannot be opened.
    return "" if text == card.opening or text.endswith("…") else text.replace("[.]", ".")
