"""Slack's short codes are those of the package that the table is made from."""

from __future__ import annotations

from adapters.chats.slack.emoji import characters
from tools.emoji_table import TABLE, table, text


def test_the_table_is_that_of_the_package() -> None:
    """Whoever takes a newer package writes the table anew."""
    assert TABLE.read_text("utf-8") == text(), "run: python -m tools.emoji_table"


def test_every_name_and_tone_is_found() -> None:
    """As the table has it; a tone that an emoji does not have changes nothing."""
    for name, (plain, *toned) in table().items():
        assert characters(name) == plain
        for tone in range(2, 7):
            assert characters(name, str(tone)) == (toned[tone - 2] if toned else plain)
