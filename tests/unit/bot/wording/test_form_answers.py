"""Answers about forms and snippets."""

from __future__ import annotations

from bot.wording import form_answers

_MISSING = ["order.number", "order.tracking_link", "ticket.subject"]


def test_what_a_ticket_lacks_is_named_with_or() -> None:
    """It has none of them, not only not all of them."""
    named = "no {{order.number}}, {{order.tracking_link}} or {{ticket.subject}}"
    assert f"{named}. Put the right words there, or delete them, and send the form again." in form_answers.still_empty(
        _MISSING
    )
    assert f"{named}. " in form_answers.snippet_lacks("refund", _MISSING)
    assert form_answers.still_empty(_MISSING[:1]).endswith("or delete it, and send the form again.")
