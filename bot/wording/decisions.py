"""What stands in place of the buttons of a question, or of a report of a failure, once that is decided."""

from __future__ import annotations

OPERATOR = "The operator"


def chosen(label: str, by: str) -> str:
    """What stands in place of a line's buttons when somebody has pressed one; `by` may be empty: it is not said."""
    return f"➡️ {by} chose “{label}”." if by else f"➡️ “{label}” was chosen."


def kept_as_note(by: str) -> str:
    return f"➡️ {by} keeps it as a note." if by else "➡️ It is kept as a note."


def edited_instead() -> str:
    return "➡️ Its author has edited it, so the new text counts."


def deleted_instead() -> str:
    return "➡️ Its author has deleted it, so it is not sent."


def erased_instead() -> str:
    return "➡️ Its words were erased, so it is not sent."


def arrived_instead() -> str:
    return "➡️ It has reached the store after all."


def form_discarded(by: str, author: str) -> str:
    """What was written in a form stands in its thread like what is sent, but the customer will not get it."""
    whose = "their own message" if by == author else f"the message by {author or 'somebody'}"
    return f"{by} discarded {whose}. The customer will not get it."
