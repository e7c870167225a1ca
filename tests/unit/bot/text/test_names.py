"""One rule says what is a name; the next best is taken in its place."""

from __future__ import annotations

import pytest

from bot.text.names import name_of, shows

NOTHING = [
    "",
    " \t\n",
    "\u3164\u3164",  # Hangul filler
    "\u115f\u1160\uffa0",
    "\u2800",  # Braille blank
    "\u200b\u200c\u200d\u2060\ufeff",  # no width
    "\u200e\u200f\u061c\u202e\u2066",  # direction
    "\u0301\u0308",  # accents without a letter
    "\u20dd\ufe0f",
    "\U000e0041\U000e007f",  # tags
    "\u00a0\u2003\u3000",
    "\u00ad\u034f\u17b4\u180e",
    "\U0001d159",
    "\ud800",
]


@pytest.mark.parametrize("name", NOTHING, ids=ascii)
def test_a_name_that_shows_nothing_is_no_name(name: str) -> None:
    """Whatever it is made of; the next best is taken, and nothing is invented."""
    assert not shows(name)
    assert name_of(name, None, "jane") == "jane"
    assert name_of(name) == ""


@pytest.mark.parametrize("name", ["J", "名", "é", "e\u0301", "🙂", "\u200fשרה", "-", "0", "\U0001fae8", "क्षि"])
def test_a_name_that_shows_something_stays(name: str) -> None:
    """In every script, with the signs that it needs."""
    assert shows(name)
    assert name_of("\u3164", name, "jane").strip("\u200f") == name.strip("\u200f")


def test_a_name_is_one_line_of_bounded_length() -> None:
    """Also where it was not."""
    assert name_of("Jane\nDoe") == "Jane Doe"
    assert len(name_of("x" * 999, length=80)) == 80
