"""
A file's name as agents and customers see it: one rule for what people in a chat, and a vendor's customers, name a file.

It is one line without controls and without a direction of its own, it names no folder, it can be seen, and it is short
enough for any disk. Its ending stays whatever is cut, because the ending says how it is opened.
"""

from __future__ import annotations

import unicodedata

from bot.text.as_seen import is_unseen
from bot.text.cleaning import clean
from bot.text.names import shows

UNNAMED = "file"
LONGEST_NAME = 100
"""In characters; it has at most `_MOST_BYTES`, too, because disks count these."""
_MOST_BYTES = 240
_LONGEST_ENDING = 12
_READ = 2000
_JOINERS = "\u200c\u200d"
_FOLDERS = str.maketrans("/\\\u2044\u2215\u29f8\uff0f\uff3c", "_______")


def file_name(*given: str | None) -> str:
    """The first of the given names that shows anything, as it is shown; `UNNAMED` if none does."""
    return next(filter(None, map(_shown, given)), UNNAMED)


def _shown(given: str | None) -> str:
    """The name as it is shown; empty if there is nothing to see, or only dots and strokes."""
    line = " ".join(clean((given or "")[:_READ]).split())
    seen = "".join(sign for sign in line if not is_unseen(sign) or sign in _JOINERS or _is_variation(sign))
    name = seen.translate(_FOLDERS).strip().rstrip(". ")
    is_blank = not any(unicodedata.category(sign)[0] in "LNS" and not is_unseen(sign) for sign in name)
    return "" if is_blank else _short(_with_stem(name, is_hidden=(given or "").lstrip().startswith(".")))


def _with_stem(name: str, *, is_hidden: bool) -> str:
    """The name with a word before its ending where nothing stands there that can be seen; `.env` is a whole name."""
    stem, dot, ending = name.rpartition(".")
    return name if is_hidden or not dot or shows(stem) else f"{UNNAMED}.{ending}"


def _is_variation(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f"


def _short(name: str) -> str:
    if _fits(name):
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > _LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    stem = stem[:LONGEST_NAME]
    while stem and not _fits(f"{stem}…{dot}{ending}"):
        stem = stem[:-1].rstrip()
    return f"{stem}…{dot}{ending}"


def _fits(name: str) -> bool:
    return len(name) <= LONGEST_NAME and len(name.encode()) <= _MOST_BYTES
