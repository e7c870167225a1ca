"""
What the author of a held reply is asked in its thread: why it was not sent, and whether to send it now.

Below each question stand `Send` and `Discard`. It quotes what is new, so that nobody has to look for it.
"""

from __future__ import annotations

from datetime import timedelta

from bot.text import ended, one_line
from bot.wording.phrases import duration

_A_SECOND = timedelta(seconds=1)
_ASKED_ABOUT = 300
"""Characters of what is new that are shown."""


def written_long_ago(age: timedelta) -> str:
    return f"This was written {duration(age)} ago, while shopbell was offline, so it was not sent. Send it now?"


def written_before_restore() -> str:
    return "This was written before shopbell's backup was restored; the customer may already have it. Send it now?"


def colleague_answers(name: str, chat: str, before: timedelta, words: str) -> str:
    """
    Why a reply was not sent that crosses another one.

    Args:
        name: Who wrote the other one; empty: it is not said.
        chat: Where; empty: in this thread.
        before: So long before this one. Less than nothing: after it, but it has been sent already.
        words: What the other one says; empty: it is not shown.
    """
    who = f"{name or 'A colleague'}{f' in {chat}' if chat else ''}"
    if before < timedelta():
        when = "meanwhile"
    else:
        when = "in the same second as you" if before < _A_SECOND else f"{duration(before)} before you"
    return f"✋ {who} wrote to the customer {when}, so your message was not sent.{_says(words)} Send yours, too?"


def customer_just_wrote(before: timedelta, words: str, *, by_customer: bool) -> str:
    """
    Why a reply was not sent that crosses a message of the customer.

    Args:
        before: How long before the reply it appeared.
        words: What it says; empty: it is not shown.
        by_customer: Whether the vendor says that the customer wrote it; otherwise nobody knows who did.
    """
    what = "A message of the customer" if by_customer else "A new message"
    when = "just" if before < _A_SECOND else duration(before)
    return f"✋ {what} appeared here {when} before yours, so yours was not sent.{_says(words)} Send it now?"


def _says(words: str) -> str:
    """A sentence that quotes another message; empty: it is not shown."""
    return f" {ended(f'It says: “{one_line(words, _ASKED_ABOUT)}”')}" if words else ""
