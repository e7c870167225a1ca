"""Neutral text: what is taken out, and which texts are the same."""

from __future__ import annotations

import pytest

from bot.text import clean, comparable, escaped


@pytest.mark.parametrize(
    ("given", "neutral"),
    [
        ("  plain  ", "plain"),
        ("one\r\ntwo\rthree\u2028four\u0085five", "one\ntwo\nthree\nfour\nfive"),
        ("tab\tstays", "tab\tstays"),
        ("bell\x07 null\x00 escape\x1b[31mred", "bell null escape[31mred"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("isolated\u2066text\u2069", "isolatedtext"),
        ("half an emoji \ud83d", "half an emoji"),
        ("👩‍👩‍👧 café ไทย", "👩‍👩‍👧 café ไทย"),
        ("@everyone <!channel> **bold**", "@everyone <!channel> **bold**"),
        ("\n\n", ""),
        ("from\x0bWord\x0cpage two", "from\nWord\npage two"),
        ("it\x92s \x93here\x94 \x96 for \x80 5\x81", "it’s “here” – for € 5"),
    ],
)
def test_clean_takes_out_what_would_not_show(given: str, neutral: str) -> None:
    """Control characters, overrides of direction and broken characters go; what people see stays as it is."""
    assert clean(given) == neutral


@pytest.mark.parametrize(
    ("ours", "stored"),
    [
        ("Hello,  Jane", "Hello, Jane"),
        ("Hello\nJane", "Hello Jane "),
        ("cafe\u0301", "café"),
        ("line\r\nend", "line\nend"),
    ],
)
def test_comparable_forgives_what_vendors_do(ours: str, stored: str) -> None:
    """Trimming, folding white space and composing letters leave a text the same."""
    assert comparable(ours) == comparable(stored)


def test_comparable_distinguishes_words() -> None:
    """Another word, another case or another order is another text."""
    assert len({comparable(text) for text in ("I agree", "i agree", "agree I", "I agreed")}) == 4


@pytest.mark.parametrize(
    ("given", "keep", "shown"),
    [
        ("plain café 👩‍👩‍👧", "", "plain café 👩‍👩‍👧"),
        ("a\x1b[2Jb", "", "a\\x1b[2Jb"),
        ("eight bits \x9b2J", "", "eight bits \\x9b2J"),
        ("two\nlines", "", "two\\nlines"),
        ("two\nlines\r", "\n", "two\nlines\\r"),
        ("invoice\u202egpj.exe", "", "invoice\\u202egpj.exe"),
        ("half an emoji \ud83d", "", "half an emoji \\ud83d"),
    ],
)
def test_escaped_shows_what_would_control_a_terminal(given: str, keep: str, shown: str) -> None:
    """Signs that move or colour a terminal are written as what they are."""
    assert escaped(given, keep) == shown
