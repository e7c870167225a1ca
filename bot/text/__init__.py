"""
Texts between vendors and chats.

Neutral text is plain text without any markup: `cleaning` makes it, `lengths` measures and cuts it, `sentences` ends
it as a sentence. `tree` is a text
with its formatting, and `normal_form` its one form; `plain` writes it as neutral text, `cutting` cuts it into parts,
and `stored` keeps it in the database. `audience` decides for whom an agent's text is, by `note_prefixes` among others.
Nothing here knows a platform; adapters read and write their platform's markup.
"""

from __future__ import annotations

from bot.text.cleaning import (
    clean,
    cleaned_lines,
    comparable,
    escaped,
    json_without_lone_surrogates,
    signed,
    visible,
)
from bot.text.lengths import Cuts, one_line, shorten, spans, split, units, within
from bot.text.sentences import ended

__all__ = [
    "Cuts",
    "clean",
    "cleaned_lines",
    "comparable",
    "ended",
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
