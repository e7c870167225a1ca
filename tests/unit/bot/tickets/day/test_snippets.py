"""Names of snippets, and what their texts may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import units
from bot.tickets.day.snippets import fault_of, normal_name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("refund", "refund"),
        (" Refund-EU_2 ", "refund-eu_2"),
        ("-x", "-x"),
        ("1042", "1042"),
        ("Rückgabe", "rückgabe"),
        ("Ru\u0308ckgabe", "rückgabe"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("ｒｅｆｕｎｄ", "refund"),
        ("返品", "返品"),
        ("x" * 32, "x" * 32),
        ("x" * 33, None),
        ("ß" * 17, None),
        ("", None),
        ("   ", None),
        ("a b", None),
        ("a\nb", None),
        ("a/b", None),
        ("..", None),
        ("a.md", None),
        ("a\x00b", None),
        ("a\u200bb", None),
        ("a\u202eb", None),
        ("😀", None),
        ("{{x}}", None),
        ("@everyone", None),
        ("CON", None),
        ("nul", None),
        ("Com1", None),
        ("com10", "com10"),
    ],
)
def test_a_name_has_one_form(typed: str, name: str | None) -> None:
    """Letters and digits of any alphabet, - and _; and it can be a file's on every system."""
    assert normal_name(typed) == name


@given(st.text(max_size=40))
def test_a_normal_name_stays_as_it_is(typed: str) -> None:
    """Else a snippet could be saved and not found."""
    name = normal_name(typed)
    if name is not None:
        assert normal_name(name) == name
        assert normal_name(name.upper()) in (name, None) or normal_name(name.upper()) is not None
        assert 1 <= len(name) <= 32
        assert len(f"{name}.md".encode()) <= 255


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("x", True),
        ("x" * 3000, True),
        ("x" * 3000 + "\n\n", True),
        ("😀" * 1500, True),
        ("x" * 3001, False),
        ("😀" * 1501, False),
        ("", False),
        (" \n\t", False),
        ("\u202e", False),
        ("{{agent.name}}", True),
        ("{{agent.nam}}", False),
        ("{{agent.name", False),
        ("}} { {", True),
    ],
)
def test_which_texts_are_good(text: str, is_good: bool) -> None:
    """Both chats' forms take them, and every variable is one."""
    assert (fault_of(text) == "") is is_good


def test_the_length_is_that_of_the_longer_count() -> None:
    """A platform may count a sign of two UTF-16 units as two; half a sign breaks nothing."""
    assert (units("a"), units("😀"), units("\ud83d")) == (1, 2, 1)
