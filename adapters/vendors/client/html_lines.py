"""The line of an HTML document that is being read, and the white space in it that is seen; pure."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.text.tree import BREAK, Inline, Words

_INDENT = re.compile(r"[ \t\n\f\r]*(\xa0[\xa0 \t\n\f\r]+)(?=\S)")
_COLLAPSED = re.compile(r"[ \t\n\f\r]+")
_LONGEST_INDENT = 40


def end_words(line: list[Inline]) -> None:
    """Space at the end of a line is not seen."""
    last = line[-1] if line else None
    if isinstance(last, Words) and last.text.endswith(" "):
        line[-1:] = [replace(last, text=last.text[:-1])] if last.text != " " else []


def begin_with_indent(line: list[Inline], text: str) -> None:
    """
    The space before this text if it begins the line: programs write an indent as spaces that do not break.

    One such space alone is none: it stands in empty paragraphs, and where somebody typed one.
    """
    found = _INDENT.match(text) if not line or line[-1] is BREAK else None
    if found is not None:
        line.append(Words(" " * min(len(_COLLAPSED.sub(" ", found[1])), _LONGEST_INDENT)))
