"""Formatted texts as they are stored, also by another version."""

from __future__ import annotations

import pytest

from bot.text.normal_form import normal
from bot.text.plain import plain
from bot.text.stored import from_json, to_json
from bot.text.tree import Moment, Paragraph, Words

TEXT = normal((Paragraph((Words("Until "), Moment(1_800_000_000))),))


def test_what_is_stored_comes_back() -> None:
    """Formatting outlives the database: nothing is lost or added."""
    assert from_json(to_json(TEXT)) == TEXT


@pytest.mark.parametrize(
    "stored",
    [
        '[["table", []]]',
        '[["paragraph", [["hologram", "", "x"]]]]',
        '[["paragraph", [["words"]]]]',
        '[["code", 7, ""]]',
        "{}x",
        "7",
        "[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_shown_as_its_plain_text(stored: str) -> None:
    """A newer version may have written what this one does not know, and no message is lost to that."""
    assert from_json(stored) is None


def test_a_moment_beyond_the_calendar_is_its_number() -> None:
    """People can type one; it is shown, and ends nothing."""
    assert plain((Paragraph((Moment(10**17),)),)) == str(10**17)
