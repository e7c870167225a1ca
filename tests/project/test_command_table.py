"""README's table of every command, menu and button is what the code offers today."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.chats.discord import wording
from adapters.chats.slack import manifest
from bot.model import Verb
from bot.text.audience import COMMANDS
from bot.tickets.command_words import WORDS
from tools.command_table import BEGIN, END, table, written_into

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readme_has_the_present_table() -> None:
    """Whoever adds a command writes the table anew."""
    text = README.read_text("utf-8")
    assert written_into(text) == text, "run: python -m tools.command_table README.md"


def test_every_command_and_button_is_in_it() -> None:
    """Each has a row or stands in one, in both chats."""
    lines = table().splitlines()
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    for name, _, _ in manifest.COMMANDS:
        (row,) = [line for line in lines if line.startswith(f"| `{name}` |")]
        assert "–" not in row, "both chats have it"
        assert Verb(name[1:])
    for name in (wording.SEND_COMMAND, wording.KEEP_COMMAND):
        assert any(line.startswith(f"| menu: {name} | yes | yes |") for line in lines)
    for label in ("Take", "Release", "Close", "Reopen", "Retry", "Send", "Discard", "Back", "Next", "1 hour"):
        assert any(f"`{label}`" in line for line in lines if line.startswith("| buttons |"))


def test_a_message_that_begins_like_any_of_them_is_known() -> None:
    """The names that are not sent to a customer unasked are those of the commands."""
    names = {row.split("`")[1].removeprefix("/") for row in table().splitlines() if row.startswith("| `/")}
    assert names | set(WORDS) == COMMANDS


def test_a_text_without_markers_is_refused() -> None:
    """A table is never lost in silence because its place is."""
    for text in ("", BEGIN, END, f"{END} {BEGIN}"):
        with pytest.raises(ValueError, match="markers"):
            written_into(text)
