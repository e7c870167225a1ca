"""
Texts between vendors and chats.

`neutral` is plain text without any markup. `tree` is a text with its formatting, and `normal` its one form; `plain`
writes it as neutral text, `cutting` cuts it into parts, and `stored` keeps it in the database. `audience` decides for
whom an agent's text is. Nothing here knows a platform; adapters read and write their platform's markup.
"""

from __future__ import annotations

from bot.text.neutral import (
    Cuts,
    clean,
    cleaned_lines,
    comparable,
    escaped,
    json_without_lone_surrogates,
    one_line,
    shorten,
    signed,
    spans,
    split,
    units,
    visible,
    within,
)

__all__ = [
    "Cuts",
    "clean",
    "cleaned_lines",
    "comparable",
    "escaped",
    "json_without_lone_surrogates",
    "one_line",
    "shorten",
    "signed",
    "spans",
    "split",
    "units",
    "visible",
    "within",
]
