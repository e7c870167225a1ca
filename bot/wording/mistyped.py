"""What is said about a message that seems to be meant for shopbell and is no command: in its thread, to its author."""

from __future__ import annotations

from bot.text import one_line

_QUOTED = 60


def in_thread(word: str, near: str) -> str:
    """
    Why it was not sent to the customer.

    Args:
        near: The command that is most like it, as one types it; empty: none is.
    """
    guess = f" Did you mean {near}?" if near else ""
    return (
        f"This looks like a command to shopbell (“{one_line(word, _QUOTED)}”), so the customer has not received it."
        f"{guess} Send it to the customer?"
    )


def to_author(word: str, near: str) -> str:
    """The same to its author alone."""
    guess = f" Did you mean {near}?" if near else ""
    return (
        f"“{one_line(word, _QUOTED)}” is no command of shopbell, and was not sent to the customer.{guess} "
        "Choose Send or Discard in the thread."
    )


def to_author_of_talk(word: str, near: str) -> str:
    """To its author where messages stay with the team, so that nothing waits."""
    guess = f"Did you mean {near}?" if near else "Write !help to see what there is."
    return f"“{one_line(word, _QUOTED)}” is no command of shopbell, so nothing was done. {guess}"


def not_alone_in_thread() -> str:
    """Why a command with a file, a poll or the like was neither done nor sent."""
    return (
        "This is a command to shopbell, but it came with more, such as a file. So it was not done, and the customer "
        "has not received it. Send it to the customer?"
    )


def not_alone_to_author() -> str:
    """The same to its author alone."""
    return (
        "A command that comes with more, such as a file, is not done; the customer has not received it. Write the "
        "command alone, and choose Send or Discard for this message in the thread."
    )


def not_alone_to_author_of_talk() -> str:
    """To its author where messages stay with the team."""
    return "A command that comes with more, such as a file, is not done. Write the command alone."
