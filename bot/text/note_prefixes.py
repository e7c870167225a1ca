"""
The prefixes by which a text is a note, such as `//`: found as people see them, and taken away. Pure.

Which prefixes there are is a setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.text.as_seen import folded, is_unseen
from bot.text.normal_form import normal
from bot.text.plain import plain
from bot.text.tree import Inline, LineBreak, Paragraph, RichText, Words

_LIST_NUMBER = re.compile(r"\d{1,3}[.)]\s")
_WORD = re.compile(r"\S+")
_LONGEST_NAME = 100
"""Characters after a mention within which its name ends."""
_MOST_SIGNS = 100
"""More signs than that are a text of their own."""


def note_of(text: str, note_prefixes: Sequence[str]) -> str | None:
    """The text of a note without its prefix; None: it does not begin with one."""
    for start in _beginnings(text):
        for prefix in note_prefixes:
            end = _end_of_prefix(text, start, prefix)
            if end is not None:
                return text[_begins(text, end) :].strip()
    return None


def _begins(text: str, at: int) -> int:
    """Where from this place on there is something to see."""
    while at < len(text) and (text[at].isspace() or is_unseen(text[at])):
        at += 1
    return at


def _beginnings(text: str) -> Iterator[int]:
    """
    Where the text may begin for a reader.

    That is after what cannot be seen, after signs, a list's number and a mention that are put before a text. Nobody
    knows where the name in a mention ends, so after it the text may begin with each word of the line.
    """
    at, signs, may_be_number, may_be_mention = 0, 0, True, True
    while at < len(text) and signs < _MOST_SIGNS:
        if text[at].isspace() or is_unseen(text[at]):
            at += 1
        elif not text[at].isalnum():
            yield at
            signs += 1
            if may_be_mention and text[at] in "@#":
                may_be_mention = False
                line = text[at : at + _LONGEST_NAME].split("\n", maxsplit=1)[0]
                yield from (at + word.start() for word in _WORD.finditer(line))
            at += 1
        elif may_be_number and (number := _LIST_NUMBER.match(text, at)) is not None:
            may_be_number = False
            at = number.end()
        else:
            break
    yield at


def _end_of_prefix(text: str, start: int, prefix: str) -> int | None:
    """
    Where the prefix ends that a text has at `start`; None: it has another.

    It is read without what cannot be seen, and without space before its signs: `note :`, and `/ /` as telephones write.
    """
    at = start
    for wanted in folded(prefix):
        if is_unseen(wanted):
            continue
        may_be_apart = at > start and not wanted.isalnum()
        while at < len(text) and (is_unseen(text[at]) or (may_be_apart and text[at].isspace())):
            at += 1
        if at >= len(text) or folded(text[at]) != wanted:
            return None
        at += 1
    return at


def without_prefix(text: RichText, note: str) -> RichText | None:
    """
    A note with its formatting, without its prefix; None: its plain form has to do.

    Args:
        note: The note's plain form without the prefix.
    """
    first = text[0] if text else None
    if not isinstance(first, Paragraph):
        return None
    surplus = len(plain(text)) - len(note)
    inside = tuple(_dropped(first.inside, surplus))
    shortened = normal((Paragraph(inside), *text[1:]))
    return shortened if plain(shortened) == note else None


def _dropped(inside: Sequence[Inline], count: int) -> Iterator[Inline]:
    for piece in inside:
        if count > 0 and isinstance(piece, Words):
            yield replace(piece, text=piece.text[count:])
            count -= len(piece.text)
        elif count > 0 and isinstance(piece, LineBreak):
            count -= 1
        else:
            yield piece
