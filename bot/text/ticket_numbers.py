"""Where a ticket's short number stands among words that somebody typed; pure."""

from __future__ import annotations

import re

_FIRST = re.compile(r"#\d{1,12}|\d{4,12}")
_LATER = re.compile(r"#\d{1,12}")


def ticket_and_words(typed: str) -> tuple[str, str]:
    """
    The number and the other words; either may be empty.

    The number stands in front, or anywhere with `#`. It has four digits or more, so `1 dec` begins with a day.
    """
    words = typed.split()
    for place, word in enumerate(words):
        if (_LATER if place else _FIRST).fullmatch(word):
            return word, " ".join(words[:place] + words[place + 1 :])
    return "", " ".join(words)
