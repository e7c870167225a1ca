"""What holds for neutral text whatever the text is."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.text import clean, comparable, one_line, shorten, split

always = settings(derandomize=True, database=None)

ANY = st.text(st.characters(), max_size=300)
"""Every character there is, lone surrogates and control characters among them."""

PROSE = st.text(st.sampled_from("ab&<é👩🏽‍🚀\n\t *_`"), max_size=400)
"""What is hard to cut: little but white space, wide characters and markup."""


def in_utf_16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def escaped(text: str) -> int:
    return len(text.replace("&", "&amp;").replace("<", "&lt;"))


def without_white_space(text: str) -> str:
    return "".join(text.split())


@always
@given(ANY)
def test_clean_text_is_clean(text: str) -> None:
    """Neutral text has one kind of line end, no control character, nothing that turns it, and stays as it is."""
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert cleaned == cleaned.strip()
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in cleaned)
    cleaned.encode("utf-8")


@always
@given(ANY)
def test_clean_adds_nothing(text: str) -> None:
    """Every character of the result was there before, in the same order, but for line ends and Windows' signs."""
    meant = dict.fromkeys("\r\x0b\x0c\u0085\u2028\u2029", "\n")
    meant |= {chr(code): bytes((code,)).decode("cp1252", "ignore") for code in (*range(0x80, 0x85), *range(0x86, 0xA0))}
    rest = iter(text)
    assert all(any(c in (before, meant.get(before)) for before in rest) for c in clean(text))


@always
@given(ANY, st.integers(1, 80))
def test_one_line_fits(text: str, length: int) -> None:
    """A title never has two lines, is never too long, and is whole where it fits."""
    line = one_line(text, length)
    assert "\n" not in line
    assert len(line) <= length
    whole = " ".join(clean(text).split())
    assert line == whole or (line.endswith("…") and whole.startswith(line[:-1]))


@always
@given(ANY, st.integers(1, 80))
def test_shortened_text_fits_and_begins_alike(text: str, length: int) -> None:
    """What is left of a text is its beginning."""
    short = shorten(text, length)
    assert len(short) <= length
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@always
@given(ANY)
def test_a_stored_text_is_recognised(text: str) -> None:
    """What a vendor may do to a text (trim, fold white space, compose letters) does not make it another one."""
    same = comparable(text)
    cleaned = clean(text)
    assert comparable(same) == same
    assert comparable(f"  {cleaned}\r\n") == same
    assert comparable(unicodedata.normalize("NFC", cleaned)) == same
    assert comparable(unicodedata.normalize("NFD", cleaned)) == same
    assert comparable(cleaned.replace("\n", "\r\n")) == same


@pytest.mark.parametrize("width", [len, in_utf_16, escaped])
def test_pieces_fit_and_lose_nothing(width: Callable[[str], int]) -> None:
    """Each piece fits, none is empty, and together they are the whole text but for white space at the cuts."""

    @always
    @given(PROSE, st.integers(10, 60))
    def holds(text: str, length: int) -> None:
        pieces = split(text, length, width)
        assert all(width(piece) <= length for piece in pieces)
        assert all(pieces) or (text == "" and pieces == ("",))
        assert without_white_space("".join(pieces)) == without_white_space(text)

    holds()


@always
@given(PROSE, st.integers(10, 60))
def test_pieces_are_the_same_every_time(text: str, length: int) -> None:
    """How many parts a message has is asked before and after it was said; and what fits is not cut."""
    pieces = split(text, length)
    assert split(text, length) == pieces
    assert (len(pieces) == 1) == (len(text) <= length) or not text.strip() or len(text.strip()) <= length
    for piece in pieces:
        assert split(piece, length) == (piece,)
