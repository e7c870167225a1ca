"""What somebody typed that is a command."""

from __future__ import annotations

import pytest

from adapters.chats.slack.commands import stats_arguments


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
