"""What somebody typed that is a command."""

from __future__ import annotations

import pytest

from adapters.chats.slack.commands import stats_arguments, typed_command
from bot.model import Verb


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("!close", (Verb.CLOSE, None)),
        (" !Reopen ", (Verb.REOPEN, None)),
        ("!close #1042", (Verb.CLOSE, "#1042")),
        ("!close 1042", (Verb.CLOSE, "1042")),
        ("!close it", None),
        ("!closed", None),
        ("!nice work", None),
        ("please !close", None),
        ("!stats", None),
    ],
)
def test_only_a_whole_message_is_a_command(text: str, command: tuple[Verb, str | None] | None) -> None:
    """Everything else that begins with an exclamation mark is what somebody says."""
    assert typed_command(text) == command


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", (None, None)),
        ("main", ("main", None)),
        ("30", (None, 30)),
        ("30d", (None, 30)),
        ("main 30", ("main", 30)),
        ("30 main", ("main", 30)),
        ("my shop 7d", ("my shop", 7)),
    ],
)
def test_stats_takes_store_and_days_in_either_order(text: str, wanted: tuple[str | None, int | None]) -> None:
    """Both may be left out."""
    assert stats_arguments(text) == wanted
