"""Names of people and tickets: one that shows nothing is no name, and the next best is taken. Pure."""

from __future__ import annotations

import unicodedata

from bot.text.as_seen import is_unseen
from bot.text.cleaning import clean
from bot.text.lengths import one_line

_SHOW_NOTHING = ("Cc", "Cf", "Cs", "Mn", "Mc", "Me", "Zs", "Zl", "Zp")


def shows(text: str) -> bool:
    """
    Whether there is anything in this text that somebody can see.

    White space, signs that nobody sees and accents without a letter below them show nothing.
    """
    return any(not is_unseen(each) and unicodedata.category(each) not in _SHOW_NOTHING for each in clean(text))


def name_of(*candidates: str | None, length: int = 200) -> str:
    """The first of these names that shows something, on one line and cut to `length`; empty: none does."""
    return next((one_line(each, length) for each in candidates if each and shows(each)), "")
